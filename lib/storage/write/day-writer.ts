/**
 * How a writer stores the samples of one day. In this order, since an answer means that a reader finds
 * everything: mark, series records, dictionaries, log records. A series that this process has met on the
 * day costs its sample alone.
 */
import type { RandomBytes } from "../../model/random-bytes.ts";
import { type Clock, DAY_MS, MINUTE_MS } from "../../model/time.ts";
import { logKey } from "../layout/keys.ts";
import type { BitsOf, Shard } from "../layout/shard.ts";
import { HISTOGRAM_WEIGHT } from "../layout/shard.ts";
import type { BatchSeries } from "../series/batch-series.ts";
import { HASH_WORDS } from "../series/hash-index.ts";
import { UNKNOWN } from "../series/series-registry.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Item, Table } from "../table/table.ts";
import type { AcceptedFloats, AcceptedHistograms, Chosen } from "./accepted.ts";
import type { CompactorLag } from "./compactor-lag.ts";
import { DayLevels } from "./day-levels.ts";
import { DayMarks } from "./day-marks.ts";
import { type DayPlace, SHORTEST_STAY_MS } from "./day-place.ts";
import { encodeRecords, type LocatedSamples, splitByDictionary } from "./day-records.ts";
import type { LoadBudget } from "./load-budget.ts";
import { countAll, loadDictionaries } from "./load-dictionaries.ts";
import {
  isComplete,
  type LocatedShard,
  locate,
  missingSeries,
  numbersOf,
  oneDictionary,
  type ShardSamples,
  splitIndices,
} from "./locate-series.ts";
import { planGathering } from "./plan-gathering.ts";
import type { ReceiveClock, StoreDated } from "./receive-clock.ts";
import { isRecorded } from "./reference-table.ts";
import { NO_REFUSED, type RefusedSeries, type SeriesLimit } from "./refuse-series.ts";
import { SeriesRecorder } from "./series-recorder.ts";
import { type Alike, ShardWriter } from "./shard-writer.ts";

/** Shards whose series are registered at once. */
const SHARD_CONCURRENCY = 4;
/**
 * Series registered at a time, their hashes one dictionary item of 20 KB. It bounds the items in memory,
 * and what a failure makes a retry do again.
 */
const REGISTER_SLICE = 1000;
/**
 * Up to so many new series a shard are recorded in one item for all of them, at the level of one shard:
 * items of their own would hold less than the KB that a write unit covers.
 */
const FEW_SERIES = 100;
/** Dictionaries are read again before series are refused, but not more often than this. */
const RELOAD_MS = MINUTE_MS;
const ALL_SERIES: Shard = { bits: 0, prefix: 0 };

export interface DayWriterOptions {
  readonly place: DayPlace;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** Of the process' hash tables. */
  readonly factors: Int32Array;
  /** Tells the records of this process from those of others that name the same dictionary. */
  readonly instance: Uint8Array;
  readonly receiveClock: ReceiveClock;
  readonly lag: CompactorLag;
  readonly loadBudget: LoadBudget;
  readonly shardBits: BitsOf;
}

export class DayWriter {
  readonly openedMs: number;
  readonly #options: DayWriterOptions;
  readonly #clockPlace: string;
  readonly #marks: DayMarks;
  readonly #levels: DayLevels;
  readonly #recorder: SeriesRecorder;
  /** By bits and then prefix. */
  readonly #shards = new Map<number, Map<number, ShardWriter>>();
  #loading: Promise<void> | undefined;
  #loadedMs = Number.NEGATIVE_INFINITY;
  /** Whether all dictionaries of the day were read, when they were. */
  #knowsAll = false;
  /** Whether what was read is counted for the tenant's limits. */
  #isCounted = false;
  /** Registrations run one after another. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: DayWriterOptions) {
    const { place, clock, lag, randomBytes } = options;
    this.#options = options;
    this.openedMs = clock();
    this.#clockPlace = `${place.day}/${place.tenant}`;
    this.#marks = new DayMarks(place, lag, randomBytes);
    this.#levels = new DayLevels(place);
    const storeDated = (store: StoreDated) => this.#storeDated(store);
    this.#recorder = new SeriesRecorder({ place, marks: this.#marks, storeDated, randomBytes });
  }

  get place(): DayPlace {
    return this.#options.place;
  }

  get sizeBytes(): number {
    let sizeBytes = 0;
    for (const ofLevel of this.#shards.values())
      for (const shard of ofLevel.values()) sizeBytes += shard.sizeBytes;
    return sizeBytes;
  }

  /** Series that it knows of the day, about: each level of shards may have some that others have too. */
  get seriesCount(): number {
    let most = 0;
    for (const ofLevel of this.#shards.values()) {
      let count = 0;
      for (const shard of ofLevel.values()) count += shard.seriesCount;
      most = Math.max(most, count);
    }
    return most;
  }

  /** Dictionaries that it began. */
  get begunDictionaries(): number {
    let begun = 0;
    for (const ofLevel of this.#shards.values())
      for (const shard of ofLevel.values()) begun += shard.begunDictionaries;
    return begun;
  }

  /** Forgets the series that were not used of late, and others until a share of the memory is free. */
  forget(share: number): void {
    for (const ofLevel of this.#shards.values()) for (const shard of ofLevel.values()) shard.forget(share);
  }

  /** The series that are new to the day and that a limit refuses. Throws "unavailable". */
  async findRefused(
    table: Table,
    series: BatchSeries,
    floats: Chosen<AcceptedFloats>,
    histograms: Chosen<AcceptedHistograms>,
    limit: SeriesLimit,
  ): Promise<RefusedSeries> {
    const all: LocatedSamples = { floats, histograms, places: new Int32Array(series.count).fill(UNKNOWN) };
    const bits = this.#bitsOf(floats, histograms);
    const shards = this.#split(bits, series, floats, histograms);
    if (this.#isCounted && shards.every((shard) => locate(shard, series, all) || isComplete(shard, all)))
      return NO_REFUSED;
    const refused = new Map<number, string>();
    await this.#inTurn(async () => {
      if (!this.#isCounted) this.#loading = undefined;
      await this.#load(table, limit);
      const findNew = () =>
        shards
          .flatMap((shard) => missingSeries(shard, series, all))
          .filter(([number]) => all.places[number] === UNKNOWN)
          .filter(([number]) => !this.#isRecorded(series.hashes, number * HASH_WORDS));
      const refuse = (): void => {
        refused.clear();
        for (const alike of findNew()) {
          const reason = limit.refuse(this.place.day, series.hashes, alike[0] * HASH_WORDS, this.#knowsAll);
          if (reason !== undefined) for (const number of alike) refused.set(number, reason);
        }
      };
      refuse();
      // Others may have stored these series since the day was read.
      if (refused.size === 0 || this.#options.clock() - this.#loadedMs < RELOAD_MS) return;
      this.#loading = undefined;
      await this.#load(table, limit);
      refuse();
    });
    return refused;
  }

  /** Stores what was chosen. Returns when all of it is durable and can be read. Throws "unavailable". */
  async append(
    table: Table,
    series: BatchSeries,
    floats: Chosen<AcceptedFloats>,
    histograms: Chosen<AcceptedHistograms>,
  ): Promise<void> {
    const places = new Int32Array(series.count).fill(UNKNOWN);
    const all: LocatedSamples = { floats, histograms, places };
    const bits = this.#bitsOf(floats, histograms);
    const shards = this.#split(bits, series, floats, histograms);
    const areLocated = shards.map((shard) => locate(shard, series, all));
    if (areLocated.includes(false) || !this.#levels.isNamed(bits)) {
      // Hashes are needed after other requests had their turn.
      series.keepHashes();
      const isKnown = shards.every((shard, i) => areLocated[i] || isComplete(shard, all));
      if (!isKnown || !this.#levels.isNamed(bits)) {
        await this.#inTurn(() => this.#register(table, bits, series, shards, all));
        // Registering looks up all places again. Another request may have moved some series meanwhile.
        areLocated.fill(false);
      }
    }
    const located: LocatedShard[] = [];
    for (const [i, shard] of shards.entries())
      located.push(areLocated[i] ? oneDictionary(shard, all) : await this.#gather(table, shard, series, all));
    await this.#storeDated(async (receivedMs) => {
      if (!this.#marks.isMarked(receivedMs)) await this.#marks.mark(table, receivedMs);
      await table.putAll(located.flatMap((shard) => this.#items(shard, all, receivedMs)));
    });
  }

  #storeDated(store: StoreDated): Promise<void> {
    return this.#options.receiveClock.storeDated(this.#clockPlace, store);
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(task);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #bitsOf(floats: Chosen<AcceptedFloats>, histograms: Chosen<AcceptedHistograms>): number {
    return this.#options.shardBits(floats.indices.length + HISTOGRAM_WEIGHT * histograms.indices.length);
  }

  /** As many shards as what they take makes worth while. */
  #split(
    bits: number,
    series: BatchSeries,
    floats: Chosen<AcceptedFloats>,
    histograms: Chosen<AcceptedHistograms>,
  ): ShardSamples[] {
    if (bits === 0) {
      const writer = this.#shard(ALL_SERIES);
      return [{ writer, floats: floats.indices, histograms: histograms.indices }];
    }
    const floatsOf = splitIndices(floats, bits, series);
    const histogramsOf = splitIndices(histograms, bits, series);
    return floatsOf.flatMap((ofShard, prefix) => {
      if (ofShard.length + histogramsOf[prefix].length === 0) return [];
      const writer = this.#shard({ bits, prefix });
      return [{ writer, floats: ofShard, histograms: histogramsOf[prefix] }];
    });
  }

  #shard(shard: Shard): ShardWriter {
    const { bits, prefix } = shard;
    let ofLevel = this.#shards.get(bits);
    if (ofLevel === undefined) {
      ofLevel = new Map();
      this.#shards.set(bits, ofLevel);
    }
    let found = ofLevel.get(prefix);
    if (found === undefined) {
      found = new ShardWriter(shard, this.#options);
      ofLevel.set(prefix, found);
    }
    return found;
  }

  /** Sees to it that readers find the series and the level, and can resolve the places of all series. */
  async #register(
    table: Table,
    bits: number,
    series: BatchSeries,
    shards: readonly ShardSamples[],
    all: LocatedSamples,
  ): Promise<void> {
    await this.#marks.mark(table, this.#options.receiveClock.next(this.#clockPlace));
    await this.#load(table);
    await this.#levels.name(table, bits);
    const missing = shards.map((shard) => missingSeries(shard, series, all));
    const unrecorded = missing.map((ofShard) =>
      ofShard.filter(([number]) => !this.#isRecorded(series.hashes, number * HASH_WORDS)),
    );
    const isFew = unrecorded.flat().length <= FEW_SERIES * shards.length;
    if (isFew && shards.length > 1) await this.#recordTogether(table, series, unrecorded.flat());
    await forEachBounded([...shards.keys()], SHARD_CONCURRENCY, async (i) => {
      const { writer } = shards[i];
      const toRecord = new Set(isFew && shards.length > 1 ? [] : unrecorded[i]);
      for (let start = 0; start < missing[i].length; start += REGISTER_SLICE) {
        const slice = missing[i].slice(start, start + REGISTER_SLICE);
        await this.#record(
          table,
          writer.shard,
          series,
          slice.filter((alike) => toRecord.has(alike)),
        );
        const unknown = slice.filter(([number]) => all.places[number] === UNKNOWN);
        const adopted = slice.filter(([number]) => all.places[number] !== UNKNOWN);
        for (const alike of adopted) writer.noteRecorded({ series, places: all.places }, alike);
        await writer.store(table, { series, places: all.places }, unknown);
      }
    });
  }

  /** Learns once what other writers have stored of the day. */
  #load(table: Table, limit?: SeriesLimit): Promise<void> {
    this.#loading ??= this.#loadOnce(table, limit).catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #loadOnce(table: Table, limit: SeriesLimit | undefined): Promise<void> {
    const { place, clock, loadBudget } = this.#options;
    const shards = await this.#levels.load(table);
    const maxBytes = loadBudget.availableBytes;
    this.#loadedMs = clock();
    this.#isCounted = limit !== undefined;
    this.#knowsAll = shards.length === 0;
    if (shards.length === 0 || maxBytes === 0) return;
    const areRecorded = clock() - place.day * DAY_MS < SHORTEST_STAY_MS;
    const onShard = (shard: Shard, dictionaries: Parameters<ShardWriter["adopt"]>[0]) => {
      if (dictionaries.length > 0) this.#shard(shard).adopt(dictionaries, areRecorded);
      if (limit !== undefined) countAll(dictionaries, (words, at) => limit.note(place.day, words, at));
    };
    this.#knowsAll = await loadDictionaries(table, {
      place,
      shards,
      maxBytes,
      budget: loadBudget,
      clock,
      onShard,
    });
  }

  /** Whether some shard knows that readers find a series. */
  #isRecorded(words: Int32Array, at: number): boolean {
    for (const [bits, ofLevel] of this.#shards) {
      const place = ofLevel.get((words[at] & 0xff) >>> (8 - bits))?.find(words, at) ?? UNKNOWN;
      if (place !== UNKNOWN && isRecorded(place)) return true;
    }
    return false;
  }

  async #recordTogether(table: Table, series: BatchSeries, unrecorded: readonly Alike[]): Promise<void> {
    if (unrecorded.length === 0) return;
    await this.#levels.name(table, ALL_SERIES.bits);
    await this.#record(table, ALL_SERIES, series, unrecorded);
  }

  async #record(
    table: Table,
    shard: Shard,
    series: BatchSeries,
    unrecorded: readonly Alike[],
  ): Promise<void> {
    if (unrecorded.length === 0) return;
    const labels = unrecorded.map(([number]) => series.labels(number));
    await this.#recorder.store(table, shard, labels);
  }

  /**
   * Splits samples by dictionary. Gives series that stand in several of them places in one, when that
   * has become worth while.
   */
  async #gather(
    table: Table,
    shard: ShardSamples,
    series: BatchSeries,
    all: LocatedSamples,
  ): Promise<LocatedShard> {
    const { writer } = shard;
    const ofDictionaries = splitByDictionary(all, shard);
    if (ofDictionaries.size === 1) return { writer, samples: ofDictionaries };
    const numbers = new Map(
      Array.from(ofDictionaries, ([dictionary, chosen]) => [dictionary, numbersOf(chosen, all)]),
    );
    const shares = Array.from(ofDictionaries, ([dictionary, { floats, histograms }]) => ({
      dictionary,
      series: numbers.get(dictionary)!.size,
      samples: floats.length + HISTOGRAM_WEIGHT * histograms.length,
    }));
    const { from, debtUnits } = planGathering(shares, writer.ownDictionary, writer.debtUnits);
    writer.debtUnits = debtUnits;
    const moved = from.flatMap((dictionary) => [...numbers.get(dictionary)!]);
    const alike = [...Map.groupBy(moved, (number) => all.places[number]).values()];
    const registration = { series, places: all.places };
    for (let start = 0; start < alike.length; start += REGISTER_SLICE)
      await writer.store(table, registration, alike.slice(start, start + REGISTER_SLICE));
    return { writer, samples: moved.length > 0 ? splitByDictionary(all, shard) : ofDictionaries };
  }

  #items({ writer, samples }: LocatedShard, all: LocatedSamples, receivedMs: number): Item[] {
    const { place, instance, receiveClock } = this.#options;
    const expires = this.#marks.expiry(receivedMs);
    const items: Item[] = [];
    for (const [dictionary, chosen] of samples) {
      const id = writer.dictionaryId(dictionary);
      for (const value of encodeRecords(all, chosen)) {
        const position = { receivedMs, writer: id, sequence: receiveClock.nextSequence(), instance };
        items.push({ ...logKey(place.tenant, place.day, writer.shard, position), value, ...expires });
      }
    }
    return items;
  }
}
