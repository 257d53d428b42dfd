/**
 * The input of functions over histograms: native histograms, and classic ones assembled from
 * buckets.
 */
import { type LabelSet, labelValue, METRIC_NAME } from "../../model/labels.ts";
import { badBucketLabel, mixedClassicAndNative } from "../runtime/annotation-texts.ts";
import { annotate } from "../runtime/context.ts";
import { dropLabels, labelKey } from "../runtime/series-labels.ts";
import { ABSENT, FLOAT, HISTOGRAM, type StepSeries } from "../runtime/value.ts";
import type { TextRange } from "../syntax/ast.ts";
import type { ClassicBucket } from "./classic-histogram.ts";
import type { FunctionCall } from "./function-call.ts";

const BUCKET_LABEL = "le";

export interface ClassicHistogram {
  /** Without `le`. */
  readonly labels: LabelSet;
  readonly dropsName: boolean;
  readonly buckets: { readonly upperBound: number; readonly series: StepSeries }[];
}

/** A series of native histograms, and the classic one with the same labels. */
export interface NativeHistogram {
  readonly series: StepSeries;
  readonly twin: ClassicHistogram | undefined;
}

export interface HistogramInput {
  readonly natives: readonly NativeHistogram[];
  readonly classics: readonly ClassicHistogram[];
}

/**
 * Annotates unusable buckets, and steps at which both kinds have the same labels, where neither is
 * used.
 */
export function histogramInput(
  call: FunctionCall,
  series: readonly StepSeries[],
  range: TextRange,
): HistogramInput {
  const classics = new Map<string, ClassicHistogram>();
  for (const one of series) if (one.kinds.includes(FLOAT)) addBucket(call, classics, one, range);
  const natives = series
    .filter(({ histograms }) => histograms !== undefined)
    .map((one) => ({ series: one, twin: classics.get(labelKey(one.labels)) }));
  return { natives, classics: [...classics.values()] };
}

const WITHOUT = new Set([BUCKET_LABEL]);

function addBucket(
  call: FunctionCall,
  classics: Map<string, ClassicHistogram>,
  series: StepSeries,
  range: TextRange,
): void {
  const text = labelValue(series.labels, BUCKET_LABEL);
  const upperBound = parseBound(text);
  if (upperBound === undefined) {
    annotate(call.context, badBucketLabel(range, reportedName(call, series.labels), text));
    return;
  }
  const labels = dropLabels(series.labels, WITHOUT);
  const key = labelKey(labels);
  const known = classics.get(key);
  if (known !== undefined) known.buckets.push({ upperBound, series });
  else classics.set(key, { labels, dropsName: series.dropsName, buckets: [{ upperBound, series }] });
}

/** Empty if names are dropped at once: the name may be gone already. */
export function reportedName({ context }: FunctionCall, labels: LabelSet): string {
  return context.options.delayedNameRemoval ? labelValue(labels, METRIC_NAME) : "";
}

/** A number or an infinity as Go's `ParseFloat` parses it. */
function parseBound(text: string): number | undefined {
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return undefined;
}

/** The buckets that have a sample at a step. */
export function bucketsAt({ buckets }: ClassicHistogram, step: number): ClassicBucket[] {
  const present: ClassicBucket[] = [];
  for (const { upperBound, series } of buckets) {
    if (series.kinds[step] === FLOAT) present.push({ upperBound, count: series.values[step] });
  }
  return present;
}

function hasBuckets({ buckets }: ClassicHistogram, step: number): boolean {
  return buckets.some(({ series }) => series.kinds[step] === FLOAT);
}

/**
 * By series, the steps at which native and classic histograms have the same labels. Annotates them.
 */
export function findConflicts(
  call: FunctionCall,
  { natives }: HistogramInput,
  range: TextRange,
): ReadonlyMap<StepSeries | ClassicHistogram, Uint8Array> {
  const conflicts = new Map<StepSeries | ClassicHistogram, Uint8Array>();
  for (const { series, twin } of natives) {
    if (twin === undefined) continue;
    call.context.deadline.spend(twin.buckets.length * series.kinds.length);
    const isMixed = (kind: number, step: number) => kind === HISTOGRAM && hasBuckets(twin, step);
    const steps = series.kinds.map((kind, step) => (isMixed(kind, step) ? 1 : ABSENT));
    if (!steps.includes(1)) continue;
    annotate(call.context, mixedClassicAndNative(range, reportedName(call, series.labels)));
    conflicts.set(series, steps).set(twin, steps);
  }
  return conflicts;
}
