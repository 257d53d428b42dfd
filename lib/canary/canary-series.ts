/** The canary's one series: each sample's value is one more than that of the sample acknowledged before it. */
import type { Label } from "../model/labels.ts";
import { METRIC_NAME } from "../model/labels.ts";
import { newMatcher } from "../model/matcher.ts";
import type { SampleBatch } from "../model/sample-batch.ts";
import type { Queryable } from "../storage/interface.ts";

/** A tenant of Hearth's own: its series never mix with a user's. */
export const CANARY_TENANT = "hearth.canary";
const CANARY_METRIC = "hearth_canary_sequence";

const LABELS: readonly Label[] = [[METRIC_NAME, CANARY_METRIC]];
const MATCHERS = [newMatcher("=", METRIC_NAME, CANARY_METRIC)];

/** The canary's samples of some time: ascending times in ms, and their values. */
export interface CanarySamples {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
}

/** A request of one sample. */
export function canaryBatch(timestamp: number, sequence: number): SampleBatch {
  return {
    bytes: Uint8Array.of(1),
    seriesCount: 1,
    labelStarts: Int32Array.of(0),
    labelEnds: Int32Array.of(1),
    sampleCount: 1,
    sampleSeries: Int32Array.of(0),
    timestamps: Float64Array.of(timestamp),
    values: Float64Array.of(sequence),
    decodeLabels: () => [...LABELS],
  };
}

/** The samples of `minTime..maxTime`, in ms, both included. */
export async function selectCanary(
  source: Pick<Queryable, "select">,
  minTime: number,
  maxTime: number,
  signal?: AbortSignal,
): Promise<CanarySamples> {
  for await (const { timestamps, values } of source.select({ matchers: MATCHERS, minTime, maxTime }, signal))
    return { timestamps, values };
  return { timestamps: new Float64Array(0), values: new Float64Array(0) };
}
