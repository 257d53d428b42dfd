/** The metrics that arrive today, each with a button for its curve. */

import { usualQuery } from "../../api/metric-text.ts";
import { cardinality } from "../../api/prometheus.ts";
import { useLoad } from "../../app/load.ts";
import { Card } from "../../design/card.tsx";
import { Empty, ErrorBox, Spinner } from "../../design/feedback.tsx";

const MOST = 24;

export function Arriving({ onChoose }: { readonly onChoose: (expr: string) => void }) {
  const { data, error, reload } = useLoad(async (client, signal) => {
    return (await cardinality(client, MOST, signal)).data.seriesCountByMetricName;
  });
  const most = Math.max(1, ...(data ?? []).map(({ value }) => value));
  return (
    <Card title="Arriving today">
      <div id="arriving">
        {error !== undefined && <ErrorBox error={error} onRetry={reload} />}
        {data === undefined && error === undefined && <Spinner />}
        {data?.length === 0 && <Empty icon="metrics" title="Nothing has arrived today" />}
        <ul class="arriving">
          {data?.map(({ name, value }) => (
            <li key={name}>
              <button type="button" class="link mono" onClick={() => onChoose(usualQuery(name))}>
                {name}
              </button>
              <meter max={most} value={value} aria-label={`${value} series`} />
              <span class="right number quiet">{value} series</span>
            </li>
          ))}
        </ul>
      </div>
    </Card>
  );
}
