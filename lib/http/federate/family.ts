/** Metrics as `/federate` exposes them: the newest samples of series, by the name of their metric. */
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from "../../model/histogram.ts";
import { type LabelSet, labelValue, METRIC_NAME } from "../../model/labels.ts";
import { escapeName } from "./escape-name.ts";
import type { Escaping, Format } from "./format.ts";

export interface Newest {
  readonly labels: LabelSet;
  readonly timestampMs: number;
  /** Of one. */
  readonly value: Float64Array;
  readonly histogram: Histogram | undefined;
}

export type FamilyType = "untyped" | "histogram" | "gauge histogram";

export interface Family {
  readonly name: string;
  readonly type: FamilyType;
  /** Labels without the name. */
  readonly metrics: readonly Newest[];
}

/** A federating Prometheus must not take the instance of this server for that of the series. */
const NO_INSTANCE = ["instance", ""] as const;

/** Several families of one name where floats and histograms are mixed. `newest`: sorted by metric. */
export function* familiesOf(newest: Iterable<Newest>, { kind, escaping }: Format): Generator<Family> {
  let family: { name: string; type: FamilyType; metrics: Newest[] } | undefined;
  for (const one of newest) {
    const written = labelValue(one.labels, METRIC_NAME);
    // Text has no native histograms, but classic ones, which custom buckets become.
    if (written === "" || (kind === "plain" && one.histogram && !hasCustomBuckets(one.histogram))) continue;
    const name = escapeName(written, escaping);
    const type = typeOf(one.histogram);
    if (family?.name !== name || family.type !== type) {
      if (family !== undefined) yield family;
      family = { name, type, metrics: [] };
    }
    family.metrics.push({ ...one, labels: exposedLabels(one.labels, escaping) });
  }
  if (family !== undefined) yield family;
}

export function hasCustomBuckets({ schema }: Histogram): boolean {
  return schema === CUSTOM_BUCKETS_SCHEMA;
}

function typeOf(histogram: Histogram | undefined): FamilyType {
  if (histogram === undefined) return "untyped";
  return histogram.counterResetHint === "gauge" ? "gauge histogram" : "histogram";
}

function exposedLabels(labels: LabelSet, escaping: Escaping): LabelSet {
  const exposed = labels
    .filter(([name]) => name !== METRIC_NAME)
    .map(([name, value]) => [escapeName(name, escaping), value] as const);
  return labels.some(([name]) => name === NO_INSTANCE[0]) ? exposed : [...exposed, NO_INSTANCE];
}

/** The cumulative counts of custom buckets, by upper bound, without that of +Inf. */
export function* classicBuckets({ positive, customBounds }: Histogram): Generator<readonly [number, number]> {
  let [total, span, inSpan, at, next] = [0, 0, 0, 0, positive.spans[0]?.offset ?? 0];
  for (let bucket = 0; bucket < customBounds.length; bucket++) {
    while (span < positive.spans.length && next <= bucket) {
      if (inSpan < positive.spans[span].length) {
        total += positive.counts[at++];
        inSpan++;
        next++;
      } else {
        span++;
        inSpan = 0;
        next += positive.spans[span]?.offset ?? 0;
      }
    }
    yield [customBounds[bucket], total];
  }
}
