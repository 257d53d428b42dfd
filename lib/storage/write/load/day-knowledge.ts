/** What the writer of a day learns of series that other writers stored: once, and again before series are refused. */
import { type Clock, DAY_MS, MINUTE_MS } from "../../../model/time.ts";
import { BRIEF_MS } from "../../layout/brief-keys.ts";
import type { Shard } from "../../layout/shard.ts";
import { wordsOf } from "../../series/hash-index.ts";
import type { SeriesHash } from "../../series/series-hash.ts";
import type { Table } from "../../table/table.ts";
import type { DayLevels } from "../day-levels.ts";
import type { DayMarks } from "../day-marks.ts";
import { type DayPlace, SHORTEST_STAY_MS } from "../day-place.ts";
import type { DayShards } from "../day-shards.ts";
import type { SeriesLimit } from "../refuse-series.ts";
import { loadBriefSeries } from "./brief-series.ts";
import type { LoadBudget } from "./budget.ts";
import { countAll, type LoadedDictionary, loadDictionaries } from "./dictionaries.ts";

/** Dictionaries are read again before series are refused, but not more often than this. */
const RELOAD_MS = MINUTE_MS;

export interface KnowledgeOptions {
  readonly place: DayPlace;
  readonly clock: Clock;
  readonly loadBudget: LoadBudget;
  readonly hash: SeriesHash;
  readonly marks: DayMarks;
  readonly levels: DayLevels;
  readonly shards: DayShards;
}

export class DayKnowledge {
  readonly #options: KnowledgeOptions;
  #loading: Promise<void> | undefined;
  #loadedMs = Number.NEGATIVE_INFINITY;
  #isWhole = false;
  #isCounted = false;

  constructor(options: KnowledgeOptions) {
    this.#options = options;
  }

  /** Whether all that others stored was read, when it was. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Whether what was read is counted for the tenant's limits. */
  get isCounted(): boolean {
    return this.#isCounted;
  }

  /** Whether it may be read again. */
  get isOld(): boolean {
    return this.#options.clock() - this.#loadedMs >= RELOAD_MS;
  }

  /** Reads it if that was not done. Throws "unavailable". */
  load(table: Table, limit?: SeriesLimit): Promise<void> {
    this.#loading ??= this.#load(table, limit).catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  /** Reads it, whatever is known. Throws "unavailable". */
  loadAgain(table: Table, limit: SeriesLimit): Promise<void> {
    this.#loading = undefined;
    return this.load(table, limit);
  }

  async #load(table: Table, limit: SeriesLimit | undefined): Promise<void> {
    const { place, clock, loadBudget, hash, marks, levels, shards: known } = this.#options;
    await marks.look(table);
    const shards = await levels.load(table);
    const maxBytes = loadBudget.availableBytes;
    this.#loadedMs = clock();
    this.#isCounted = limit !== undefined;
    this.#isWhole = shards.length === 0;
    if (shards.length === 0 || maxBytes === 0) return;
    const areRecorded = clock() - place.day * DAY_MS < SHORTEST_STAY_MS;
    const onShard = (shard: Shard, dictionaries: readonly LoadedDictionary[]) => {
      if (dictionaries.length > 0) known.of(shard).adopt(dictionaries, areRecorded);
      if (limit !== undefined) countAll(dictionaries, (words, at) => limit.note(place.day, words, at));
    };
    const options = { place, maxBytes, budget: loadBudget, clock };
    const [isWhole, brief] = await Promise.all([
      loadDictionaries(table, { ...options, shards, onShard }),
      loadBriefSeries(table, { ...options, hash, all: limit !== undefined }),
    ]);
    // By a clock that responses have corrected meanwhile.
    const nowMs = clock();
    for (const { bits, prefix, dictionary, first, hashes, receivedMs, isNamed: isNew } of brief.series) {
      const isNamed = isNew && marks.allowBrief && Math.abs(nowMs - receivedMs) < BRIEF_MS;
      if (isNamed || areRecorded)
        known.of({ bits, prefix }).adoptBrief(dictionary, first, hashes, receivedMs, isNamed);
      if (limit !== undefined) for (const one of hashes) limit.note(place.day, wordsOf(one), 0);
    }
    this.#isWhole = isWhole && brief.isWhole;
  }
}
