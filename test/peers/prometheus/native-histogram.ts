/** A native histogram of a Prometheus message (remote read, remote write of both versions) as what it says. */
import type { Fields } from "../../wire/prometheus-proto.ts";

/** Buckets as index and count, without the empty ones. */
export interface HistogramMeaning {
  readonly timestamp: number;
  readonly schema: number;
  readonly count: number;
  readonly sum: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: readonly (readonly [index: number, count: number])[];
  readonly negative: readonly (readonly [index: number, count: number])[];
  readonly customValues: readonly number[];
}

/** The message's fields as protobufjs gives them: int64 as numbers, of a oneof only what is there. */
interface HistogramMessage {
  readonly timestamp: number;
  readonly schema: number;
  readonly countInt?: number;
  readonly countFloat?: number;
  readonly sum: number;
  readonly zeroThreshold: number;
  readonly zeroCountInt?: number;
  readonly zeroCountFloat?: number;
  readonly positiveSpans: readonly Span[];
  readonly positiveDeltas: readonly number[];
  readonly positiveCounts: readonly number[];
  readonly negativeSpans: readonly Span[];
  readonly negativeDeltas: readonly number[];
  readonly negativeCounts: readonly number[];
  readonly customValues: readonly number[];
}

interface Span {
  readonly offset: number;
  readonly length: number;
}

export function meaningOf(fields: Fields): HistogramMeaning {
  const one = fields as unknown as HistogramMessage;
  return {
    timestamp: one.timestamp,
    schema: one.schema,
    count: one.countInt ?? one.countFloat ?? 0,
    sum: one.sum,
    zeroThreshold: one.zeroThreshold,
    zeroCount: one.zeroCountInt ?? one.zeroCountFloat ?? 0,
    positive: filledBuckets(one.positiveSpans, countsOf(one.positiveDeltas, one.positiveCounts)),
    negative: filledBuckets(one.negativeSpans, countsOf(one.negativeDeltas, one.negativeCounts)),
    customValues: [...one.customValues],
  };
}

/** Whether its counts add up as the specification of native histograms says. NaN observations are in no bucket. */
export function addsUp(one: HistogramMeaning): boolean {
  const counts = [...one.positive, ...one.negative].map(([, count]) => count);
  const total = counts.reduce((sum, count) => sum + count, one.zeroCount);
  return Number.isNaN(one.sum) ? total <= one.count : total === one.count;
}

/** Integer histograms say how much each bucket has more than the one before, float ones what it has. */
function countsOf(deltas: readonly number[], counts: readonly number[]): readonly number[] {
  if (deltas.length === 0) return counts;
  let count = 0;
  return deltas.map((delta) => {
    count += delta;
    return count;
  });
}

function filledBuckets(spans: readonly Span[], counts: readonly number[]): [number, number][] {
  const filled: [number, number][] = [];
  let [index, position] = [0, 0];
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++) {
      const count = counts[position++];
      if (count !== 0) filled.push([index, count]);
    }
  }
  return filled;
}
