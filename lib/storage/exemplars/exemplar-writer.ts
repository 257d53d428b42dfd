/** How a writer stores exemplars: those of a request as one record an hour of theirs, as many as a rate allows. */
import type { Exemplar, SeriesExemplars } from "../../model/exemplars.ts";
import type { LabelSet } from "../../model/labels.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import type { ExemplarSample } from "../../model/sample-batch.ts";
import { type Clock, DAY_MS, HOUR_MS, SECOND_MS } from "../../model/time.ts";
import { hourOf, RECORD_ID_BYTES } from "../layout/keys.ts";
import { oldestKept, type RetentionMs } from "../layout/retention.ts";
import { REJECTED } from "../series/series-registry.ts";
import type { Table } from "../table/table.ts";
import { exemplarsKey } from "./exemplar-keys.ts";
import { encodeExemplarRecords } from "./exemplar-record.ts";

/** How long exemplars stay, by their own time. */
export const EXEMPLAR_TTL_MS = 2 * DAY_MS;
/** What a warm writer takes of a tenant: so many a second on average, and so many at once. */
const EXEMPLARS_PER_SECOND = 100;
const BURST_SECONDS = 100;

export interface ExemplarWriterOptions {
  readonly tenant: string;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly retentionMs: RetentionMs;
  readonly maxFutureMs: number;
  /** So many a second on average, and a hundred times as many at once; 0 for none. Default: `EXEMPLARS_PER_SECOND`. */
  readonly exemplarsPerSecond?: number | undefined;
}

/** The number of a series of the batch, or REJECTED; and the labels of a number. */
export interface SeriesOfBatch {
  readonly resolve: (index: number) => number;
  readonly labels: (series: number) => LabelSet;
}

export class ExemplarWriter {
  readonly #options: ExemplarWriterOptions;
  readonly #perSecond: number;
  #tokens: number;
  #tokensMs = Number.NEGATIVE_INFINITY;

  constructor(options: ExemplarWriterOptions) {
    this.#options = options;
    this.#perSecond = options.exemplarsPerSecond ?? EXEMPLARS_PER_SECOND;
    this.#tokens = this.#perSecond * BURST_SECONDS;
  }

  /** Answers how many were stored. Those that are too old, too new or too many are left out. Throws "unavailable". */
  async append(table: Table, exemplars: readonly ExemplarSample[], batch: SeriesOfBatch): Promise<number> {
    if (exemplars.length === 0) return 0;
    const nowMs = this.#options.clock();
    const kept = this.#choose(exemplars, batch, nowMs);
    const items = [...groupByHour(kept, batch)].flatMap(([hourMs, all]) => {
      const expiresAtSeconds = Math.ceil((hourMs + HOUR_MS + EXEMPLAR_TTL_MS) / SECOND_MS);
      return Array.from(encodeExemplarRecords(all), ([newestMs, value]) => {
        const id = this.#options.randomBytes(RECORD_ID_BYTES);
        return { ...exemplarsKey(this.#options.tenant, newestMs, id), value, expiresAtSeconds };
      });
    });
    if (items.length > 0) await table.putAll(items);
    return kept.length;
  }

  #choose(exemplars: readonly ExemplarSample[], { resolve }: SeriesOfBatch, nowMs: number): Resolved[] {
    const { retentionMs, maxFutureMs } = this.#options;
    const oldest = oldestExemplar(nowMs, retentionMs);
    const kept: Resolved[] = [];
    this.#refill(nowMs);
    for (const exemplar of exemplars) {
      const { timestamp } = exemplar;
      if (kept.length >= this.#tokens) break;
      if (!(timestamp >= oldest && timestamp <= nowMs + maxFutureMs)) continue;
      const series = resolve(exemplar.series);
      if (series !== REJECTED) kept.push({ series, exemplar });
    }
    this.#tokens -= kept.length;
    return kept;
  }

  #refill(nowMs: number): void {
    const most = this.#perSecond * BURST_SECONDS;
    const earned = (Math.max(nowMs - this.#tokensMs, 0) / SECOND_MS) * this.#perSecond;
    this.#tokens = Math.min(most, this.#tokens + (most === 0 ? 0 : earned));
    this.#tokensMs = nowMs;
  }
}

interface Resolved {
  readonly series: number;
  readonly exemplar: ExemplarSample;
}

/** The oldest time of exemplars that are kept, in ms. */
export function oldestExemplar(nowMs: number, retentionMs: RetentionMs): number {
  return Math.max(nowMs - EXEMPLAR_TTL_MS, oldestKept(nowMs, retentionMs));
}

/** By the start of the hour, each series once in it. */
function groupByHour(all: readonly Resolved[], { labels }: SeriesOfBatch): Map<number, SeriesExemplars[]> {
  const hours = new Map<number, SeriesExemplars[]>();
  for (const [hourMs, ofHour] of Map.groupBy(all, ({ exemplar }) => hourOf(exemplar.timestamp))) {
    const bySeries = Map.groupBy(ofHour, ({ series }) => series);
    hours.set(
      hourMs,
      Array.from(bySeries, ([series, some]) => ({ labels: labels(series), exemplars: some.map(plain) })),
    );
  }
  return hours;
}

function plain({ exemplar: { labels, value, timestamp } }: Resolved): Exemplar {
  return { labels, value, timestamp };
}
