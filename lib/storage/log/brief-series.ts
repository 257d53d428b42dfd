/**
 * The brief references of a day (layout/brief-keys.ts) for a reader of its log: what the series records of
 * some times give out. Hashes are computed from the label sets, for the shards that are asked for.
 */
import { errorKind } from "../../model/errors.ts";
import { type LabelSet, labelValue, METRIC_NAME } from "../../model/labels.ts";
import { type GivenReferences, parseReferences } from "../layout/brief-keys.ts";
import { seriesRecordsRange } from "../layout/keys.ts";
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

/** A series record that gives out references. */
interface GivingRecord {
  readonly firsts: readonly number[];
  readonly labelSets: readonly LabelSet[];
}

/** What the records of a level and dictionary gave out to a shard so far. */
interface GivenToShard {
  readonly hashes: Map<number, Uint8Array>;
  /** Records of the list that were looked at. */
  taken: number;
}

export class BriefSeries {
  readonly #options: BriefSeriesOptions;
  /** By level and dictionary. */
  readonly #records = new Map<string, GivingRecord[]>();
  readonly #shards = new Map<string, GivenToShard>();
  /** Sort keys of the records that were read. */
  readonly #read = new Set<string>();
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

  /** The hashes of a dictionary's brief references in a shard; it grows with what is read. */
  hashesOf(shard: Shard, dictionary: Uint8Array): ReadonlyMap<number, Uint8Array> {
    const level = `${shard.bits}/${hashHex(dictionary)}`;
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

  #addTo(hashes: Map<number, Uint8Array>, { firsts, labelSets }: GivingRecord, shard: Shard): void {
    const { hash } = this.#options;
    // The metric's part of a hash is known for less than the hash.
    const beginningOf = (labels: LabelSet) =>
      hash === seriesHash ? metricHash(labelValue(labels, METRIC_NAME)) : hash(labels);
    let reference = firsts[shard.prefix];
    for (const labels of labelSets)
      if (shardOf(beginningOf(labels), shard.bits) === shard.prefix) hashes.set(reference++, hash(labels));
  }

  async #query(table: Pick<Table, "query">, { fromMs, toMs }: BriefSpan, consistent: boolean): Promise<void> {
    const { tenant, day, signal, isStrict } = this.#options;
    const range = seriesRecordsRange(tenant, day, ALL_SERIES, fromMs, toMs);
    const onDamage = isStrict ? undefined : () => {};
    for await (const page of table.query(range, { consistent, signal, onDamage }))
      for (const item of page) this.#take(item);
  }

  #take(item: Item): void {
    const key = hashHex(item.sk);
    if (this.#read.has(key)) return;
    const read = readGiving(item, this.#options.isStrict);
    this.#read.add(key);
    if (read === undefined) return;
    const { given, labelSets } = read;
    const level = `${given.bits}/${hashHex(given.dictionary)}`;
    const record = { firsts: given.firsts, labelSets };
    const records = this.#records.get(level);
    if (records === undefined) this.#records.set(level, [record]);
    else records.push(record);
  }
}

/** Undefined for a record that gives out nothing or, unless `isStrict`, cannot be read. Throws "data". */
export function readGiving(
  { sk, value }: Pick<Item, "sk" | "value">,
  isStrict: boolean,
): { readonly given: GivenReferences; readonly labelSets: readonly LabelSet[] } | undefined {
  try {
    const given = parseReferences(sk);
    return given && { given, labelSets: decodeSeriesBlock(value) };
  } catch (error) {
    if (isStrict || errorKind(error) !== "data") throw error;
    return undefined;
  }
}
