/**
 * A tenant's life with a simulated clock: the real writers with a workload, the real compactor on
 * its schedule.
 */
import { randomBytes } from "node:crypto";
import { DEFAULT_LIMITS } from "../lib/model/limits.ts";
import { DEFAULT_TENANT } from "../lib/model/tenant.ts";
import { DAY_MS, MINUTE_MS } from "../lib/model/time.ts";
import { compact } from "../lib/storage/compact/compactor.ts";
import type { Table } from "../lib/storage/table/table.ts";
import { DEFAULT_WRITERS_BYTES, Writers } from "../lib/storage/write/writers.ts";
import { SCRAPE_INTERVAL_MS, type Workload } from "./workload.ts";

/** The schedule of template.yaml. */
export const COMPACT_INTERVAL_MS = 5 * MINUTE_MS;
/** Items get an expiry, as in a deployed table. */
export const RETENTION_MS = 30 * DAY_MS;
const PLACE = { tenant: DEFAULT_TENANT, retentionMs: RETENTION_MS };

export interface SimulationOptions {
  /** The write function's view of the table, and the compactor's. */
  readonly writeTable: Table;
  readonly compactTable: Table;
  readonly workload: Workload;
  /** The start of the simulation, and the workload's interval at that time; default 0. */
  readonly startMs: number;
  readonly firstInterval?: number;
  /** Whether the compactor runs; default true. */
  readonly compacts?: boolean;
}

/** The cost of a part of a simulation. */
export interface Spent {
  samples: number;
  requests: number;
  compactions: number;
  /** CPU seconds, garbage collection and the table in memory included. */
  compactSeconds: number;
  /** CPU seconds of the longest call of the compactor. */
  longestCompactSeconds: number;
}

export class Simulation {
  readonly spent: Spent = {
    samples: 0,
    requests: 0,
    compactions: 0,
    compactSeconds: 0,
    longestCompactSeconds: 0,
  };
  readonly #options: SimulationOptions;
  #writers: Writers;
  #nowMs: number;
  #nextCompactMs: number;
  #interval: number;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#nowMs = options.startMs;
    this.#nextCompactMs = options.startMs + COMPACT_INTERVAL_MS;
    this.#interval = options.firstInterval ?? 0;
    this.#writers = this.#newWriters();
  }

  readonly clock = (): number => this.#nowMs;

  /** Continues with a newly started writer process, whose calls go to `table`. */
  restartWriters(): void {
    this.#writers = this.#newWriters();
  }

  /** Writes the next `count` intervals of the workload, to `table` if given. */
  async write(count: number, table: Table = this.#options.writeTable): Promise<void> {
    for (const end = this.#interval + count; this.#interval < end; this.#interval++) {
      for (const { sentMs, batch } of this.#options.workload.batches(this.#interval)) {
        await this.advance(sentMs);
        const { rejections } = await this.#writers.appender(PLACE, table).append(batch);
        if (rejections.count > 0) throw new Error(`simulation: refused ${rejections.reasons[0]}`);
        this.spent.samples += batch.sampleCount;
        this.spent.requests++;
      }
    }
  }

  /** Writes the intervals that begin before `nowMs`. */
  async writeTo(nowMs: number): Promise<void> {
    const { startMs, firstInterval = 0 } = this.#options;
    const end = firstInterval + Math.ceil((nowMs - startMs) / SCRAPE_INTERVAL_MS);
    await this.write(end - this.#interval);
    await this.advance(nowMs);
  }

  /** Moves the clock to `toMs`, compacting on schedule. */
  async advance(toMs: number): Promise<void> {
    while (this.#nextCompactMs <= toMs) {
      this.#nowMs = Math.max(this.#nowMs, this.#nextCompactMs);
      this.#nextCompactMs += COMPACT_INTERVAL_MS;
      if (this.#options.compacts !== false) await this.#compact();
    }
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }

  async #compact(): Promise<void> {
    const before = process.cpuUsage();
    await compact(this.#options.compactTable, {
      clock: this.clock,
      randomBytes,
      retentionOf: () => RETENTION_MS,
      deadlineMs: Number.POSITIVE_INFINITY,
      onDay: ({ error }) => {
        if (error !== undefined) throw error;
      },
    });
    const seconds = secondsSince(before);
    this.spent.compactions++;
    this.spent.compactSeconds += seconds;
    this.spent.longestCompactSeconds = Math.max(this.spent.longestCompactSeconds, seconds);
  }

  #newWriters(): Writers {
    const { clock } = this;
    return new Writers({ clock, randomBytes, limits: DEFAULT_LIMITS, maxBytes: DEFAULT_WRITERS_BYTES });
  }
}

/** CPU seconds of all threads of this process. */
export function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
