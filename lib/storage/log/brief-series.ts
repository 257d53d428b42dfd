/**
 * The brief references of a day (layout/brief-keys.ts) for a reader of its log: what the series records of
 * some times give out. Hashes are computed from the label sets, for the shards that are asked for.
 */
import { errorKind } from "../../model/errors.ts";
import { type LabelSet, labelValue, METRIC_NAME } from "../../model/labels.ts";
import { type GivenReferences, parseReferences } from "../layout/brief-keys.ts";
import { HASH_BYTES, seriesRecordsRange } from "../layout/keys.ts";
import { ALL_SERIES, type Shard, shardOf } from "../layout/shard.ts";
import { decodeSeriesBlock } from "../series/series-block.ts";
import { hashHex, metricHash, type SeriesHash, seriesHash } from "../series/series-hash.ts";
import type { Item, Table } from "../table/table.ts";
import type { BriefSpan } from "./dictionary.ts";

export interface BriefSeriesOptions {
  readonly tenant: string;
  readonly day: number;
  readonly hash: SeriesHash;
  readonly signal?: AbortSignal | undefined;
  /** Whether a record that cannot be read throws "data"; else it gives out nothing. */
  readonly isStrict: boolean;
}

/** What the records of a level and dictionary gave out to a shard so far. */
interface GivenToShard {
  readonly hashes: Map<number, Uint8Array>;
  /** Records of the list that were looked at. */
  taken: number;
}

/** A dictionary of a level: shards have one id for theirs. */
interface LevelDictionary {
  readonly bits: number;
  readonly dictionary: Uint8Array;
}

export class BriefSeries {
  readonly #options: BriefSeriesOptions;
  /** By level and dictionary. */
  readonly #records = new Map<string, GivingRecord[]>();
  readonly #shards = new Map<string, GivenToShard>();
  /** Sort keys of the records that were read. */
  readonly #read = new Set<string>();
  /** Levels and dictionaries of which every record was read. */
  readonly #whole = new Set<string>();
  #span: BriefSpan | undefined;

  constructor(options: BriefSeriesOptions) {
    this.#options = options;
  }

  /** What was read, eventually consistent at least. */
  get span(): BriefSpan | undefined {
    return this.#span;
  }

  /** Reads the records of a span, but for what was read before. */
  async read(table: Pick<Table, "query">, { fromMs, toMs }: BriefSpan): Promise<void> {
    const known = this.#span;
    if (known === undefined) await this.#query(table, { fromMs, toMs }, false);
    else {
      if (fromMs < known.fromMs) await this.#query(table, { fromMs, toMs: known.fromMs - 1 }, false);
      if (toMs > known.toMs) await this.#query(table, { fromMs: known.toMs + 1, toMs }, false);
    }
    this.#span = {
      fromMs: Math.min(fromMs, known?.fromMs ?? fromMs),
      toMs: Math.max(toMs, known?.toMs ?? toMs),
    };
  }

  /** Reads the records of a span consistently: all that were stored before. */
  readAgain(table: Pick<Table, "query">, span: BriefSpan): Promise<void> {
    return this.#query(table, span, true);
  }

  /**
   * Reads consistently all records of the day that gave out references of a dictionary. Others are not kept: a day
   * may have a million of series. Returns whether it read anything: it does so once for a dictionary.
   */
  async readWhole(table: Pick<Table, "query">, bits: number, dictionary: Uint8Array): Promise<boolean> {
    const level = levelKey({ bits, dictionary });
    if (this.#whole.has(level)) return false;
    await this.#query(table, EVERYTHING, true, level);
    this.#whole.add(level);
    return true;
  }

  /** The hashes of a dictionary's brief references in a shard; it grows with what is read. Throws "data" if it is strict. */
  hashesOf(shard: Shard, dictionary: Uint8Array): ReadonlyMap<number, Uint8Array> {
    const level = levelKey({ bits: shard.bits, dictionary });
    const key = `${level}/${shard.prefix}`;
    let given = this.#shards.get(key);
    if (given === undefined) {
      given = { hashes: new Map(), taken: 0 };
      this.#shards.set(key, given);
    }
    const records = this.#records.get(level) ?? [];
    for (; given.taken < records.length; given.taken++)
      this.#addTo(given.hashes, records[given.taken], shard);
    return given.hashes;
  }

  #addTo(hashes: Map<number, Uint8Array>, record: GivingRecord, { prefix }: Shard): void {
    const found = tolerate(this.#options.isStrict, () => record.hashesOf(prefix)) ?? [];
    found.forEach((hash, i) => {
      hashes.set(record.firsts[prefix] + i, hash);
    });
  }

  /** `only`: the level and dictionary whose records are kept; default: all. */
  async #query(
    table: Pick<Table, "query">,
    { fromMs, toMs }: BriefSpan,
    consistent: boolean,
    only?: string,
  ): Promise<void> {
    const { tenant, day, signal, isStrict } = this.#options;
    const range = seriesRecordsRange(tenant, day, ALL_SERIES, fromMs, toMs);
    const onDamage = isStrict ? undefined : () => {};
    for await (const page of table.query(range, { consistent, signal, onDamage }))
      for (const item of page) this.#take(item, only);
  }

  #take(item: Item, only: string | undefined): void {
    const given = tolerate(this.#options.isStrict, () => parseReferences(item.sk));
    if (given === undefined) return;
    const level = levelKey(given);
    if (only !== undefined && only !== level) return;
    const key = hashHex(item.sk);
    if (this.#read.has(key)) return;
    this.#read.add(key);
    const record = new GivingRecord(given, item.value, this.#options.hash);
    const records = this.#records.get(level);
    if (records === undefined) this.#records.set(level, [record]);
    else records.push(record);
  }
}

const EVERYTHING: BriefSpan = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };

function levelKey({ bits, dictionary }: LevelDictionary): string {
  return `${bits}/${hashHex(dictionary)}`;
}

/** A series record that gives out references. Its block takes 10 bytes a series, label sets 300, and hashes 100. */
class GivingRecord {
  readonly firsts: readonly number[];
  readonly #bits: number;
  readonly #hash: SeriesHash;
  /** Until the hashes of all shards are known. */
  #block: Uint8Array | undefined;
  #isAskedBefore = false;
  #byShard: ReadonlyMap<number, Uint8Array[]> | undefined;

  constructor({ firsts, bits }: GivenReferences, block: Uint8Array, hash: SeriesHash) {
    this.firsts = firsts;
    this.#bits = bits;
    this.#block = block;
    this.#hash = hash;
  }

  /** Of a shard, in the order of their references. Throws "data". */
  hashesOf(prefix: number): readonly Uint8Array[] {
    if (this.#block === undefined) return this.#byShard?.get(prefix) ?? [];
    const labelSets = decodeSeriesBlock(this.#block);
    const [bits, hash] = [this.#bits, this.#hash];
    if (!this.#isAskedBefore) {
      // A query asks for one shard. The metric's part of a hash is known for less than the hash.
      this.#isAskedBefore = true;
      const beginningOf = (labels: LabelSet) =>
        hash === seriesHash ? metricHash(labelValue(labels, METRIC_NAME)) : hash(labels);
      return packed(labelSets.filter((labels) => shardOf(beginningOf(labels), bits) === prefix).map(hash));
    }
    // A compaction asks for all.
    this.#byShard = Map.groupBy(packed(labelSets.map(hash)), (one) => shardOf(one, bits));
    this.#block = undefined;
    return this.#byShard.get(prefix) ?? [];
  }
}

/** The same hashes in one piece of memory: pieces of their own take four times as much. */
function packed(hashes: readonly Uint8Array[]): Uint8Array[] {
  const bytes = new Uint8Array(hashes.length * HASH_BYTES);
  return hashes.map((hash, i) => {
    bytes.set(hash, i * HASH_BYTES);
    return bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);
  });
}

/** Undefined for a record that gives out nothing or, unless `isStrict`, cannot be read. Throws "data". */
export function readGiving(
  { sk, value }: Pick<Item, "sk" | "value">,
  isStrict: boolean,
): { readonly given: GivenReferences; readonly labelSets: readonly LabelSet[] } | undefined {
  return tolerate(isStrict, () => {
    const given = parseReferences(sk);
    return given && { given, labelSets: decodeSeriesBlock(value) };
  });
}

/** What `read` returns; undefined where it throws "data", unless `isStrict`. */
function tolerate<T>(isStrict: boolean, read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isStrict || errorKind(error) !== "data") throw error;
    return undefined;
  }
}
