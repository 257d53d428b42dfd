/**
 * Mutates a target's inputs at random from a seed. Inputs that came to something new are kept and mutated further: a
 * cheap stand-in for coverage, which Node measures too slowly for each of a million inputs.
 */
import { Random } from "../simulation/random.ts";
import { mutate } from "./mutate.ts";
import { outcomeOf, type Target } from "./target.ts";

/** The most inputs that are kept of a target. */
const MAX_KEPT = 400;
/** The longest that an input of a few KB may take, in ms of this process' CPU. */
export const MAX_INPUT_MS = 2000;

export interface Finding {
  readonly target: string;
  readonly input: Uint8Array;
  readonly reason: string;
}

export interface FuzzOptions {
  readonly seed: number;
  /** Whether to go on, asked before each input. */
  readonly goesOn: (inputs: number) => boolean;
  /** Called before each input runs. */
  readonly onInput?: (target: Target, input: Uint8Array) => void;
}

export interface FuzzResult {
  readonly inputs: number;
  readonly outcomes: number;
  readonly finding: Finding | undefined;
}

/** Ends at the first finding of the target. */
export async function fuzz(target: Target, { seed, goesOn, onInput }: FuzzOptions): Promise<FuzzResult> {
  const random = new Random(seed);
  const kept = [...target.corpus];
  const seen = new Set<string>();
  let inputs = 0;
  const result = (finding?: Finding): FuzzResult => ({ inputs, outcomes: seen.size, finding });
  for (; goesOn(inputs); inputs++) {
    const input =
      inputs < target.corpus.length
        ? target.corpus[inputs]
        : mutate(random.pick(kept), random, random.pick(kept), target.dictionary ?? []);
    onInput?.(target, input);
    const before = process.cpuUsage();
    try {
      const outcome = await outcomeOf(target, input);
      if (!seen.has(outcome)) {
        seen.add(outcome);
        if (kept.length < target.corpus.length + MAX_KEPT) kept.push(input);
      }
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return result({ target: target.name, input, reason });
    }
    const { user, system } = process.cpuUsage(before);
    const cpuMs = (user + system) / 1000;
    if (cpuMs > MAX_INPUT_MS)
      return result({ target: target.name, input, reason: `took ${Math.round(cpuMs)} ms of CPU` });
  }
  return result();
}

/** A seed of each target, from that of the run. */
export function seedOf(target: Target, seed: number): number {
  let hash = seed >>> 0;
  for (const character of target.name) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}
