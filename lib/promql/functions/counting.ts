/** Functions that count in a window: samples, changes, resets. */
import { equalHistograms } from "../../histogram/float-histogram.ts";
import { isReset } from "../../histogram/reset.ts";
import type { Histogram } from "../../model/histogram.ts";
import type { Window } from "../runtime/window.ts";
import type { WindowCall, WindowFunction } from "../runtime/window-function.ts";
import { isStartReset } from "./start-timestamps.ts";

export const countOverTime: WindowFunction = (window, output) => {
  output.setFloat(window.step, window.floatCount + window.histogramCount);
};

export const presentOverTime: WindowFunction = (window, output) => output.setFloat(window.step, 1);

/** A float, or a histogram. */
interface Sample {
  readonly timeMs: number;
  /** 0 if unknown. */
  readonly startMs: number;
  readonly value: number;
  readonly histogram: Histogram | undefined;
}

export const changes: WindowFunction = (window, output, call) => {
  if (isPlain(window, call)) {
    output.setFloat(window.step, countFloatChanges(window));
    return;
  }
  const count = countPairs(window, call, hasChanged);
  if (count !== undefined) output.setFloat(window.step, count);
};

function hasChanged(previous: Sample, current: Sample): boolean {
  if (previous.histogram !== undefined && current.histogram !== undefined) {
    return !equalHistograms(current.histogram, previous.histogram);
  }
  if (previous.histogram !== undefined || current.histogram !== undefined) return true;
  return current.value !== previous.value && !(Number.isNaN(current.value) && Number.isNaN(previous.value));
}

export const resets: WindowFunction = (window, output, call) => {
  if (isPlain(window, call)) {
    output.setFloat(window.step, countFloatResets(window));
    return;
  }
  const count = countPairs(window, call, hasBeenReset);
  if (count !== undefined) output.setFloat(window.step, count);
};

function hasBeenReset(previous: Sample, current: Sample): boolean {
  const startedAnew = isStartReset(previous.startMs, previous.timeMs, current.startMs, current.timeMs);
  if (previous.histogram !== undefined && current.histogram !== undefined) {
    return startedAnew || isReset(current.histogram, previous.histogram);
  }
  if (previous.histogram !== undefined || current.histogram !== undefined) return true;
  return startedAnew || current.value < previous.value;
}

/** Floats alone: a loop over the column will do. */
function isPlain(window: Window, { extended, context }: WindowCall): boolean {
  return window.histogramCount === 0 && extended === undefined && !context.options.useStartTimestamps;
}

function countFloatChanges({ floats: { values }, floatStart, floatEnd }: Window): number {
  let count = 0;
  for (let i = floatStart + 1; i < floatEnd; i++) {
    const previous = values[i - 1];
    const current = values[i];
    if (current !== previous && !(Number.isNaN(current) && Number.isNaN(previous))) count++;
  }
  return count;
}

function countFloatResets({ floats: { values }, floatStart, floatEnd }: Window): number {
  let count = 0;
  for (let i = floatStart + 1; i < floatEnd; i++) if (values[i] < values[i - 1]) count++;
  return count;
}

/** The number of neighbours that satisfy a predicate; undefined if nothing follows the anchor. */
function countPairs(
  window: Window,
  call: WindowCall,
  holds: (previous: Sample, current: Sample) => boolean,
): number | undefined {
  const samples = samplesFromAnchor(window, call);
  if (samples === undefined) return undefined;
  let count = 0;
  for (let i = 1; i < samples.length; i++) if (holds(samples[i - 1], samples[i])) count++;
  return count;
}

/**
 * Floats and histograms by time. An anchored window begins with the last sample that is not after
 * its start.
 */
function samplesFromAnchor(window: Window, call: WindowCall): Sample[] | undefined {
  const samples = samplesByTime(window, call);
  if (call.extended !== "anchored") return samples;
  const after = samples.findIndex(({ timeMs }) => timeMs > window.rangeStartMs);
  return after < 0 ? undefined : samples.slice(Math.max(0, after - 1));
}

function samplesByTime(window: Window, { context }: WindowCall): Sample[] {
  const { floats, histograms } = window;
  const usesStarts = context.options.useStartTimestamps;
  const samples: Sample[] = [];
  for (let i = window.floatStart; i < window.floatEnd; i++) {
    const startMs = (usesStarts && floats.startTimestamps?.[i]) || 0;
    samples.push({ timeMs: floats.timestamps[i], startMs, value: floats.values[i], histogram: undefined });
  }
  if (window.histogramCount === 0) return samples;
  for (let i = window.histogramStart; i < window.histogramEnd; i++) {
    const startMs = (usesStarts && histograms.startTimestamps?.[i]) || 0;
    samples.push({
      timeMs: histograms.timestamps[i],
      startMs,
      value: 0,
      histogram: histograms.at(i),
    });
  }
  return samples.sort((a, b) => a.timeMs - b.timeMs);
}
