/** Each step of an expression, run by itself: what it returns, reads and takes. */
import type { Client } from "../../../api/client.ts";
import {
  isSeriesData,
  queryInstant,
  queryRange,
  type Resolution,
  type StepRange,
} from "../../../api/prometheus.ts";
import type { ExprNode } from "../expression.ts";

export interface Measured {
  readonly series: number;
  readonly samplesRead: number;
  readonly readUnits: number | undefined;
  /** By the server's own clock. */
  readonly milliseconds: number;
}

/** A step with its measurement, or why there is none. */
export type StepResult = Measured | { readonly error: string };

/** A range vector has no value at a step, so it is measured at the end alone. */
export async function measureStep(
  client: Client,
  node: ExprNode,
  range: StepRange,
  resolution: Resolution,
  signal: AbortSignal,
): Promise<StepResult> {
  try {
    const { data, readUnits, milliseconds } = node.isRange
      ? await queryInstant(client, node.text, range.end, { resolution }, signal)
      : await queryRange(client, node.text, range, { resolution }, signal);
    const { samples, timings } = data.stats ?? {};
    return {
      series: isSeriesData(data) ? data.result.length : 1,
      samplesRead: samples?.samplesRead ?? samples?.totalQueryableSamples ?? 0,
      readUnits,
      milliseconds: timings === undefined ? milliseconds : timings.execTotalTime * 1000,
    };
  } catch (error) {
    if (signal.aborted) throw error;
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** The steps of a tree, each with how deep it is; inner ones after what contains them. */
export function stepsOf(tree: ExprNode, level = 0): { readonly node: ExprNode; readonly level: number }[] {
  return [{ node: tree, level }, ...tree.children.flatMap((child) => stepsOf(child, level + 1))];
}
