/** Limits of the tenant, with what is used of them. */
import type { UserLimits } from "../../api/hearth.ts";
import { Card } from "../../design/card.tsx";
import { Empty } from "../../design/feedback.tsx";
import { printNumber } from "../../number/units.ts";
import { Share } from "../cost/days-table.tsx";
import { limitRows } from "./limit-rows.ts";

export function Limits({ limits }: { readonly limits: UserLimits }) {
  const { set, unset } = limitRows(limits);
  return (
    <Card title="Limits" flush>
      {set.length === 0 && <Empty icon="status" title="No limits are set" />}
      <ul class="limits">
        {set.map(({ name, limit, used, share }) => (
          <li key={name} class="limit">
            <span class="mono small">{name}</span>
            {share === undefined ? <span /> : <Share share={share} />}
            <span class="number small">
              {used !== undefined && <span class="quiet">{printNumber(used)} of </span>}
              {limit}
            </span>
          </li>
        ))}
      </ul>
      {unset.length > 0 && (
        <p class="small quiet limits-unset">
          Not set: <span class="mono">{unset.join(", ")}</span>
        </p>
      )}
    </Card>
  );
}
