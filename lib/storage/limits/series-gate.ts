/**
 * Whether a tenant may have more series: by how many it has had on a UTC day, and of late. A process counts the series that it
 * meets and those in the dictionaries that it reads; it exchanges sketches of them with others in the background.
 *
 * A series that the day has already is always stored. The estimates have an error, so a new one is refused only past 13/12 of
 * a limit, five standard deviations: a tenant within its limit is not refused a series.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { TenantLimits } from "../../model/quota/tenant-limits.ts";
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../model/time.ts";
import { dayOf } from "../layout/keys.ts";
import type { Item, Table } from "../table/table.ts";
import { emptied, idOf, limitKey, limitRange } from "./limit-keys.ts";
import { howToRaise, printCount, whose } from "./refusal.ts";
import { REGISTERS, SeriesSketch } from "./series-sketch.ts";

/** A limit is passed at so much of it. */
const TOLERANCE = 13 / 12;
/** Active are series with samples in this window or in the one before: in the last 30 to 60 minutes. */
export const ACTIVE_WINDOW_MS = 30 * MINUTE_MS;
/** After midnight every series is new to its day, so which are active says nothing until both windows are of the day. */
const AFTER_MIDNIGHT_MS = 2 * ACTIVE_WINDOW_MS;
const EXCHANGE_MS = MINUTE_MS;
/** Sooner, but not before this time, once a process has met a share of a limit that others do not know of. */
const SHORTEST_EXCHANGE_MS = 10 * SECOND_MS;
const EARLY_SHARE = 1 / 20;
/** Days whose series are counted. */
const MAX_DAYS = 4;

interface Counted {
  readonly own: SeriesSketch;
  /** Of all processes, this one included. */
  readonly all: SeriesSketch;
}

const newCounted = (): Counted => ({ own: new SeriesSketch(), all: new SeriesSketch() });

export class SeriesGate {
  readonly #tenant: string;
  readonly #instance: Uint8Array;
  readonly #clock: Clock;
  limits: TenantLimits;
  readonly #days = new Map<number, Counted>();
  /** By number of the window. */
  readonly #active = new Map<number, Counted>();
  /** Of the current window and the one before: counting without it takes 48 µs for each series. */
  #union: { readonly window: number; readonly counted: Counted } | undefined;
  #changes = 0;
  #exchangedMs = Number.NEGATIVE_INFINITY;

  constructor(tenant: string, instance: Uint8Array, clock: Clock, limits: TenantLimits) {
    this.#tenant = tenant;
    this.#instance = instance;
    this.#clock = clock;
    this.limits = limits;
  }

  /** Counts a series that a day has. */
  note(day: number, words: Int32Array, at: number): void {
    const { own, all } = this.#day(day);
    all.add(words, at);
    if (own.add(words, at)) this.#changes++;
  }

  /** Counts a series that has a sample now as active. */
  noteActive(words: Int32Array, at: number): void {
    const current = this.#currentWindow();
    const { own, all } = this.#window(current);
    const union = this.#unionAt(current);
    if (all.add(words, at)) union.all.add(words, at);
    if (!own.add(words, at)) return;
    union.own.add(words, at);
    this.#changes++;
  }

  /**
   * Why a series that is new to its day may not be stored; undefined: it may, and is counted. `knowsAll` says whether this
   * process has read which series the day has: else those that it has met itself must be too many.
   */
  refuse(day: number, words: Int32Array, at: number, knowsAll: boolean): string | undefined {
    const reason = this.#reason(day, knowsAll);
    if (reason !== undefined) return reason;
    this.note(day, words, at);
    if (this.limits.activeSeries !== undefined && day === dayOf(this.#clock())) this.noteActive(words, at);
    return undefined;
  }

  #reason(day: number, knowsAll: boolean): string | undefined {
    const { seriesPerDay, activeSeries } = this.limits;
    const counted = this.#day(day);
    const ofDay = knowsAll ? counted.all.count : counted.own.count;
    if (seriesPerDay !== undefined && ofDay > seriesPerDay * TOLERANCE)
      return this.#text("series-per-day", `has ${printCount(seriesPerDay)} series on this UTC day`);
    const nowMs = this.#clock();
    if (activeSeries === undefined || day !== dayOf(nowMs) || nowMs - day * DAY_MS < AFTER_MIDNIGHT_MS)
      return undefined;
    if (this.activeCount(knowsAll) <= activeSeries * TOLERANCE) return undefined;
    return this.#text("active-series", `has ${printCount(activeSeries)} active series`);
  }

  #text(limit: string, what: string): string {
    const subject = { tenant: this.#tenant };
    return `${whose(subject)} ${what} already, so new ones are not stored; raise the limit with ${howToRaise(subject, limit)} limit=${limit}`;
  }

  /** About how many series of a day are known. */
  dayCount(day: number): number {
    return Math.round(this.#day(day).all.count);
  }

  activeCount(ofAll = true): number {
    const union = this.#unionAt(this.#currentWindow());
    return Math.round((ofAll ? union.all : union.own).count);
  }

  #unionAt(window: number): Counted {
    if (this.#union?.window === window) return this.#union.counted;
    const counted = newCounted();
    for (const one of [window - 1, window]) {
      const { own, all } = this.#active.get(one) ?? newCounted();
      counted.own.merge(own.registers);
      counted.all.merge(all.registers);
    }
    this.#union = { window, counted };
    return counted;
  }

  /**
   * Stores this process' sketches and reads the others', if that is due. A keeper takes over those of silent processes. Throws
   * "unavailable".
   */
  exchange(table: Table, isKeeper = false): Promise<void> | undefined {
    const { seriesPerDay = Number.POSITIVE_INFINITY, activeSeries = Number.POSITIVE_INFINITY } = this.limits;
    const elapsedMs = Math.abs(this.#clock() - this.#exchangedMs);
    const isEarly =
      this.#changes > Math.min(seriesPerDay, activeSeries) * EARLY_SHARE && elapsedMs >= SHORTEST_EXCHANGE_MS;
    if (elapsedMs < EXCHANGE_MS && !isEarly) return undefined;
    this.#exchangedMs = this.#clock();
    return this.#exchange(table, isKeeper);
  }

  async #exchange(table: Table, isKeeper: boolean): Promise<void> {
    const changes = this.#changes;
    this.#changes = 0;
    try {
      const stored = changes > 0 ? this.#store(table) : undefined;
      const [silent] = await Promise.all([this.#learn(table, isKeeper), stored]);
      if (silent.length > 0) await this.#takeOver(table, silent);
    } catch (error) {
      this.#changes += changes;
      throw error;
    }
  }

  async #store(table: Table): Promise<void> {
    const nowMs = this.#clock();
    const [day, window] = [dayOf(nowMs), this.#currentWindow()];
    const sketches = [this.#day(day), this.#window(window), this.#window(window - 1)];
    const head = new Uint8Array(Float64Array.of(day, window).buffer);
    const body = Buffer.concat([head, ...sketches.map(({ own }) => own.registers)]);
    const expiresAtSeconds = Math.ceil(((day + 1) * DAY_MS + HOUR_MS) / SECOND_MS);
    const key = limitKey(this.#tenant, "sketch", this.#instance);
    await table.put({ ...key, value: deflateRawSync(body), expiresAtSeconds });
  }

  /** Stores what silent processes had with its own, and empties their items. A series that two have counts once. */
  async #takeOver(table: Table, silent: readonly Item[]): Promise<void> {
    await this.#store(table);
    await table.putAll(silent);
  }

  /** Returns, for a keeper, the items of processes that stored none for half an hour: what they have of the day is its own now. */
  async #learn(table: Table, isKeeper: boolean): Promise<Item[]> {
    const silent: Item[] = [];
    for await (const page of table.query(limitRange(this.#tenant, "sketch"), { onDamage: () => {} }))
      for (const item of page) {
        if (Buffer.compare(idOf(item), this.#instance) === 0) continue;
        const read = unpack(item.value);
        if (read === undefined) continue;
        const [ofDay, ofWindow, before] = read.sketches;
        if (isKeeper && read.window < this.#currentWindow() - 1) {
          if (read.day === dayOf(this.#clock())) this.#day(read.day).own.merge(ofDay);
          silent.push(emptied(item, this.#clock()));
        }
        if (read.day === dayOf(this.#clock())) this.#day(read.day).all.merge(ofDay);
        if (Math.abs(read.window - this.#currentWindow()) > 1) continue;
        this.#window(read.window).all.merge(ofWindow);
        this.#window(read.window - 1).all.merge(before);
        this.#union = undefined;
      }
    return silent;
  }

  #currentWindow(): number {
    return Math.floor(this.#clock() / ACTIVE_WINDOW_MS);
  }

  #day(day: number): Counted {
    return find(this.#days, day, MAX_DAYS);
  }

  #window(window: number): Counted {
    return find(this.#active, window, 3);
  }
}

/** The least recently made goes when there are more than `most`. */
function find(all: Map<number, Counted>, number: number, most: number): Counted {
  let counted = all.get(number);
  if (counted === undefined) {
    if (all.size >= most) all.delete(all.keys().next().value!);
    counted = newCounted();
    all.set(number, counted);
  }
  return counted;
}

const HEAD_BYTES = 2 * Float64Array.BYTES_PER_ELEMENT;
const PACKED_BYTES = HEAD_BYTES + 3 * REGISTERS;

/** Undefined for an item that a later version wrote differently. */
function unpack(value: Uint8Array) {
  try {
    const bytes = Uint8Array.from(inflateRawSync(value, { maxOutputLength: PACKED_BYTES }));
    if (bytes.length !== PACKED_BYTES) return undefined;
    const [day, window] = new Float64Array(bytes.buffer, 0, 2);
    const sketches = [0, 1, 2].map((i) => {
      const start = HEAD_BYTES + i * REGISTERS;
      return bytes.subarray(start, start + REGISTERS);
    });
    return { day, window, sketches };
  } catch {
    return undefined;
  }
}
