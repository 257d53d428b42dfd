/** What the store costs a month at today's rate, and who makes it cost that. */
import { useLoad } from "../../app/load.ts";
import { Problem } from "../../app/problem.tsx";
import { Card, Stat } from "../../design/card.tsx";
import { Spinner } from "../../design/feedback.tsx";
import { printNumber, printValue } from "../../number/units.ts";
import { Change } from "./change-cell.tsx";
import { type CostDays, loadDays, projected, rowsBy, storageMonth } from "./cost-data.ts";
import { DaysTable, Share } from "./days-table.tsx";
import { MONTH_DAYS, monthOf, printDollars } from "./money.ts";

export function Overview({ nowMs }: { readonly nowMs: number }) {
  const tenants = useLoad((client, signal) => loadDays(client, ["tenant"], nowMs, signal), [nowMs]);
  const keys = useLoad((client, signal) => loadDays(client, ["tenant", "key"], nowMs, signal), [nowMs]);
  const routes = useLoad((client, signal) => loadDays(client, ["route"], nowMs, signal), [nowMs]);
  const { data, error, reload } = tenants;
  if (error !== undefined) return <Problem error={error} what="what the store costs" onRetry={reload} />;
  if (data === undefined) return <Spinner label="Loading costs" />;
  return (
    <div class="stack">
      <Figures days={data} />
      <Card title="What it pays for">
        <Parts days={data} />
      </Card>
      <Card title="By tenant, dollars a month" flush>
        <Dollars days={data} title="Tenant" nameOf={({ tenant = "" }) => tenant} />
      </Card>
      {keys.data !== undefined && (
        <Card title="By access key, dollars a month" flush>
          <Dollars
            days={keys.data}
            title="Key"
            nameOf={({ tenant, key }) =>
              key === "" || key === undefined ? `no key, for ${tenant}` : `${key} of ${tenant}`
            }
          />
        </Card>
      )}
      {routes.data !== undefined && (
        <Card title="By route, dollars a month" flush>
          <Dollars days={routes.data} title="Route" nameOf={({ route }) => route || "none"} />
        </Card>
      )}
    </div>
  );
}

function Figures({ days }: { readonly days: CostDays }) {
  const dollars = projected(days, ({ dollars: { read, write } }) => read + write);
  const samples = projected(days, (usage) => usage.samples);
  const storage = storageMonth(days, days.today.total);
  const month = dollars.today * MONTH_DAYS + storage;
  const perMillion = samples.today === 0 ? Number.NaN : (month / MONTH_DAYS / samples.today) * 1e6;
  const { total } = days.today;
  return (
    <Card>
      <div class="stats">
        <Stat
          label="A month at today's rate"
          value={printDollars(month)}
          hint={<Change now={dollars.today} before={dollars.yesterday} than="yesterday" />}
        />
        <Stat
          label="Per million samples"
          value={printDollars(perMillion)}
          hint="all of today's cost by its samples"
        />
        <Stat
          label="Samples a day"
          value={printNumber(Math.round(samples.today))}
          hint={<Change now={samples.today} before={samples.yesterday} than="yesterday" />}
        />
        {total.storedBytes > 0 && (
          <Stat
            label="Stored"
            value={printValue(total.storedBytes, "bytes")}
            hint={`${printDollars(storage)} a month, of ${printNumber(total.series)} series`}
          />
        )}
        <Stat
          label="Requests today"
          value={printNumber(total.requests)}
          hint={`${printNumber(total.errors)} with an error, ${printNumber(total.refused)} refused`}
        />
        <Stat
          label="Units today"
          value={printNumber(Math.round(total.writeUnits))}
          hint={`written, and ${printNumber(Math.round(total.readUnits))} read`}
        />
      </div>
      <p class="small quiet cost-footnote">
        DynamoDB at the prices that this server reports. API Gateway, Lambda and logs come on top. Figures of
        today are as if the UTC day were over; it is {Math.round(days.dayShare * 100)} % over.
      </p>
    </Card>
  );
}

function Parts({ days }: { readonly days: CostDays }) {
  const { total } = days.today;
  const parts = [
    { name: "Writing and compaction", dollars: monthOf(total.dollars.write, days.dayShare) },
    { name: "Reading", dollars: monthOf(total.dollars.read, days.dayShare) },
    ...(total.storedBytes > 0 ? [{ name: "Storage", dollars: storageMonth(days, total) }] : []),
  ];
  const sum = parts.reduce((all, { dollars }) => all + dollars, 0);
  return (
    <ul class="cost-parts">
      {parts.map(({ name, dollars }) => (
        <li key={name} class="cost-part">
          <span>{name}</span>
          <Share share={sum === 0 ? 0 : dollars / sum} />
          <span class="number">{printDollars(dollars)}</span>
        </li>
      ))}
    </ul>
  );
}

interface DollarsProps {
  readonly days: CostDays;
  readonly title: string;
  readonly nameOf: Parameters<typeof rowsBy>[1];
}

function Dollars({ days, title, nameOf }: DollarsProps) {
  const rows = rowsBy(days, nameOf, ({ dollars: { read, write } }) => (read + write) * MONTH_DAYS);
  return (
    <DaysTable
      label={`dollars a month by ${title.toLowerCase()}`}
      nameTitle={title}
      rows={rows}
      print={printDollars}
    />
  );
}
