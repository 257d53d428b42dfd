/** Samples that are not where they should be. */
import type { CanarySamples } from "./canary-series.ts";
import type { Missing } from "./canary-state.ts";

/** The smallest and the largest value that must be there, as far as they are known. */
export interface Expected {
  readonly first?: number | undefined;
  readonly last?: number | undefined;
}

/**
 * Values between the smallest and the largest that no sample has, and the time between the samples on both sides of the
 * longest hole. A value may come twice: after a write whose answer was lost.
 */
export function findHoles({ timestamps, values }: CanarySamples, { first, last }: Expected = {}): Missing {
  const order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  let samples = 0;
  let gapMs = 0;
  for (let i = 1; i < order.length; i++) {
    const [before, after] = [order[i - 1], order[i]];
    const hole = values[after] - values[before] - 1;
    if (hole <= 0) continue;
    samples += hole;
    gapMs = Math.max(gapMs, Math.abs(timestamps[after] - timestamps[before]));
  }
  if (order.length === 0) {
    const known = first ?? last;
    return { samples: known === undefined ? 0 : (last ?? known) - known + 1, gapMs };
  }
  const [smallest, largest] = [values[order[0]], values[order[order.length - 1]]];
  if (first !== undefined) samples += Math.max(0, smallest - first);
  if (last !== undefined) samples += Math.max(0, last - largest);
  return { samples, gapMs };
}
