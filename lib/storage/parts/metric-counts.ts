/** What a step of compaction stored of each metric, for counts of usage. */
import { type LabelSet, METRIC_NAME } from "../../model/labels.ts";
import { textHash } from "../series/series-hash.ts";
import { countSamples, type HashedSeries } from "./hashed-samples.ts";

export interface MetricCount {
  /** The first four bytes of hashes of its series. */
  readonly number: number;
  /** "" where the step did not see it. */
  readonly name: string;
  readonly samples: number;
  readonly chunkBytes: number;
}

/** Digits of a hash, in hex, that stand for the metric. */
const NUMBER_DIGITS = 8;

/** The number of a metric, from the hash of one of its series in hex. */
export function numberOfHash(hash: string): number {
  return Number.parseInt(hash.slice(0, NUMBER_DIGITS), 16);
}

/** Of a flush: samples by metric, with the names of the metrics that have new series. `series` come by ascending hash. */
export function countFlushed(
  series: Iterable<HashedSeries>,
  newSeries: Iterable<LabelSet>,
): readonly MetricCount[] {
  const names = new Map<number, string>();
  let latest: string | undefined;
  for (const labels of newSeries) {
    const name = labels.find(([label]) => label === METRIC_NAME)?.[1] ?? "";
    if (name !== latest) names.set(textHash(name), name);
    latest = name;
  }
  const counts: MetricCount[] = [];
  let [digits, samples] = ["", 0];
  const end = () => {
    const number = numberOfHash(digits);
    if (samples > 0) counts.push({ number, name: names.get(number) ?? "", samples, chunkBytes: 0 });
    samples = 0;
  };
  for (const [hash, columns] of series) {
    if (!hash.startsWith(digits) || digits === "") {
      end();
      digits = hash.slice(0, NUMBER_DIGITS);
    }
    samples += countSamples(columns);
  }
  end();
  return counts;
}
