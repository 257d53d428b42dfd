/**
 * The days that a process writes to, of all tenants, within a bound of memory. Days that were not used of
 * late are forgotten whole, since what they knew is cheap to learn again from the dictionaries. A day
 * too large for that forgets single series.
 */
import { type Clock, DAY_MS, HOUR_MS } from "../../model/time.ts";
import { type DayPlace, SHORTEST_STAY_MS } from "./day-place.ts";
import type { DayWriter } from "./day-writer.ts";

/**
 * How long a writer's knowledge is good. A series record is flushed within hours, but it expires after
 * weeks if it is not; a dictionary stays, and must not vouch for a record that is gone.
 */
export const KNOWLEDGE_MS = 7 * DAY_MS;
/** Of all tenants together. */
const MAX_OPEN_DAYS = 2000;
/** What an open day takes beside its shards. */
const BASE_BYTES = 2000;
/** A day above this share of the memory is not forgotten for the sake of others. */
const LARGE_SHARE = 1 / 2;
/** Forgetting single series leaves so much of the memory free, so that it is seldom done. */
const FREED_SHARE = 1 / 8;
/** A day without requests for so long is forgotten before any other. */
const IDLE_MS = HOUR_MS;

interface OpenDay {
  readonly writer: DayWriter;
  sizeBytes: number;
  usedMs: number;
}

export class OpenDays {
  readonly #clock: Clock;
  readonly #open: (place: DayPlace) => DayWriter;
  /** By day and tenant, in the order of last use. */
  readonly #days = new Map<string, OpenDay>();
  #sizeBytes = 0;
  #begun = 0;

  constructor(clock: Clock, open: (place: DayPlace) => DayWriter) {
    this.#clock = clock;
    this.#open = open;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Lends the writer of a day to a task. */
  async use<T>(place: DayPlace, task: (writer: DayWriter) => Promise<T>): Promise<T> {
    const key = `${place.day}/${place.tenant}`;
    const { writer } = this.#find(key, place);
    const begun = writer.begunDictionaries;
    try {
      return await task(writer);
    } finally {
      this.#begun += writer.begunDictionaries - begun;
      const open = this.#days.get(key);
      if (open?.writer === writer) this.#resize(open);
    }
  }

  /** Series of a day that this process knows, about; 0 for a day that it does not write to. */
  seriesOf(tenant: string, day: number): number {
    return this.#days.get(`${day}/${tenant}`)?.writer.seriesCount ?? 0;
  }

  /** How many dictionaries were begun since it was last asked. */
  takeBegunDictionaries(): number {
    const begun = this.#begun;
    this.#begun = 0;
    return begun;
  }

  /** Forgets what `maxBytes` do not hold. */
  bound(maxBytes: number): void {
    if (this.#sizeBytes <= maxBytes && this.#days.size <= MAX_OPEN_DAYS) return;
    const idleMs = this.#clock() - IDLE_MS;
    this.#forgetDays((open) => this.#sizeBytes > maxBytes && open.usedMs < idleMs);
    this.#forgetDays((open) => this.#sizeBytes > maxBytes && open.sizeBytes <= maxBytes * LARGE_SHARE);
    this.#forgetDays(() => this.#days.size > MAX_OPEN_DAYS);
    const largestFirst = [...this.#days.values()].sort((a, b) => b.sizeBytes - a.sizeBytes);
    for (const open of largestFirst) {
      if (this.#sizeBytes <= maxBytes) return;
      const excessBytes = this.#sizeBytes - maxBytes * (1 - FREED_SHARE);
      open.writer.forget(Math.min(excessBytes / open.sizeBytes, 1));
      this.#resize(open);
    }
    if (this.#sizeBytes <= maxBytes) return;
    this.#days.clear();
    this.#sizeBytes = 0;
  }

  /** One of another retention counts as absent: what it stored may leave too early. So does one that is too old. */
  #find(key: string, place: DayPlace): OpenDay {
    const nowMs = this.#clock();
    let open = this.#days.get(key);
    if (open !== undefined) {
      this.#days.delete(key);
      const { writer } = open;
      const mayLeaveMs = place.day * DAY_MS + SHORTEST_STAY_MS;
      const isOld =
        Math.abs(nowMs - writer.openedMs) > KNOWLEDGE_MS ||
        (writer.openedMs < mayLeaveMs && nowMs >= mayLeaveMs);
      if (isOld || writer.place.retentionMs !== place.retentionMs) {
        this.#sizeBytes -= open.sizeBytes;
        open = undefined;
      }
    }
    open ??= { writer: this.#open(place), sizeBytes: 0, usedMs: nowMs };
    open.usedMs = nowMs;
    this.#days.set(key, open);
    return open;
  }

  #resize(open: OpenDay): void {
    const sizeBytes = BASE_BYTES + open.writer.sizeBytes;
    this.#sizeBytes += sizeBytes - open.sizeBytes;
    open.sizeBytes = sizeBytes;
  }

  /** Those that pass, the one unused longest first; never the one used last. */
  #forgetDays(passes: (open: OpenDay) => boolean): void {
    for (const [key, open] of this.#days) {
      if (this.#days.size === 1) return;
      if (!passes(open)) continue;
      this.#sizeBytes -= open.sizeBytes;
      this.#days.delete(key);
    }
  }
}
