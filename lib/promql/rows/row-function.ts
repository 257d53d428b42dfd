/** Functions over ranges of hourly rows. */
import type { StepColumns } from "../runtime/step-columns.ts";
import type { WindowCall } from "../runtime/window-function.ts";
import type { RowWindow } from "./row-window.ts";

/** As `WindowFunction`, with rows instead of samples. Called only with a sample in the window. */
export type RowFunction = (window: RowWindow, output: StepColumns, call: WindowCall) => void;

/** Rows cannot tell the result of a series: its samples can. */
export class NeedsSamples extends Error {}

export function needsSamples(why: string): never {
  throw new NeedsSamples(why);
}
