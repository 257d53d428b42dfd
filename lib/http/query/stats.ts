/** The parameter `stats`, and what it adds to a response. */
import type { QueryResult } from "../../promql/engine-interface.ts";
import { quoteInput } from "../../promql/syntax/quote.ts";
import type { QueryTimes } from "../../promql/syntax/types.ts";

/** Of a value that Prometheus will refuse. */
export function statsWarnings(parameters: URLSearchParams): string[] {
  const stats = parameters.get("stats") ?? "";
  if (stats === "" || stats === "true" || stats === "all") return [];
  const advice = 'is deprecated and will be rejected in the next major release, use "true" or "all"';
  return [`value ${quoteInput(stats)} for parameter "stats" ${advice}`];
}

/** In seconds. Hearth has no queue and sorts while it evaluates, so these timings are 0. */
export function printStats(
  { samples }: QueryResult,
  { preparationMs, evaluationMs }: { preparationMs: number; evaluationMs: number },
  { startMs, stepMs }: QueryTimes,
): unknown {
  const steps = (counts: Float64Array | undefined) =>
    counts && Array.from(counts, (count, i) => [(startMs + i * stepMs) / 1000, count]);
  return {
    timings: {
      evalTotalTime: evaluationMs / 1000,
      resultSortTime: 0,
      queryPreparationTime: preparationMs / 1000,
      innerEvalTime: evaluationMs / 1000,
      execQueueTime: 0,
      execTotalTime: (preparationMs + evaluationMs) / 1000,
    },
    samples: {
      totalQueryableSamplesPerStep: steps(samples.totalQueryableSamplesPerStep),
      totalQueryableSamples: samples.totalQueryableSamples,
      samplesReadPerStep: steps(samples.samplesReadPerStep),
      samplesRead: samples.samplesRead,
      seriesTouched: samples.seriesTouched,
      peakSamples: samples.peakSamples,
      // Not in Prometheus.
      ...(samples.rowsRead > 0 ? { rowsRead: samples.rowsRead } : {}),
    },
  };
}
