/** Whether data arrive: the series of a metric with a sample in the last minutes, and the age of the newest. */
import type { Client } from "../../api/client.ts";
import { selectorOf } from "../../api/metric-text.ts";
import { queryInstant } from "../../api/prometheus.ts";

export interface Arrival {
  readonly series: number;
  /** In seconds since the epoch. */
  readonly newestSeconds: number;
  /** Some `job` labels. */
  readonly jobs: readonly string[];
}

const SHOWN_JOBS = 5;

/** Hearth's own metrics do not count: they are there from the start. Undefined: nothing has arrived. */
export function arrivalQuery(metric: string): string {
  const selector = selectorOf(metric);
  const others = selector.endsWith("}")
    ? `${selector.slice(0, -1)}, job!="hearth"}`
    : `${selector}{job!="hearth"}`;
  return `label_replace(count by (job) (${others}), "hearth_figure", "series", "", "") or label_replace(max by (job) (timestamp(${others})), "hearth_figure", "newest", "", "")`;
}

export async function findArrival(
  client: Client,
  metric: string,
  nowSeconds: number,
  signal: AbortSignal,
): Promise<Arrival | undefined> {
  const { data } = await queryInstant(client, arrivalQuery(metric), nowSeconds, { stats: false }, signal);
  const result = data.resultType === "vector" ? data.result : [];
  const of = (figure: string) => result.filter((one) => one.metric.hearth_figure === figure);
  const counts = of("series");
  if (counts.length === 0) return undefined;
  const figureOf = (one: (typeof result)[number]) => Number(one.value?.[1]);
  return {
    series: counts.reduce((sum, one) => sum + figureOf(one), 0),
    newestSeconds: Math.max(...of("newest").map(figureOf)),
    jobs: counts.slice(0, SHOWN_JOBS).map(({ metric: { job = "" } }) => job),
  };
}
