/**
 * Exponential backoff with full jitter: a wait drawn evenly from 0 to a bound that doubles with every attempt.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
import { setTimeout } from "node:timers/promises";
import type { RandomBytes } from "../../model/random-bytes.ts";

/** What waiting needs from outside; a test passes its own. */
export interface Backoff {
  /** Even in [0, 1). */
  readonly random: () => number;
  readonly sleep: (durationMs: number) => Promise<unknown>;
}

/** Waits in real time. */
export function newBackoff(randomBytes: RandomBytes): Backoff {
  return {
    random: () => readUint32(randomBytes(4)) / 2 ** 32,
    sleep: (durationMs) => setTimeout(durationMs),
  };
}

function readUint32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

/** The longest first wait, and the longest of any. */
export const BACKOFF_BASE_MS = 50;
export const BACKOFF_MAX_MS = 2000;

/** Waits after the attempt of this number, counted from 0. */
export async function waitAfter(attempt: number, backoff: Backoff): Promise<void> {
  await backoff.sleep(backoff.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** attempt));
}
