/**
 * The compactor's token bucket, as pure functions. A token is a write unit. Tokens come at the compactor's share of the table's
 * capacity, and as many are saved as come in 300 s: DynamoDB saves that much of a table's unused capacity itself. So in any
 * time the compactor takes at most its share of what the table has, and the rest is there for writers.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
 */
import { SECOND_MS } from "../../../model/time.ts";

export const BURST_SECONDS = 300;

/** A throttled compactor halves its share, down to this part of it; each later run gets a quarter more back. */
const LEAST_SCALE = 1 / 8;
const LOWER = 1 / 2;
const RAISE = 5 / 4;

export interface BucketState {
  /** Negative: a debt. */
  readonly tokens: number;
  /** When `tokens` was counted, in ms. */
  readonly atMs: number;
  /** The part of its share that the compactor takes: 1, less after the table throttled. */
  readonly scale: number;
}

/** What fills the bucket. */
export interface Refill {
  /** Write units a second of the table. */
  readonly capacity: number;
  readonly share: number;
}

/** The bucket of a table that is paced for the first time: full. */
export function newBucket(refill: Refill, nowMs: number): BucketState {
  return { tokens: mostTokens(refill, 1), atMs: nowMs, scale: 1 };
}

/** Tokens that are saved at most. */
export function mostTokens({ capacity, share }: Refill, scale: number): number {
  return capacity * share * scale * BURST_SECONDS;
}

/** With the tokens that came since. A clock that went back brings none. */
export function refilled(state: BucketState, refill: Refill, nowMs: number): BucketState {
  const seconds = Math.max(0, nowMs - state.atMs) / SECOND_MS;
  const tokens = state.tokens + seconds * refill.capacity * refill.share * state.scale;
  return { ...state, tokens: Math.min(tokens, mostTokens(refill, state.scale)), atMs: nowMs };
}

export function lowered(state: BucketState): BucketState {
  return { ...state, tokens: Math.min(state.tokens, 0), scale: Math.max(LEAST_SCALE, state.scale * LOWER) };
}

export function raised(state: BucketState): BucketState {
  return { ...state, scale: Math.min(1, state.scale * RAISE) };
}
