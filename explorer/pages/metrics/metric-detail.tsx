/** The labels of a metric, the largest first, and the values of the one that is chosen. */
import { useState } from "preact/hooks";
import { ApiError, type Client } from "../../api/client.ts";
import { labelNames, labelValueCounts } from "../../api/hearth.ts";
import { printMetric, printPair, selectorOf, usualQuery } from "../../api/metric-text.ts";
import { findSeries } from "../../api/prometheus.ts";
import { Link, queryParameters } from "../../app/link.tsx";
import { useLoad } from "../../app/load.ts";
import { Problem } from "../../app/problem.tsx";
import { CopyButton } from "../../design/copy.tsx";
import { Spinner } from "../../design/feedback.tsx";

const DAY_SECONDS = 86_400;
/** Series that are looked at where the server does not count labels. */
const MAX_SERIES = 1000;

interface LabelCount {
  readonly label: string;
  readonly values: number;
}

export function MetricDetail({ name }: { readonly name: string }) {
  const [label, setLabel] = useState<string>();
  const { data, error, reload } = useLoad((client, signal) => countLabels(client, name, signal), [name]);
  return (
    <div class="metric-detail stack">
      <div class="row">
        <Link
          page="query"
          parameters={queryParameters(usualQuery(name))}
          class="button button-primary button-small"
        >
          Graph
        </Link>
        <Link
          page="query"
          parameters={queryParameters(selectorOf(name), "table")}
          class="button button-plain button-small"
        >
          Table
        </Link>
        <Link
          page="cost"
          parameters={new URLSearchParams({ by: "labels", metric: name })}
          class="button button-plain button-small"
        >
          Cost by label
        </Link>
        <CopyButton text={printMetric({ __name__: name })} label="Copy name" />
      </div>
      {error !== undefined && <Problem error={error} what="labels" onRetry={reload} />}
      {data === undefined && error === undefined && <Spinner />}
      {data?.length === 0 && <p class="quiet">This metric has no labels today.</p>}
      {data !== undefined && data.length > 0 && (
        <ul class="chips" aria-label={`labels of ${name}`}>
          {data.map((one) => (
            <li key={one.label}>
              <button
                type="button"
                class="chip"
                aria-pressed={one.label === label}
                onClick={() => setLabel(one.label === label ? undefined : one.label)}
              >
                <span class="mono">{one.label}</span>
                <span class="quiet number">{one.values.toLocaleString("en-US")}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {label !== undefined && <Values name={name} label={label} />}
    </div>
  );
}

/** Of today, the one with most values first. */
async function countLabels(client: Client, name: string, signal: AbortSignal): Promise<LabelCount[]> {
  try {
    const { cardinality } = await labelNames(client, selectorOf(name), {}, signal);
    return cardinality
      .filter(({ label_name }) => label_name !== "__name__")
      .map(({ label_name, label_values_count }) => ({ label: label_name, values: label_values_count }));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
  }
  const start = Math.floor(Date.now() / 1000 / DAY_SECONDS) * DAY_SECONDS;
  const { data } = await findSeries(client, [selectorOf(name)], { start, limit: MAX_SERIES }, signal);
  const values = new Map<string, Set<string>>();
  for (const { __name__: _, ...labels } of data) {
    for (const [label, value] of Object.entries(labels))
      values.set(label, (values.get(label) ?? new Set()).add(value));
  }
  return Array.from(values, ([label, { size }]) => ({ label, values: size })).sort(
    (a, b) => b.values - a.values,
  );
}

const SHOWN_VALUES = 30;

function Values({ name, label }: { readonly name: string; readonly label: string }) {
  const { data, error, reload } = useLoad(
    async (client, signal) =>
      (await labelValueCounts(client, [label], selectorOf(name), {}, signal)).labels[0],
    [name, label],
  );
  if (error !== undefined) return <Problem error={error} what="values of labels" onRetry={reload} />;
  if (data === undefined) return <Spinner />;
  const shown = data.cardinality.slice(0, SHOWN_VALUES);
  return (
    <ul class="value-list" aria-label={`values of ${label}`}>
      {shown.map(({ label_value, series_count }) => (
        <li key={label_value} class="row">
          <Link
            page="query"
            parameters={queryParameters(
              `{__name__=${JSON.stringify(name)}, ${printPair(label, label_value)}}`,
            )}
            class="mono grow clip"
          >
            {label_value === "" ? "(empty)" : label_value}
          </Link>
          <span class="small quiet number">{series_count.toLocaleString("en-US")} series</span>
        </li>
      ))}
      {data.label_values_count > shown.length && (
        <li class="small quiet">
          and {(data.label_values_count - shown.length).toLocaleString("en-US")} more
        </li>
      )}
    </ul>
  );
}
