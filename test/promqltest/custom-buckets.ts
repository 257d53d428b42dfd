/** Classic histograms as native ones with custom buckets: what `load_with_nhcb` loads beside them. */
import { compactHistogram, emptyHistogram } from "../../lib/histogram/float-histogram.ts";
import { bucketsOf } from "../../lib/histogram/side.ts";
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from "../../lib/model/histogram.ts";
import { type LabelSet, labelValue, METRIC_NAME } from "../../lib/model/labels.ts";
import { setLabel } from "../../lib/promql/runtime/series-labels.ts";
import { isNumber, parseNumber } from "../../lib/rules/unit-test/notation/number-text.ts";
import type { LoadedSeries } from "./loaded-series.ts";

/** At one time. */
interface Classic {
  readonly buckets: Map<number, number>;
  count: number | undefined;
  sum: number;
}

interface ClassicSeries {
  readonly labels: LabelSet;
  readonly byTime: Map<number, Classic>;
}

export function customBucketSeries(series: readonly LoadedSeries[]): LoadedSeries[] {
  const classics = new Map<string, ClassicSeries>();
  for (const one of series) collect(one, classics);
  return [...classics.values()].map(({ labels, byTime }) => ({
    labels,
    samples: [...byTime].map(([timeMs, classic]) => ({ timeMs, startMs: 0, value: convert(classic) })),
  }));
}

function collect({ labels, samples }: LoadedSeries, classics: Map<string, ClassicSeries>): void {
  const match = /^(.*)_(bucket|count|sum)$/.exec(labelValue(labels, METRIC_NAME));
  if (match === null) return;
  const [, name, part] = match;
  const le = labelValue(labels, "le");
  if (part === "bucket" && (!isNumber(le) || Number.isNaN(parseNumber(le)))) return;
  const base = setLabel(setLabel(labels, METRIC_NAME, name), "le", "");
  const key = JSON.stringify(base);
  const classic = classics.get(key) ?? { labels: base, byTime: new Map() };
  classics.set(key, classic);
  for (const { timeMs, value } of samples) {
    if (typeof value !== "number") continue;
    const at = classic.byTime.get(timeMs) ?? { buckets: new Map(), count: undefined, sum: 0 };
    classic.byTime.set(timeMs, at);
    if (part === "bucket") at.buckets.set(parseNumber(le), value);
    else if (part === "count") at.count = value;
    else at.sum = value;
  }
}

function convert({ buckets, count, sum }: Classic): Histogram {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const total = count ?? sorted.at(-1)?.[1] ?? 0;
  if (sorted.at(-1)?.[0] !== Infinity) sorted.push([Infinity, total]);
  const counts = Float64Array.from(
    sorted,
    ([, cumulative], i) => cumulative - (i > 0 ? sorted[i - 1][1] : 0),
  );
  const customBounds = Float64Array.from(sorted.slice(0, -1), ([bound]) => bound);
  return compactHistogram({
    ...emptyHistogram({ schema: CUSTOM_BUCKETS_SCHEMA, customBounds }),
    count: total,
    sum,
    positive: bucketsOf({ indexes: Int32Array.from(counts.keys()), counts }),
  });
}
