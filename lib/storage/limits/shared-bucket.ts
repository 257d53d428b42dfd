/**
 * A token bucket that several processes share without asking each other. Each counts what it accepted
 * in slots of the clock and learns the counts of the others now and then (ledger.ts).
 *
 * What a process knows is a part of what was accepted, so the level that it calculates is at most the true
 * one: it never refuses what a bucket that knows everything would accept. It may accept more: between two
 * exchanges each of K processes may accept `burst + rate * delay` that the others do not know of, so
 *
 *     accepted in T seconds <= rate * T + burst + K * (burst + rate * delay)
 *
 * where `delay` is two exchanges at most, and `burst` holds 20 s more where K > 1 (`CLOCK_SKEW_MS`). The excess is a debt: nothing is accepted until it has drained, so the
 * average over a long time is `rate`.
 */
import { SECOND_MS } from "../../model/time.ts";

/** What a slot covers, and the time between two exchanges. */
export const SLOT_MS = 10 * SECOND_MS;
/** Slots in which counts are kept: five minutes. What is learned later than that is not counted. */
export const SLOTS = 32;
/** Slots over which the rate is measured: half of those that are kept. */
const RATE_SLOTS = SLOTS / 2;
/**
 * Clocks are right within 10 s (service-clock.ts), so what others accepted may seem up to 20 s closer to what this process
 * accepted than it was. That much more is accepted of a tenant that several processes serve.
 */
const CLOCK_SKEW_MS = 20 * SECOND_MS;

export interface Rate {
  readonly perSecond: number;
  /** What may come at once. */
  readonly burst: number;
}

/** Counts by slot. A slot's number is its start in ms divided by `SLOT_MS`. */
export type SlotCounts = ReadonlyMap<number, number>;

export class SharedBucket {
  /** What this process accepted, by slot. */
  readonly own = new Map<number, number>();
  #others: SlotCounts = new Map();
  #hasOthers = false;
  /** The level by what this process accepted since it last looked at the others' counts. */
  #level = 0;
  #levelMs = Number.NEGATIVE_INFINITY;
  /** The level of all processes at the end of the slot before the oldest one that is kept. */
  #base = 0;
  #baseSlot = Number.NEGATIVE_INFINITY;

  /** 0 if `count` may be accepted now, else when, in ms from now. */
  wait(count: number, rate: Rate, nowMs: number): number {
    this.#drain(rate, nowMs);
    const { perSecond, burst } = rate;
    const most = this.#hasOthers ? burst + (perSecond * CLOCK_SKEW_MS) / SECOND_MS : burst;
    // More than a burst in one request waits for an empty bucket, not for ever.
    const excess = this.#level + Math.min(count, burst) - most;
    return excess > 0 ? Math.ceil((excess / perSecond) * SECOND_MS) : 0;
  }

  /** Counts what was accepted; a negative count takes back what was not stored. */
  take(count: number, nowMs: number): void {
    this.#level = Math.max(0, this.#level + count);
    const slot = slotOf(nowMs);
    this.own.set(slot, Math.max(0, (this.own.get(slot) ?? 0) + count));
    if (this.own.size > 2 * SLOTS) this.own.delete(Math.min(...this.own.keys()));
  }

  /** Takes the counts of the other processes, all that is known of them. */
  learn(others: SlotCounts, rate: Rate, nowMs: number): void {
    this.#others = others;
    this.#hasOthers ||= others.size > 0;
    this.#drain(rate, nowMs);
    this.#level = Math.max(this.#level, this.#levelOfAll(rate, nowMs));
  }

  /** The level that is known, in samples. */
  level(rate: Rate, nowMs: number): number {
    this.#drain(rate, nowMs);
    return this.#level;
  }

  /** What all are known to have accepted, a second, over the last minutes. */
  acceptedPerSecond(nowMs: number): number {
    const current = slotOf(nowMs);
    let accepted = 0;
    for (let slot = current - RATE_SLOTS; slot < current; slot++) accepted += this.#acceptedIn(slot);
    return accepted / ((RATE_SLOTS * SLOT_MS) / SECOND_MS);
  }

  #drain({ perSecond }: Rate, nowMs: number): void {
    const elapsedMs = nowMs - this.#levelMs;
    this.#levelMs = nowMs;
    // A clock that was set back says nothing of how much has drained: perhaps all.
    if (elapsedMs < 0) this.#forget();
    else this.#level = Math.max(0, this.#level - (elapsedMs / SECOND_MS) * perSecond);
  }

  #forget(): void {
    this.own.clear();
    this.#others = new Map();
    this.#level = 0;
    this.#base = 0;
    this.#baseSlot = Number.NEGATIVE_INFINITY;
  }

  /**
   * Of what all accepted until the end of the last whole slot, drained until now. Within a slot nothing is known of
   * the order, and `level + accepted - drained` is at most what any order leaves.
   */
  #levelOfAll({ perSecond }: Rate, nowMs: number): number {
    const current = slotOf(nowMs);
    const oldest = current - SLOTS;
    const perSlot = (perSecond * SLOT_MS) / SECOND_MS;
    const counted = [...this.own.keys(), ...this.#others.keys()].filter((slot) => slot > this.#baseSlot);
    if (counted.length === 0 && this.#base === 0) return 0;
    let level = this.#base;
    const firstKnown = Number.isFinite(this.#baseSlot) ? this.#baseSlot + 1 : Math.min(...counted);
    const first = Math.max(firstKnown, oldest - SLOTS);
    level = Math.max(0, level - (first - firstKnown) * perSlot);
    for (let slot = first; slot < current; slot++) {
      level = Math.max(0, level + this.#acceptedIn(slot) - perSlot);
      if (slot > oldest) continue;
      this.#base = level;
      this.#baseSlot = slot;
      this.own.delete(slot);
    }
    const elapsedMs = nowMs - current * SLOT_MS;
    return Math.max(0, level + this.#acceptedIn(current) - (elapsedMs / SECOND_MS) * perSecond);
  }

  #acceptedIn(slot: number): number {
    return (this.own.get(slot) ?? 0) + (this.#others.get(slot) ?? 0);
  }
}

export function slotOf(timeMs: number): number {
  return Math.floor(timeMs / SLOT_MS);
}
