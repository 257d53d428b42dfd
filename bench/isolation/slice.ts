/** One short measurement of a phase. A file of them, a JSON object a line, pools several runs. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { KINDS, type Kind, type Waits } from "./light-load.ts";

export const PHASES = ["alone", "busy", "queries", "ending", "bodies", "routes"] as const;
export type Phase = (typeof PHASES)[number];

export interface Slice extends Waits {
  readonly phase: Phase;
  /** Heavy requests that ended by themselves. */
  readonly heavyDone: number;
}

export function appendSlice(file: string, slice: Slice): void {
  const latencies = Object.fromEntries(
    KINDS.map((kind) => [kind, slice.latencies[kind].map((ms) => Math.round(ms * 10) / 10)]),
  ) as Record<Kind, number[]>;
  appendFileSync(file, `${JSON.stringify({ ...slice, latencies })}\n`);
}

/** Of a file that is not there: none. */
export function readSlices(file: string): Slice[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Slice);
}
