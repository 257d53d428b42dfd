/** Reads the selected series group by group: one is answered while the next is read, and no more than these two are held. */

import type { ReaderMemory } from "../cache/reader-memory.ts";
import type { WarmSamples } from "../cache/warm-samples.ts";
import type { DamageReports } from "../layout/damage-reports.ts";
import type { SeriesData } from "../parts/series-data.ts";
import type { SeriesHash } from "../series/series-hash.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Table } from "../table/table.ts";
import { masksOf } from "./day-masks.ts";
import { KeptQueries } from "./kept-queries.ts";
import { expectedDecodedBytes, planGroup } from "./plan-groups.ts";
import { type ByteShares, type HeldBytes, shareBytes } from "./query-budget.ts";
import { readDay } from "./read-day.ts";
import { type DayQuery, planDay } from "./read-plan.ts";
import { readWarmDay } from "./read-warm-day.ts";
import { metricsWithin, type SelectedDay, type SelectedSeries } from "./selected-series.ts";
import { SeriesGroup } from "./series-group.ts";

/** Days read at once: a day has three parts in the main, and 50 calls can be under way (dynamodb/http.ts). */
const DAY_CONCURRENCY = 16;
/** A query is remembered if its samples of whole parts take no more of what it may hold. */
const WARM_SHARE = 0.75;

/** Why what is read ahead is ended. Without a reason an exception is made, with its stack: 20 microseconds of each query. */
const ANSWERED = "no more series are asked for";

export interface GroupReads {
  readonly table: Table;
  readonly query: Omit<DayQuery, "day">;
  readonly selected: SelectedSeries;
  /** Bytes of memory that each series takes, by number. */
  readonly expected: Float64Array;
  readonly nowMs: number;
  readonly maxQueryBytes: number;
  readonly held: HeldBytes;
  readonly memory: ReaderMemory | undefined;
  /** Whether the reader wants samples, which can be cached, and not stored chunks. */
  readonly decodes: boolean;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
  /** Takes what cannot be read, which is then left out. Default: it throws "data". */
  readonly damage: DamageReports | undefined;
  /** Default: `seriesHash`. */
  readonly hash?: SeriesHash | undefined;
}

/**
 * The data of each series that has any, by number, in order; it is let go of when the next is asked for. Whoever stops asking
 * calls `return`, which ends what is being read ahead.
 */
export async function* readGroups(
  reads: GroupReads,
): AsyncGenerator<readonly [number: number, data: SeriesData], void, void> {
  const stop = new AbortController();
  const reader = new GroupReader({ ...reads, signal: AbortSignal.any([reads.signal, stop.signal]) });
  let reading = reader.readNext();
  try {
    for (let group = await reading; group !== undefined; group = await reading) {
      reading = reader.readNext();
      // It is waited for, and a failure met, when this group has been answered.
      reading.catch(() => {});
      try {
        yield* group.take();
      } finally {
        group.drop();
      }
    }
  } finally {
    stop.abort(ANSWERED);
    const ahead = await reading.catch(() => undefined);
    ahead?.drop();
    reader.close();
  }
}

class GroupReader {
  readonly #reads: GroupReads;
  readonly #shares: ByteShares;
  readonly #shared: KeptQueries;
  readonly #expected: Float64Array;
  /** Undefined for a query that is not remembered. */
  readonly #warm: WarmSamples | undefined;
  #next = 0;
  /** What series have taken to what was expected. */
  #factor = 1;

  constructor(reads: GroupReads) {
    const { table, held, selected, query, expected, maxQueryBytes } = reads;
    this.#reads = reads;
    this.#shares = shareBytes(maxQueryBytes);
    this.#shared = new KeptQueries(table, this.#shares.keptBytes, held);
    this.#expected = expected;
    const warm = reads.decodes ? reads.memory?.samples : undefined;
    const maxWarmBytes = Math.min(this.#shares.wholeBytes * WARM_SHARE, warm?.maxQueryBytes ?? 0);
    this.#warm = expectedDecodedBytes(selected, query) <= maxWarmBytes ? warm : undefined;
  }

  /** Undefined when all have been read. */
  async readNext(): Promise<SeriesGroup | undefined> {
    const { selected, held, maxQueryBytes } = this.#reads;
    const { hashes, days } = selected;
    const start = this.#next;
    if (start === hashes.length) return undefined;
    const end = planGroup(selected, this.#expected, start, this.#factor, this.#shares);
    const { wholeBytes, groupBytes: shrunkLimitBytes } = this.#shares;
    const limitBytes = start === 0 && end === hashes.length ? wholeBytes : shrunkLimitBytes;
    this.#shared.isKeeping = end < hashes.length;
    const group = new SeriesGroup({ hashes, start, end, limitBytes, shrunkLimitBytes, maxQueryBytes, held });
    try {
      await forEachBounded(days, DAY_CONCURRENCY, (day) => this.#readDay(day, group));
    } catch (error) {
      group.drop();
      throw error;
    }
    this.#next = group.end;
    const factor = group.heldBytes / sum(this.#expected.subarray(start, group.end));
    // What has to be let go of is read twice, a smaller group costs next to nothing: believe the larger figure at once.
    this.#factor = Math.max(factor, (this.#factor + factor) / 2);
    return group;
  }

  async #readDay(selected: SelectedDay, group: SeriesGroup): Promise<void> {
    const { table, memory, nowMs, held, maxQueryBytes, signal, damage, hash } = this.#reads;
    const metrics = metricsWithin(this.#reads.selected, selected, group.start, group.end);
    if (metrics.length === 0) return;
    const query = { ...this.#reads.query, day: selected.day };
    const shared = this.#shared;
    const log = memory?.log.over(shared, nowMs, damage) ?? shared;
    const masks = masksOf(this.#reads.selected, selected, group.start, group.end);
    const read = {
      table,
      shared,
      log,
      memory: memory?.log,
      query,
      sink: group,
      signal,
      damage,
      nowMs,
      masks,
      hash,
    };
    if (this.#warm === undefined) return readDay(read, planDay(query, selected, metrics));
    const warm = this.#warm.day(query.tenant, query.day);
    return readWarmDay({ ...read, warm, held, maxBytes: maxQueryBytes }, selected, metrics);
  }

  /** Lets go of what is kept. */
  close(): void {
    this.#shared.drop();
  }
}

function sum(column: Float64Array): number {
  return column.reduce((total, value) => total + value, 0);
}
