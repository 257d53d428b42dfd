/** `irate` and `idelta`: between the last two samples of a window. */
import { compactHistogram, divideHistogram, withHint } from "../../../histogram/float-histogram.ts";
import { isReset } from "../../../histogram/reset.ts";
import type { Histogram } from "../../../model/histogram.ts";
import {
  histogramIsNoCounter,
  histogramIsNoGauge,
  mixedFloatsAndHistograms,
} from "../../runtime/annotation-texts.ts";
import { annotate } from "../../runtime/context.ts";
import type { Window } from "../../runtime/window.ts";
import { metricName, type WindowCall, type WindowFunction } from "../../runtime/window-function.ts";
import { isStartReset } from "../start-timestamps.ts";
import { subtractAnnotated } from "./histogram-increase.ts";

export const irate = instantRate(true);
export const idelta = instantRate(false);

interface Sample {
  readonly timeMs: number;
  /** 0 if unknown. */
  readonly startMs: number;
  readonly value: number;
  readonly histogram: Histogram | undefined;
}

function instantRate(isRate: boolean): WindowFunction {
  return (window, output, call) => {
    if (window.floatCount + window.histogramCount < 2) return;
    const [previous, last] = lastTwo(window, call);
    const seconds = (last.timeMs - previous.timeMs) / 1000;
    if (seconds === 0) return;
    const isDelta = isRate && window.isDelta;
    const isReset =
      isDelta || (isRate && isStartReset(previous.startMs, previous.timeMs, last.startMs, last.timeMs));
    if (previous.histogram === undefined && last.histogram === undefined) {
      const isLower = isRate && last.value < previous.value;
      const difference = isReset || isLower ? last.value : last.value - previous.value;
      output.setFloat(window.step, isRate ? difference / seconds : difference);
    } else if (previous.histogram === undefined || last.histogram === undefined) {
      annotate(call.context, mixedFloatsAndHistograms(call.range, metricName(window)));
    } else {
      const difference = histogramDifference(previous.histogram, last.histogram, {
        window,
        call,
        isRate,
        isDelta,
        isReset,
      });
      if (difference === undefined) return;
      output.setHistogram(window.step, isRate ? divideHistogram(difference, seconds) : difference);
    }
  };
}

interface Circumstances {
  readonly window: Window;
  readonly call: WindowCall;
  readonly isRate: boolean;
  readonly isDelta: boolean;
  readonly isReset: boolean;
}

function histogramDifference(
  previous: Histogram,
  last: Histogram,
  { window, call, isRate, isDelta, isReset: isStartedAnew }: Circumstances,
): Histogram | undefined {
  const gauges = [previous, last].filter(({ counterResetHint }) => counterResetHint === "gauge").length;
  if (isRate && !isDelta && gauges > 0)
    annotate(call.context, histogramIsNoCounter(call.range, metricName(window)));
  if (!isRate && gauges < 2) annotate(call.context, histogramIsNoGauge(call.range, metricName(window)));
  const isAnew = isRate && (isStartedAnew || isReset(last, previous));
  const difference = isAnew ? last : subtractAnnotated(last, previous, window, call);
  return difference && withHint(compactHistogram(difference), "gauge");
}

function lastTwo(window: Window, call: WindowCall): [Sample, Sample] {
  const floats = lastFloats(window, call);
  const histograms = lastHistograms(window, call);
  const [previous, last] = [...floats, ...histograms].toSorted((a, b) => a.timeMs - b.timeMs).slice(-2);
  return [previous, last];
}

function lastFloats({ floats, floatStart, floatEnd }: Window, { context }: WindowCall): Sample[] {
  const starts = context.options.useStartTimestamps ? floats.startTimestamps : undefined;
  const samples: Sample[] = [];
  for (let i = Math.max(floatStart, floatEnd - 2); i < floatEnd; i++) {
    const startMs = starts?.[i] ?? 0;
    samples.push({ timeMs: floats.timestamps[i], startMs, value: floats.values[i], histogram: undefined });
  }
  return samples;
}

function lastHistograms(
  { histograms, histogramStart, histogramEnd }: Window,
  { context }: WindowCall,
): Sample[] {
  const starts = context.options.useStartTimestamps ? histograms.startTimestamps : undefined;
  const samples: Sample[] = [];
  for (let i = Math.max(histogramStart, histogramEnd - 2); i < histogramEnd; i++) {
    const startMs = starts?.[i] ?? 0;
    samples.push({
      timeMs: histograms.timestamps[i],
      startMs,
      value: 0,
      histogram: histograms.at(i),
    });
  }
  return samples;
}
