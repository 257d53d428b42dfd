/**
 * A tenant's days on a table that throttles at a capacity: the real writers, a sender that repeats what is refused as Prometheus
 * does, the real compactor on its schedule, and a clock that sleeping moves.
 */
import { errorKind } from "../../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import type { RandomBytes } from "../../../lib/model/random-bytes.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { compact } from "../../../lib/storage/compact/compactor.ts";
import { BUCKET_MS, bucketEnd } from "../../../lib/storage/layout/bucket.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import { isOpenRun } from "../../../lib/storage/layout/manifest.ts";
import { loadManifests } from "../../../lib/storage/layout/manifest-store.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { Writers } from "../../../lib/storage/write/writers.ts";
import { Capacity, CapacityTable } from "./capacity-table.ts";
import { INTERVAL_MS, Requests, valueAt } from "./samples.ts";

const TENANT = "t";
const PLACE = { tenant: TENANT, retentionMs: 0 };
/** Of template.yaml. */
const COMPACT_MS = 5 * MINUTE_MS;
const COMPACT_TIMEOUT_MS = 12 * MINUTE_MS;
/** Instances of the write function; each keeps dictionaries of its own. */
const PROCESSES = 3;
/** Prometheus' `max_backoff`; it begins with 30 ms, which no bucket of capacity notices. */
const FIRST_BACKOFF_MS = 1000;
const MOST_BACKOFF_MS = 5000;
const WRITERS_BYTES = 64 * 1024 * 1024;

export interface CapacityOptions {
  readonly series: number;
  readonly startMs: number;
  readonly hours: number;
  /** Write units a second from some hours after the start on, the first from 0 on. */
  readonly capacity: readonly { readonly fromHour: number; readonly unitsPerSecond: number }[];
  /** The compactor's share; undefined: it does not pace itself. */
  readonly share: number | undefined;
  /** Buckets that ended so long before the end are chunks by then. */
  readonly chunkHours: number;
  /** Items of a bucket stored at a time; default: the compactor's. */
  readonly storeSlice?: number;
  /** Hours after the start at which all series are replaced by new ones. */
  readonly replacedAtHours?: readonly number[];
}

export interface CapacityResult {
  readonly samples: number;
  readonly units: number;
  /** Share of the capacity that was used. */
  readonly use: number;
  /** Requests answered 503, and the compactor's calls that were refused. */
  readonly refusedRequests: number;
  readonly throttledCompactions: number;
  /** The fewest units that were saved, as a share of those of 300 s. */
  readonly leastSaved: number;
  /** How long a sample waited in its sender, at most, in ms. */
  readonly longestWaitMs: number;
  /** How long samples were in the log alone, at most, in ms. */
  readonly longestLagMs: number;
  /** After the end of a bucket until it was chunks, at most, in ms; infinite for one that never was. */
  readonly longestChunkingMs: number;
  /** Share of the busiest hour's units that compaction took, and the units of all hours. */
  readonly hourlyUnits: readonly number[];
  /** Runs that left the day alone, after others that were refused even the end of their lease. */
  readonly setAside: number;
  /** Samples that are not read back at the end, or with another value. */
  readonly wrong: number;
}

export async function simulate(options: CapacityOptions): Promise<CapacityResult> {
  return await new World(options).run();
}

class World {
  readonly #options: CapacityOptions;
  readonly #randomBytes = newBytes();
  readonly #items = new MemoryTable();
  readonly #capacity: Capacity;
  readonly #writeTable: CapacityTable;
  readonly #compactTable: CapacityTable;
  readonly #writers: readonly Writers[];
  readonly #requests: Requests;
  /** Times of scrapes that wait in the sender, the first of which is tried next. */
  readonly #queue: number[] = [];
  readonly #chunkedMs = new Map<number, number>();
  readonly #hourlyUnits: number[] = [];
  #nowMs: number;
  #scrapeMs: number;
  #retryMs = Number.POSITIVE_INFINITY;
  #backoffMs = FIRST_BACKOFF_MS;
  #sent = 0;
  #refused = 0;
  #longestWaitMs = 0;
  #longestLagMs = 0;
  #provided = 0;
  #setAside = 0;

  constructor(options: CapacityOptions) {
    this.#options = options;
    this.#nowMs = options.startMs;
    this.#scrapeMs = options.startMs;
    this.#capacity = new Capacity(options.capacity[0].unitsPerSecond, this.#clock);
    this.#writeTable = new CapacityTable(this.#items, this.#capacity);
    this.#compactTable = new CapacityTable(this.#items, this.#capacity);
    const common = {
      clock: this.#clock,
      randomBytes: this.#randomBytes,
      limits: DEFAULT_LIMITS,
      maxBytes: WRITERS_BYTES,
    };
    this.#writers = Array.from({ length: PROCESSES }, () => new Writers(common));
    this.#requests = new Requests(options.series);
  }

  readonly #clock = (): number => this.#nowMs;

  async run(): Promise<CapacityResult> {
    const { startMs, hours } = this.#options;
    const endMs = startMs + hours * HOUR_MS;
    for (let atMs = startMs + COMPACT_MS; atMs <= endMs; atMs += COMPACT_MS) {
      await this.#advance(atMs);
      this.#scale();
      const provided = this.#capacity.unitsPerSecond * (COMPACT_MS / 1000);
      this.#provided += provided;
      await this.#compact();
      await this.#noteChunks();
      const hour = Math.floor((atMs - startMs - 1) / HOUR_MS);
      this.#hourlyUnits[hour] = this.#capacity.meter.writeUnits;
    }
    const { meter, unitsPerSecond, leastTokens } = this.#capacity;
    const least = Math.min(...this.#options.capacity.map((one) => one.unitsPerSecond), unitsPerSecond);
    return {
      samples: this.#sent * this.#options.series,
      units: meter.writeUnits,
      use: meter.writeUnits / this.#provided,
      refusedRequests: this.#refused,
      throttledCompactions: this.#compactTable.throttledCalls,
      leastSaved: leastTokens / (least * 300),
      longestWaitMs: this.#longestWaitMs,
      longestLagMs: this.#longestLagMs,
      longestChunkingMs: this.#longestChunking(endMs),
      hourlyUnits: this.#hourlyUnits.map((units, i) => units - (i === 0 ? 0 : this.#hourlyUnits[i - 1])),
      setAside: this.#setAside,
      wrong: await this.#countWrong(),
    };
  }

  /** Moves the clock, and does what senders do until then. */
  async #advance(toMs: number): Promise<void> {
    for (;;) {
      const nextMs = Math.min(this.#scrapeMs, this.#retryMs);
      if (nextMs > toMs) break;
      this.#nowMs = Math.max(this.#nowMs, nextMs);
      if (nextMs === this.#scrapeMs) {
        this.#queue.push(this.#scrapeMs);
        this.#scrapeMs += INTERVAL_MS;
      }
      if (this.#retryMs === Number.POSITIVE_INFINITY || nextMs === this.#retryMs) await this.#send();
    }
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }

  /** Sends what waits, in order, until it is refused. */
  async #send(): Promise<void> {
    this.#retryMs = Number.POSITIVE_INFINITY;
    while (this.#queue.length > 0) {
      const [time] = this.#queue;
      const writers = this.#writers[this.#sent % PROCESSES];
      try {
        const batch = this.#requests.at(time, this.#generationAt(time));
        const { rejections } = await writers.appender(PLACE, this.#writeTable).append(batch);
        if (rejections.count > 0) throw new Error(`refused ${rejections.reasons[0]}`);
      } catch (error) {
        if (errorKind(error) !== "unavailable") throw error;
        this.#refused++;
        this.#retryMs = this.#nowMs + this.#backoffMs;
        this.#backoffMs = Math.min(2 * this.#backoffMs, MOST_BACKOFF_MS);
        return;
      }
      this.#backoffMs = FIRST_BACKOFF_MS;
      this.#queue.shift();
      this.#sent++;
      this.#longestWaitMs = Math.max(this.#longestWaitMs, this.#nowMs - time);
    }
  }

  #generationAt(time: number): number {
    const { replacedAtHours = [], startMs } = this.#options;
    return replacedAtHours.filter((hour) => time >= startMs + hour * HOUR_MS).length;
  }

  #scale(): void {
    const hour = (this.#nowMs - this.#options.startMs) / HOUR_MS;
    const current = this.#options.capacity.findLast(({ fromHour }) => hour >= fromHour);
    this.#capacity.unitsPerSecond = current!.unitsPerSecond;
  }

  async #compact(): Promise<void> {
    const { share } = this.#options;
    const table = this.#compactTable;
    try {
      const { lagMs } = await compact(table, {
        clock: this.#clock,
        randomBytes: this.#randomBytes,
        retentionOf: () => 0,
        deadlineMs: this.#nowMs + COMPACT_TIMEOUT_MS,
        sparseSamples: 0,
        storeSlice: this.#options.storeSlice,
        pacing:
          share === undefined
            ? undefined
            : {
                capacity: {
                  read: async () => this.#capacity.unitsPerSecond,
                  throttledCalls: () => table.throttledCalls,
                },
                share,
                sleep: (durationMs) => this.#advance(this.#nowMs + durationMs),
              },
        onDay: ({ error, outcome }) => {
          // A run that could not even end its lease counts as one that died.
          if (outcome?.state === "set aside") this.#setAside++;
          else if (error !== undefined && errorKind(error) !== "unavailable") throw error;
        },
      });
      this.#longestLagMs = Math.max(this.#longestLagMs, lagMs);
    } catch (error) {
      if (errorKind(error) !== "unavailable") throw error;
    }
  }

  /** Buckets that are chunks now, by their ends. */
  async #noteChunks(): Promise<void> {
    const { startMs } = this.#options;
    const days = await loadManifests(this.#items, TENANT, dayOf(startMs), dayOf(this.#nowMs));
    for (const [day, { parts }] of days) {
      for (let bucket = 0; bucket < DAY_MS / BUCKET_MS; bucket++) {
        const own = parts.filter((part) => part.bucket === bucket);
        const endMs = bucketEnd(day, bucket);
        if (own.length > 0 && !own.some(isOpenRun) && !this.#chunkedMs.has(endMs))
          this.#chunkedMs.set(endMs, this.#nowMs);
      }
    }
  }

  #longestChunking(endMs: number): number {
    let longestMs = 0;
    const first = Math.floor(this.#options.startMs / BUCKET_MS) * BUCKET_MS + BUCKET_MS;
    for (
      let bucketEndMs = first;
      bucketEndMs + this.#options.chunkHours * HOUR_MS <= endMs;
      bucketEndMs += BUCKET_MS
    )
      longestMs = Math.max(
        longestMs,
        (this.#chunkedMs.get(bucketEndMs) ?? Number.POSITIVE_INFINITY) - bucketEndMs,
      );
    return longestMs;
  }

  async #countWrong(): Promise<number> {
    const { series, startMs } = this.#options;
    const options = { tenant: TENANT, clock: this.#clock, limits: DEFAULT_LIMITS, retentionMs: 0 };
    const reader = new Reader(this.#items, options);
    let right = 0;
    const range = { minTime: startMs, maxTime: this.#nowMs };
    for await (const { labels, timestamps, values } of reader.select({ matchers: [], ...range })) {
      const index = Number(labels.find(([name]) => name === "instance")![1].slice("host-".length));
      for (let i = 0; i < timestamps.length; i++) if (values[i] === valueAt(index, timestamps[i])) right++;
    }
    const sent = this.#sent * series;
    return Math.abs(sent - right);
  }
}

/** Random bytes that are the same in each run. */
function newBytes(): RandomBytes {
  let state = 0x9e3779b9;
  return (size) =>
    Uint8Array.from({ length: size }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
}
