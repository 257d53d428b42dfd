/** What a run of the fuzzers hands to its thread. */
export interface FuzzJob {
  /** The number of inputs so far, the length of the current one, its target's number, and then the input. */
  readonly shared: SharedArrayBuffer;
  readonly seed: number;
  readonly seconds: number;
  readonly names: readonly string[];
}

/** Words before the input. */
export const HEAD_WORDS = 3;
