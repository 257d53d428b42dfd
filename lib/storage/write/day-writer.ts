/**
 * How a writer stores the samples of one day. In this order, since an answer means that a reader finds
 * everything: mark, series records, dictionaries, log records. A series that this process has met on the
 * day costs its sample alone. A few new ones may get brief references, which their series record gives out.
 */
import { BRIEF_MS, NEEDED_MS, withBriefAge } from "../layout/brief-keys.ts";
import { logKey } from "../layout/keys.ts";
import type { BitsOf, Shard } from "../layout/shard.ts";
import { ALL_SERIES, HISTOGRAM_WEIGHT } from "../layout/shard.ts";
import type { BatchSeries } from "../series/batch-series.ts";
import { HASH_WORDS } from "../series/hash-index.ts";
import type { SeriesHash } from "../series/series-hash.ts";
import { UNKNOWN } from "../series/series-registry.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Item, Table } from "../table/table.ts";
import type { AcceptedFloats, AcceptedHistograms, Chosen } from "./accepted.ts";
import type { CompactorLag } from "./compactor-lag.ts";
import { DayLevels } from "./day-levels.ts";
import { DayMarks } from "./day-marks.ts";
import type { DayPlace } from "./day-place.ts";
import { encodeRecords, type LocatedSamples, splitByDictionary } from "./day-records.ts";
import { DayShards, type DayShardsOptions } from "./day-shards.ts";
import type { LoadBudget } from "./load/budget.ts";
import { DayKnowledge } from "./load/day-knowledge.ts";
import {
  isComplete,
  type LocatedShard,
  locate,
  missingSeries,
  namesBrief,
  numbersOf,
  oneDictionary,
  type ShardSamples,
  splitIndices,
} from "./locate-series.ts";
import { planGathering } from "./plan-gathering.ts";
import type { ReceiveClock, StoreDated } from "./receive-clock.ts";
import { hasReference } from "./reference-table.ts";
import { NO_REFUSED, type RefusedSeries, type SeriesLimit } from "./refuse-series.ts";
import { SeriesRecorder } from "./series-recorder.ts";
import type { Alike } from "./shard-writer.ts";

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
export const FEW_SERIES = 100;

export interface DayWriterOptions extends DayShardsOptions {
  /** Tells the records of this process from those of others that name the same dictionary. */
  readonly instance: Uint8Array;
  readonly receiveClock: ReceiveClock;
  readonly lag: CompactorLag;
  readonly loadBudget: LoadBudget;
  readonly shardBits: BitsOf;
  readonly hash: SeriesHash;
  /** Up to so many new series a shard get brief references from the item that records them (layout/brief-keys.ts). */
  readonly fewSeries: number;
}

export class DayWriter {
  readonly openedMs: number;
  readonly #options: DayWriterOptions;
  readonly #clockPlace: string;
  readonly #marks: DayMarks;
  readonly #levels: DayLevels;
  readonly #recorder: SeriesRecorder;
  readonly #shards: DayShards;
  readonly #knowledge: DayKnowledge;
  /** Registrations run one after another. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: DayWriterOptions) {
    const { place, clock, lag, randomBytes, instance } = options;
    this.#options = options;
    this.openedMs = clock();
    this.#clockPlace = `${place.day}/${place.tenant}`;
    this.#marks = new DayMarks(place, lag, randomBytes);
    this.#levels = new DayLevels(place);
    this.#shards = new DayShards(options);
    const known = { marks: this.#marks, levels: this.#levels, shards: this.#shards };
    this.#knowledge = new DayKnowledge({ ...options, ...known });
    const storeDated = (store: StoreDated) => this.#storeDated(store);
    this.#recorder = new SeriesRecorder({ place, marks: this.#marks, storeDated, randomBytes, instance });
  }

  get place(): DayPlace {
    return this.#options.place;
  }

  get sizeBytes(): number {
    return this.#shards.sizeBytes;
  }

  /** Series that it knows of the day, about. */
  get seriesCount(): number {
    return this.#shards.seriesCount;
  }

  /** Dictionaries that it began. */
  get begunDictionaries(): number {
    return this.#shards.begunDictionaries;
  }

  /** See `DayShards`. */
  forget(share: number): void {
    this.#shards.forget(share);
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
    if (
      this.#knowledge.isCounted &&
      shards.every((shard) => locate(shard, series, all) || isComplete(shard, all))
    )
      return NO_REFUSED;
    const refused = new Map<number, string>();
    await this.#inTurn(async () => {
      if (this.#knowledge.isCounted) await this.#knowledge.load(table, limit);
      else await this.#knowledge.loadAgain(table, limit);
      const findNew = () =>
        shards
          .flatMap((shard) => missingSeries(shard, series, all))
          .filter(([number]) => all.places[number] === UNKNOWN)
          .filter(([number]) => !this.#shards.isRecorded(series.hashes, number * HASH_WORDS));
      const refuse = (): void => {
        refused.clear();
        for (const alike of findNew()) {
          const reason = limit.refuse(
            this.place.day,
            series.hashes,
            alike[0] * HASH_WORDS,
            this.#knowledge.isWhole,
          );
          if (reason !== undefined) for (const number of alike) refused.set(number, reason);
        }
      };
      refuse();
      // Others may have stored these series since the day was read.
      if (refused.size === 0 || !this.#knowledge.isOld) return;
      await this.#knowledge.loadAgain(table, limit);
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
    const all: LocatedSamples = { floats, histograms, places: new Int32Array(series.count).fill(UNKNOWN) };
    const bits = this.#bitsOf(floats, histograms);
    const shards = this.#split(bits, series, floats, histograms);
    if (this.#marks.isLookDue) {
      series.keepHashes();
      await this.#marks.look(table);
    }
    let located = await this.#locate(table, bits, series, shards, all, this.#options.clock());
    await this.#storeDated(async (receivedMs) => {
      if (!this.#marks.isMarked(receivedMs)) {
        series.keepHashes();
        await this.#marks.mark(table, receivedMs);
      }
      if (!located.every(({ briefSinceMs }) => this.#mayName(briefSinceMs, receivedMs))) {
        all.places.fill(UNKNOWN);
        located = await this.#locate(table, bits, series, shards, all, receivedMs);
      }
      await table.putAll(located.flatMap((shard) => this.#items(shard, all, receivedMs)));
    });
  }

  /** Whether a record may name brief references given out since then: what a look found meanwhile may end them. */
  #mayName(briefSinceMs: number | undefined, receivedMs: number): boolean {
    if (briefSinceMs === undefined) return true;
    return this.#marks.allowBrief && receivedMs - briefSinceMs <= NEEDED_MS;
  }

  /** Finds a place for each series, and registers those that have none. Throws "unavailable". */
  async #locate(
    table: Table,
    bits: number,
    series: BatchSeries,
    shards: readonly ShardSamples[],
    all: LocatedSamples,
    nowMs: number,
  ): Promise<LocatedShard[]> {
    for (const { writer } of shards) writer.endBrief(nowMs, !this.#marks.allowBrief);
    // Others may end brief references while this request still names them.
    const since = shards.map(({ writer }) => writer.briefSinceMs);
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
    for (const [i, shard] of shards.entries()) {
      const { writer } = shard;
      const samples = areLocated[i]
        ? oneDictionary(shard, all)
        : await this.#gather(table, shard, series, all);
      const endedMs = !areLocated[i] && namesBrief(shard, all) ? nowMs - BRIEF_MS : undefined;
      located.push({ writer, samples, briefSinceMs: since[i] ?? writer.briefSinceMs ?? endedMs });
    }
    return located;
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
      const writer = this.#shards.of(ALL_SERIES);
      return [{ writer, floats: floats.indices, histograms: histograms.indices }];
    }
    const floatsOf = splitIndices(floats, bits, series);
    const histogramsOf = splitIndices(histograms, bits, series);
    return floatsOf.flatMap((ofShard, prefix) => {
      if (ofShard.length + histogramsOf[prefix].length === 0) return [];
      const writer = this.#shards.of({ bits, prefix });
      return [{ writer, floats: ofShard, histograms: histogramsOf[prefix] }];
    });
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
    await this.#knowledge.load(table);
    await this.#levels.name(table, bits);
    await this.#giveBriefly(table, bits, series, shards, all);
    const missing = shards.map((shard) => missingSeries(shard, series, all));
    const unrecorded = missing.map((ofShard) => this.#unrecorded(ofShard, series));
    const areTogether = shards.length > 1 && unrecorded.flat().length <= FEW_SERIES * shards.length;
    if (areTogether && unrecorded.flat().length > 0) {
      await this.#levels.name(table, ALL_SERIES.bits);
      await this.#record(table, ALL_SERIES, series, unrecorded.flat());
    }
    await forEachBounded([...shards.keys()], SHARD_CONCURRENCY, async (i) => {
      const { writer } = shards[i];
      const toRecord = new Set(areTogether ? [] : unrecorded[i]);
      for (let start = 0; start < missing[i].length; start += REGISTER_SLICE) {
        const slice = missing[i].slice(start, start + REGISTER_SLICE);
        const ofSlice = slice.filter((alike) => toRecord.has(alike));
        await this.#record(table, writer.shard, series, ofSlice);
        const unknown = slice.filter(([number]) => !hasReference(all.places[number]));
        const adopted = slice.filter(([number]) => hasReference(all.places[number]));
        for (const alike of adopted) writer.noteRecorded({ series, places: all.places }, alike);
        await writer.store(table, { series, places: all.places }, unknown);
      }
    });
  }

  /** Records new series in one item for all shards, which gives out their references, if they are few. */
  async #giveBriefly(
    table: Table,
    bits: number,
    series: BatchSeries,
    shards: readonly ShardSamples[],
    all: LocatedSamples,
  ): Promise<void> {
    const { fewSeries } = this.#options;
    if (!this.#marks.allowBrief || fewSeries === 0) return;
    const given = shards.flatMap(({ writer, ...samples }) => {
      const missing = missingSeries({ writer, ...samples }, series, all);
      const slice = this.#unrecorded(missing, series).filter(([number]) => all.places[number] === UNKNOWN);
      return slice.length === 0 ? [] : [{ writer, slice }];
    });
    const count = given.reduce((sum, { slice }) => sum + slice.length, 0);
    if (count === 0 || count > fewSeries * shards.length) return;
    await this.#levels.name(table, ALL_SERIES.bits);
    const level = this.#shards.dictionaryOf(bits);
    if (!given.every(({ writer, slice }) => writer.hasBriefRoom(slice.length))) level.idAfter(level.id);
    const taken = given.map(({ writer, slice }) => {
      const labelSets = slice.map(([number]) => series.labels(number));
      const references = writer.takeBrief(slice.length);
      return { writer, slice, references, prefix: writer.shard.prefix, first: references.first, labelSets };
    });
    const receivedMs = await this.#recorder.storeGiving(table, { dictionary: level.id, bits }, taken);
    for (const { writer, slice, references } of taken)
      writer.noteBrief({ series, places: all.places }, slice, references, receivedMs);
  }

  #unrecorded(missing: readonly Alike[], series: BatchSeries): Alike[] {
    return missing.filter(([number]) => !this.#shards.isRecorded(series.hashes, number * HASH_WORDS));
  }

  async #record(
    table: Table,
    shard: Shard,
    series: BatchSeries,
    unrecorded: readonly Alike[],
  ): Promise<void> {
    const labels = unrecorded.map(([number]) => series.labels(number));
    if (labels.length > 0) await this.#recorder.store(table, shard, labels);
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
  ): Promise<LocatedShard["samples"]> {
    const { writer } = shard;
    const ofDictionaries = splitByDictionary(all, shard);
    if (ofDictionaries.size === 1) return ofDictionaries;
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
    return moved.length > 0 ? splitByDictionary(all, shard) : ofDictionaries;
  }

  #items({ writer, samples, briefSinceMs }: LocatedShard, all: LocatedSamples, receivedMs: number): Item[] {
    const { place, instance, receiveClock } = this.#options;
    const expires = this.#marks.expiry(receivedMs);
    const items: Item[] = [];
    for (const [dictionary, chosen] of samples) {
      const id = writer.dictionaryId(dictionary);
      for (const value of encodeRecords(all, chosen)) {
        const position = { receivedMs, writer: id, sequence: receiveClock.nextSequence(), instance };
        const { pk, sk } = logKey(place.tenant, place.day, writer.shard, position);
        items.push({ pk, sk: withBriefAge(sk, receivedMs, briefSinceMs), value, ...expires });
      }
    }
    return items;
  }
}
