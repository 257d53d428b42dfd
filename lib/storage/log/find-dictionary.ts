/**
 * Finds what the references of log records mean: in what is remembered, in the items of a dictionary, and in
 * the series records that gave out brief references (layout/brief-keys.ts).
 */
import { errorKind, errorMessage, HearthError } from "../../model/errors.ts";
import { SECOND_MS } from "../../model/time.ts";
import { briefSince } from "../layout/brief-keys.ts";
import { dictionaryRange, parseDictionarySortKey, parseReceiveTime } from "../layout/keys.ts";
import type { Shard } from "../layout/shard.ts";
import { hashHex, type SeriesHash, seriesHash } from "../series/series-hash.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Item, KeyRange, Table } from "../table/table.ts";
import { BriefSeries } from "./brief-series.ts";
import { type BriefSpan, Dictionary, decodeDictionary } from "./dictionary.ts";
import type { LogMemory } from "./log-memory.ts";
import type { LogItem } from "./log-reader.ts";
import type { DecodedRecord, LoggedRecord } from "./logged-record.ts";
import { SETTLE_MS } from "./settling.ts";

/** Dictionaries read at once. */
const PREFETCH_CONCURRENCY = 16;

export interface FinderOptions {
  readonly table: Pick<Table, "query">;
  /** Answers what it was asked before as it did then; default: `table`. */
  readonly kept?: Pick<Table, "query">;
  readonly tenant: string;
  readonly day: number;
  /** Of series that have brief references; default: `seriesHash`. */
  readonly hash?: SeriesHash | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Takes a record or a dictionary item that cannot be decoded, which is left out, and a record with a reference that its
   * dictionary lacks, whose other samples are appended. Absent: both throw "data".
   */
  readonly onDamaged?: ((item: Item, reason: string) => void) | undefined;
  /**
   * TTL takes a day's items in no order, up to two days late. So at this time a record that was to leave before it may lack its
   * dictionary, and counts as gone like it. Default: no record was to leave.
   */
  readonly nowMs?: number | undefined;
}

/** The dictionary of a record. */
export interface WantedDictionary {
  readonly shard: Shard;
  readonly logged: LoggedRecord;
  /** Of the record. */
  readonly sk: Uint8Array;
  /** Whether some of the dictionary is known already. */
  readonly isResolved: boolean;
}

export class DictionaryFinder {
  readonly #options: FinderOptions;
  readonly #memory: LogMemory;
  /** Dictionaries that were asked for before a record needed them. */
  readonly #loading = new Map<string, Promise<Dictionary>>();
  readonly #brief: BriefSeries;
  /** Series records that were asked for before a record needed them. */
  #prefetchingBrief: Promise<void> | undefined;

  constructor(options: FinderOptions, memory: LogMemory) {
    this.#options = options;
    this.#memory = memory;
    const { tenant, day, hash = seriesHash, signal, onDamaged } = options;
    this.#brief = new BriefSeries({ tenant, day, hash, signal, isStrict: onDamaged === undefined });
  }

  /** Reads all at once; a failure is thrown by the `find` that needs what was asked for. */
  async prefetch(all: readonly WantedDictionary[]): Promise<void> {
    const { table, kept = table, tenant, day } = this.#options;
    const memory = this.#memory;
    const missing = new Map<string, KeyRange>();
    let brief: BriefSpan | undefined;
    for (const { shard, logged, sk, isResolved } of all) {
      const key = logged.dictionaryName(shard);
      const isAskedFor = isResolved || missing.has(key) || this.#loading.has(key);
      if (isAskedFor && briefSince(sk) === undefined) continue;
      const range = dictionaryRange(tenant, day, shard, logged.writer);
      const known = memory.findDictionary(range);
      brief = spanOfBoth(brief, spanOf(sk, known));
      if (!isAskedFor && known === undefined) missing.set(key, range);
    }
    const reads: (() => Promise<unknown>)[] = [];
    if (brief !== undefined)
      reads.push(() => {
        this.#prefetchingBrief = this.#brief.read(kept, brief);
        return this.#prefetchingBrief;
      });
    // One alone is read when it is needed.
    if (missing.size + reads.length > 1)
      for (const [key, range] of missing)
        reads.push(() => {
          const loading = this.#load(kept, range, false);
          this.#loading.set(key, loading);
          return loading;
        });
    await forEachBounded(reads, PREFETCH_CONCURRENCY, async (read) => {
      await read().catch(() => {});
    });
  }

  /**
   * A writer's dictionary, complete for a record unless `onDamaged` has taken the record. `known`: what the
   * caller has of it, not complete.
   */
  async find(
    { shard, item }: LogItem,
    logged: LoggedRecord,
    record: DecodedRecord,
    known?: Dictionary,
  ): Promise<Dictionary> {
    const { writer } = logged;
    const { table, kept = table, tenant, day } = this.#options;
    const memory = this.#memory;
    const range = dictionaryRange(tenant, day, shard, writer);
    const remembered = memory.findDictionary(range);
    if (remembered !== undefined && isComplete(remembered, record)) return remembered;
    const sinceMs = briefSince(item.sk);
    const before = sinceMs === undefined ? undefined : (known ?? remembered);
    let dictionary =
      before ?? (await (this.#loading.get(logged.dictionaryName(shard)) ?? this.#load(kept, range, false)));
    if (sinceMs !== undefined && !isComplete(dictionary, record)) {
      await this.#prefetchingBrief;
      const span = spanOf(item.sk, dictionary)!;
      await this.#brief.read(kept, span);
      dictionary = this.#withBrief(dictionary, shard, writer);
    }
    // A dictionary is stored before the records that use it, so it is complete when read consistently after them.
    if (!isComplete(dictionary, record)) {
      const [loaded] = await Promise.all([
        this.#load(table, range, true),
        sinceMs === undefined ? undefined : this.#brief.readAgain(table, spanOf(item.sk)!),
      ]);
      dictionary = this.#withBrief(loaded, shard, writer);
    }
    // The clocks of two writers of one dictionary may differ by any time.
    if (sinceMs !== undefined && !isComplete(dictionary, record))
      if (await this.#brief.readWhole(table, shard.bits, writer))
        dictionary = this.#withBrief(dictionary, shard, writer);
    if (isComplete(dictionary, record)) memory.keepDictionary(range, dictionary);
    else this.#reportUnknown(item, writer, dictionary, record);
    return dictionary;
  }

  #reportUnknown(item: Item, writer: Uint8Array, dictionary: Dictionary, record: DecodedRecord): void {
    const { onDamaged, nowMs = 0 } = this.#options;
    if ((item.expiresAtSeconds ?? Number.POSITIVE_INFINITY) * SECOND_MS <= nowMs) return;
    const unknown = firstUnknown(dictionary, record);
    const reason = `log record of writer ${hashHex(writer)}: reference ${unknown} is not in its dictionary`;
    if (onDamaged === undefined) throw new HearthError("data", reason);
    onDamaged(item, reason);
  }

  #withBrief(dictionary: Dictionary, shard: Shard, writer: Uint8Array): Dictionary {
    const { span } = this.#brief;
    const given = this.#brief.hashesOf(shard, writer);
    return given.size === 0 ? dictionary : dictionary.withBrief(given, joined(dictionary.brief, span));
  }

  async #load(table: Pick<Table, "query">, range: KeyRange, consistent: boolean): Promise<Dictionary> {
    const hashes: (Uint8Array | undefined)[] = [];
    const { signal, onDamaged: onDamage } = this.#options;
    for await (const page of table.query(range, { consistent, signal, onDamage })) {
      for (const item of page) {
        let { firstReference: reference } = parseDictionarySortKey(item.sk);
        while (hashes.length < reference) hashes.push(undefined);
        for (const hash of this.#decodeDictionary(item)) hashes[reference++] = hash;
      }
    }
    return new Dictionary(hashes);
  }

  #decodeDictionary(item: Item): readonly Uint8Array[] {
    try {
      return decodeDictionary(item.value);
    } catch (error) {
      const { onDamaged } = this.#options;
      if (onDamaged === undefined || errorKind(error) !== "data") throw error;
      onDamaged(item, errorMessage(error));
      return [];
    }
  }
}

/** The first of a record's references that means nothing. */
export function firstUnknown(dictionary: Dictionary, { record, highest }: DecodedRecord): number | undefined {
  return dictionary.firstUnknown(record.references, highest);
}

function isComplete(dictionary: Dictionary, record: DecodedRecord): boolean {
  return firstUnknown(dictionary, record) === undefined;
}

/**
 * When the series records were received that a log record may need beside what is known; undefined: it needs
 * none. Records dated after it may be there by another clock, or be stored again.
 */
function spanOf(sk: Uint8Array, known?: Dictionary): BriefSpan | undefined {
  const sinceMs = briefSince(sk);
  if (sinceMs === undefined) return undefined;
  const brief = known?.brief;
  const isKnown = brief !== undefined && brief.fromMs <= sinceMs && brief.toMs >= sinceMs;
  const fromMs = isKnown ? Math.max(sinceMs, brief.toMs - 2 * SETTLE_MS) : sinceMs;
  return { fromMs, toMs: parseReceiveTime(sk) + SETTLE_MS };
}

/** All that is known if two spans touch, otherwise the second. */
function joined(a: BriefSpan | undefined, b: BriefSpan | undefined): BriefSpan | undefined {
  const isGap = a !== undefined && b !== undefined && (a.toMs + 1 < b.fromMs || b.toMs + 1 < a.fromMs);
  return isGap ? b : spanOfBoth(a, b);
}

function spanOfBoth(a: BriefSpan | undefined, b: BriefSpan | undefined): BriefSpan | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { fromMs: Math.min(a.fromMs, b.fromMs), toMs: Math.max(a.toMs, b.toMs) };
}
