/**
 * Counts what a process' requests cost, and stores the counts now and then. Everything that the process does on the table
 * goes through `meter`, so what no request accounts for is Hearth's own: nothing is left out and nothing counts twice.
 *
 * A flush is one item, a write unit or two: at most one a minute, or one for every `FLUSH_UNITS` units that were spent. A
 * process that is ended without notice loses what came after its last flush.
 */
import type { RandomBytes } from "../../model/random-bytes.ts";
import { type Clock, DAY_MS, MINUTE_MS, SECOND_MS } from "../../model/time.ts";
import { dayOf } from "../layout/keys.ts";
import { type Item, type Meter, newMeter, type Table } from "../table/table.ts";
import { HeavyQueries, type HeavyQuery } from "./heavy-queries.ts";
import { type MetricRow, MetricTable } from "./metric-usage.ts";
import { encodeFlush, flushKey, INSTANCE_BYTES } from "./usage-items.ts";
import { type Counts, OWN_TENANT, type UsageKey, UsageTable } from "./usage-rows.ts";

const FLUSH_MS = MINUTE_MS;
/** A flush costs less than half a percent of this. */
const FLUSH_UNITS = 500;
/** What a flush may cost itself. */
const FLUSH_OWN_UNITS = 4;
const SHORTEST_FLUSH_MS = 5 * SECOND_MS;
/** Queries that a flush names, by cost and by duration each. */
const FLUSHED_QUERIES = 10;
/** Counts of many metrics make a flush of kilobytes, so they are stored less often. */
const METRICS_FLUSH_MS = 10 * MINUTE_MS;
const FEW_METRICS = 20;
/** Flushes stay until the collector has surely seen them. */
const FLUSH_TTL_MS = 7 * DAY_MS;
const OWN_WORK: UsageKey = { tenant: OWN_TENANT, key: "", route: "(background)" };

interface Pending {
  readonly day: number;
  readonly rows: UsageTable;
  readonly queries: HeavyQueries;
}

type MetricNote = Parameters<MetricTable["add"]>[0];

export class UsageRecorder {
  /** Counts every call of the process' table. */
  readonly meter: Meter = newMeter();
  readonly #clock: Clock;
  readonly #instance: string;
  #sequence = 0;
  #pending: Pending | undefined;
  /** Made, and not known to be stored. */
  readonly #unsent: Item[] = [];
  #units = 0;
  #attributed = { readUnits: 0, writeUnits: 0 };
  #flushedMs = Number.NEGATIVE_INFINITY;
  #metrics = new MetricTable();
  #metricsDay = 0;
  #metricsFlushedMs = Number.NEGATIVE_INFINITY;
  #flushing: Promise<void> | undefined;

  constructor(clock: Clock, randomBytes: RandomBytes) {
    this.#clock = clock;
    this.#instance = Buffer.from(randomBytes(INSTANCE_BYTES)).toString("hex");
  }

  /** Counts a request, or work for a tenant. */
  note(key: UsageKey, counts: Partial<Counts>): void {
    this.#today().rows.add(key, counts);
    const { readUnits = 0, writeUnits = 0 } = counts;
    this.#attributed.readUnits += readUnits;
    this.#attributed.writeUnits += writeUnits;
    this.#units += readUnits + writeUnits;
  }

  noteQuery(query: HeavyQuery): void {
    this.#today().queries.add(query);
  }

  /** Counts a part of what was noted by metric. */
  noteMetric(metric: MetricNote): void {
    this.#metricsDay = this.#today().day;
    this.#metrics.add(metric);
  }

  /** Whether the counts should be stored now. The first ones are at once: the process may be short-lived. */
  get isDue(): boolean {
    if (this.#flushing !== undefined || (this.#pending === undefined && this.#unsent.length === 0))
      return false;
    const elapsedMs = Math.abs(this.#clock() - this.#flushedMs);
    return elapsedMs >= FLUSH_MS || (this.#units >= FLUSH_UNITS && elapsedMs >= SHORTEST_FLUSH_MS);
  }

  /** Stores the counts. After an error they are stored with the next ones, once. Throws "unavailable". */
  flush(table: Table): Promise<void> {
    this.#flushing ??= this.#flush(table).finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flush(table: Table): Promise<void> {
    this.#flushedMs = this.#clock();
    this.#units = 0;
    this.#endPending();
    // In order: a sequence that the collector has seen stands for all before it.
    while (this.#unsent.length > 0) {
      await table.put(this.#unsent[0]);
      this.#unsent.shift();
    }
  }

  #today(): Pending {
    const day = dayOf(this.#clock());
    if (this.#pending !== undefined && this.#pending.day !== day) this.#endPending();
    this.#pending ??= this.#newPending();
    return this.#pending;
  }

  #newPending(): Pending {
    const day = dayOf(this.#clock());
    return { day, rows: new UsageTable(), queries: new HeavyQueries(FLUSHED_QUERIES) };
  }

  #endPending(): void {
    // A flush that only told of the flush before it would go on for ever.
    const isIdle = this.meter.writeUnits - this.#attributed.writeUnits <= FLUSH_OWN_UNITS;
    if (this.#pending === undefined && isIdle) return;
    const pending = this.#pending ?? this.#newPending();
    this.#pending = undefined;
    // Requests that still run have not accounted for their calls; they do in the next flush, where this is less by as much.
    const { readUnits, writeUnits } = this.meter;
    const own = {
      readUnits: readUnits - this.#attributed.readUnits,
      writeUnits: writeUnits - this.#attributed.writeUnits,
    };
    if (own.readUnits !== 0 || own.writeUnits !== 0) pending.rows.add(OWN_WORK, own);
    this.#attributed = { readUnits, writeUnits };
    const atMs = this.#clock();
    const place = { atMs, instance: this.#instance, sequence: this.#sequence++ };
    const metrics = this.#takeMetrics(pending.day, atMs);
    const value = encodeFlush({ rows: pending.rows.rows, queries: pending.queries.list(), metrics });
    const expiresAtSeconds = Math.ceil((atMs + FLUSH_TTL_MS) / SECOND_MS);
    this.#unsent.push({ ...flushKey(pending.day, place), value, expiresAtSeconds });
  }

  /** None while they are many and were stored a short time ago; all at the end of their day. */
  #takeMetrics(day: number, nowMs: number): readonly MetricRow[] {
    const isDue =
      this.#metrics.size <= FEW_METRICS ||
      Math.abs(nowMs - this.#metricsFlushedMs) >= METRICS_FLUSH_MS ||
      dayOf(nowMs) !== this.#metricsDay;
    if (!isDue || this.#metricsDay !== day) return [];
    const { rows } = this.#metrics;
    if (rows.length > FEW_METRICS) this.#metricsFlushedMs = nowMs;
    this.#metrics = new MetricTable();
    return rows;
  }
}
