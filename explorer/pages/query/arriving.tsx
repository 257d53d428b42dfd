/** The metrics that arrive today, each with a button for its curve. */

import { usualQuery } from "../../api/metric-text.ts";
import { cardinality } from "../../api/prometheus.ts";
import { Link } from "../../app/link.tsx";
import { useLoad } from "../../app/load.ts";
import { Card } from "../../design/card.tsx";
import { Empty, ErrorBox, Spinner } from "../../design/feedback.tsx";

const MOST = 24;

interface ArrivingProps {
  readonly onChoose: (expr: string) => void;
  /** Called once, with the usual query of the metric that has the most series. */
  readonly onLargest: (expr: string) => void;
}

export function Arriving({ onChoose, onLargest }: ArrivingProps) {
  const { data, error, reload } = useLoad(async (client, signal) => {
    const metrics = (await cardinality(client, MOST, signal)).data.seriesCountByMetricName;
    // Buckets of histograms have the most series, and say the least.
    const largest = metrics.find(({ name }) => !name.endsWith("_bucket")) ?? metrics[0];
    if (largest !== undefined) onLargest(usualQuery(largest.name));
    return metrics;
  });
  const most = Math.max(1, ...(data ?? []).map(({ value }) => value));
  return (
    <Card title="Arriving today">
      <div id="arriving">
        {error !== undefined && <ErrorBox error={error} onRetry={reload} />}
        {data === undefined && error === undefined && <Spinner />}
        {data?.length === 0 && (
          <Empty icon="start" title="Nothing has arrived today">
            <Link page="start">How to send samples</Link>
          </Empty>
        )}
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
