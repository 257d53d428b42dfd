/**
 * Paces one run of the compactor on a table of provisioned capacity: the run takes the tokens that the bucket has, and stops
 * lazy work when they are spent. What it does not spend goes back. Flushes come first: they may go into a debt of half a bucket,
 * which lazy work of later runs pays.
 */
import type { Clock } from "../../../model/time.ts";
import { SECOND_MS } from "../../../model/time.ts";
import { newMeter, type Table } from "../../table/table.ts";
import type { Pace } from "./pace.ts";
import { changeBucket } from "./pace-item.ts";
import { PacedTable, type Turns } from "./paced-table.ts";
import {
  type BucketState,
  lowered,
  mostTokens,
  newBucket,
  type Refill,
  raised,
  refilled,
} from "./token-bucket.ts";
import type { WriteCapacity } from "./write-capacity.ts";

/** A debt of flushes, as a part of the bucket; past it writes wait. */
const MOST_DEBT = 1 / 2;
/** A run whose tokens are spent asks for those that came since, at most so often. */
const RENEW_MS = 10 * SECOND_MS;
/**
 * Units a second that one run writes at most: half of what a partition takes, and a small table is one partition.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
 */
const MOST_UNITS_PER_SECOND = 500;
const WAIT_MS = SECOND_MS;
/** A run waits for tokens so long in all: Lambda bills its time, and a step that is cut off is done again. */
const MOST_WAIT_MS = 60 * SECOND_MS;

export interface PaceOptions {
  readonly capacity: WriteCapacity;
  /** Of the table's write units, from 0 to 1. */
  readonly share: number;
  readonly clock: Clock;
  readonly sleep: (durationMs: number) => Promise<unknown>;
  /** Nothing waits past it, in ms, nor after `signal` is aborted. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

export class Pacer implements Pace, Turns {
  readonly table: Table;
  readonly #base: Table;
  readonly #options: PaceOptions;
  readonly #refill: Refill;
  readonly #meter = newMeter();
  #counted = 0;
  #left: number;
  #scale: number;
  #askedMs: number;
  #throttledCalls: number;
  #isThrottled = false;
  /** When the next write may begin, by the units a second of a run. */
  #nextMs = 0;
  #waitedMs = 0;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(
    base: Table,
    options: PaceOptions,
    refill: Refill,
    state: BucketState,
    granted: number,
  ) {
    // What the bucket's item costs counts too.
    this.#base = base.metered(this.#meter);
    this.#options = options;
    this.#refill = refill;
    this.#left = granted;
    this.#scale = state.scale;
    this.#askedMs = options.clock();
    this.#throttledCalls = options.capacity.throttledCalls();
    this.table = new PacedTable(base.metered(this.#meter), this);
  }

  /** Undefined where capacity is not provisioned. Throws "unavailable". */
  static async open(base: Table, options: PaceOptions): Promise<Pacer | undefined> {
    const capacity = await options.capacity.read();
    if (capacity === undefined) return undefined;
    const refill = { capacity, share: options.share };
    let granted = 0;
    const state = await changeBucket(base, (stored) => {
      const nowMs = options.clock();
      const full = stored === undefined ? newBucket(refill, nowMs) : raised(refilled(stored, refill, nowMs));
      // A debt is taken too, and given back.
      granted = full.tokens;
      return { ...full, tokens: 0 };
    });
    if (state === undefined) return new Pacer(base, options, refill, newBucket(refill, options.clock()), 0);
    return new Pacer(base, options, refill, state, granted);
  }

  mayBegin(isLazy: boolean): boolean {
    return isLazy ? !this.isSpent() : this.#left > -this.#mostDebt;
  }

  isSpent(): boolean {
    return this.#left <= 0 || this.#isThrottled;
  }

  async admit(): Promise<void> {
    const turn = this.#queue.then(() => this.#wait());
    this.#queue = turn.catch(() => {});
    await turn;
  }

  settle(): void {
    const { clock, capacity } = this.#options;
    const units = this.#meter.writeUnits - this.#counted;
    this.#counted = this.#meter.writeUnits;
    this.#left -= units;
    this.#nextMs = Math.max(this.#nextMs, clock()) + (units / MOST_UNITS_PER_SECOND) * SECOND_MS;
    if (capacity.throttledCalls() > this.#throttledCalls) this.#isThrottled = true;
  }

  /** Gives back what is left, or enters the debt; lowers the share if the table throttled. */
  async close(): Promise<void> {
    this.settle();
    const left = this.#left;
    this.#left = 0;
    await changeBucket(this.#base, (stored) => {
      const nowMs = this.#options.clock();
      const state = refilled(stored ?? newBucket(this.#refill, nowMs), this.#refill, nowMs);
      const most = mostTokens(this.#refill, state.scale);
      const back = { ...state, tokens: Math.min(state.tokens + left, most) };
      return this.#isThrottled ? lowered(back) : back;
    });
  }

  get #mostDebt(): number {
    return mostTokens(this.#refill, this.#scale) * MOST_DEBT;
  }

  async #wait(): Promise<void> {
    const { clock, sleep, deadlineMs, signal } = this.#options;
    const mayWait = () => signal?.aborted !== true && clock() < deadlineMs;
    const aheadMs = this.#nextMs - clock();
    if (aheadMs > WAIT_MS && mayWait()) await sleep(Math.min(aheadMs, deadlineMs - clock()));
    if (this.#left <= 0) await this.#renew();
    while (this.#left <= -this.#mostDebt && this.#waitedMs < MOST_WAIT_MS && mayWait()) {
      this.#waitedMs += WAIT_MS;
      await sleep(WAIT_MS);
      await this.#renew();
    }
  }

  /** Takes the tokens that came meanwhile. */
  async #renew(): Promise<void> {
    const { clock } = this.#options;
    if (clock() < this.#askedMs + RENEW_MS || this.#isThrottled) return;
    this.#askedMs = clock();
    let granted = 0;
    const state = await changeBucket(this.#base, (stored) => {
      const nowMs = clock();
      const now = refilled(stored ?? newBucket(this.#refill, nowMs), this.#refill, nowMs);
      granted = Math.max(0, now.tokens);
      return { ...now, tokens: now.tokens - granted };
    });
    if (state !== undefined) this.#left += granted;
  }
}
