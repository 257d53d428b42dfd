/** A tenant's life against a clock of its own: the workload through the real writers, and the real compactor on its schedule. */
import { randomBytes } from "node:crypto";
import { DEFAULT_LIMITS } from "../lib/model/limits.ts";
import { DEFAULT_TENANT } from "../lib/model/tenant.ts";
import { DAY_MS, MINUTE_MS } from "../lib/model/time.ts";
import { compact } from "../lib/storage/compact/compactor.ts";
import type { Table } from "../lib/storage/table/table.ts";
import { DEFAULT_WRITERS_BYTES, Writers } from "../lib/storage/write/writers.ts";
import { SCRAPE_INTERVAL_MS, type Workload } from "./workload.ts";

/** As template.yaml schedules it. */
export const COMPACT_INTERVAL_MS = 5 * MINUTE_MS;
/** With it items carry an expiry, as a deployed table's do. */
export const RETENTION_MS = 30 * DAY_MS;
const PLACE = { tenant: DEFAULT_TENANT, retentionMs: RETENTION_MS };

export interface SimulationOptions {
  /** The table as the write function's calls see it, and as the compactor's. */
  readonly writeTable: Table;
  readonly compactTable: Table;
  readonly workload: Workload;
  /** When the simulation starts, and the workload's interval of that time; default 0. */
  readonly startMs: number;
  readonly firstInterval?: number;
  /** Whether the compactor runs; default true. */
  readonly compacts?: boolean;
}

/** What a part of a simulation spent. */
export interface Spent {
  samples: number;
  requests: number;
  compactions: number;
  /** CPU seconds, garbage collection and the table in memory included. */
  compactSeconds: number;
  /** Of the longest call of the compactor. */
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

  /** From here on a process writes that has just started; its calls are made on `table`. */
  restartWriters(): void {
    this.#writers = this.#newWriters();
  }

  /** The next `count` intervals of the workload, on `table` if it is not the simulation's own. */
  async write(count: number, table: Table = this.#options.writeTable): Promise<void> {
    for (const end = this.#interval + count; this.#interval < end; this.#interval++) {
      for (const { sentMs, batch } of this.#options.workload.batches(this.#interval)) {
        await this.advance(sentMs);
        const { rejections } = await this.#writers.appender(PLACE, table).append(batch);
        if (rejections.count > 0) throw new Error(`simulation: refused ${rejections.reasons[0].reason}`);
        this.spent.samples += batch.sampleCount;
        this.spent.requests++;
      }
    }
  }

  /** The intervals that begin before `nowMs`. */
  async writeTo(nowMs: number): Promise<void> {
    const { startMs, firstInterval = 0 } = this.#options;
    const end = firstInterval + Math.ceil((nowMs - startMs) / SCRAPE_INTERVAL_MS);
    await this.write(end - this.#interval);
    await this.advance(nowMs);
  }

  /** Turns the clock to `toMs`, compacting whenever it is time. */
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
