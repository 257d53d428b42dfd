/** An import under way: what it writes and how far it is; Ctrl-C ends it between two series. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { errorMessage, HearthError } from "../../lib/model/errors.ts";
import type { Clock } from "../../lib/model/time.ts";
import { printDay } from "../../lib/storage/layout/key-place.ts";
import type { RetentionMs } from "../../lib/storage/layout/retention.ts";
import { newMeter } from "../../lib/storage/table/table.ts";
import { ThrottledTable } from "../../lib/storage/table/throttled-table.ts";
import { type DayReport, type ImportOptions, importDays } from "../../lib/transfer/import-blocks.ts";
import { type DayPlan, dollarsOf } from "../../lib/transfer/survey.ts";
import { printCount, printDays, printNumberOf } from "../counts.ts";
import type { Console } from "../days.ts";
import type { Target } from "../target.ts";
import { Progress, printDuration } from "./progress.ts";

/** Which samples go where. */
export type ImportChoice = Pick<
  ImportOptions,
  "edits" | "matcherSets" | "minTime" | "maxTime" | "choiceWords" | "addsExternalLabels" | "tenant"
> & { readonly retentionMs: RetentionMs };

export interface RunOptions {
  /** Samples that are expected, about. */
  readonly samples: number;
  readonly unitsPerSecond: number | undefined;
  readonly clock: Clock;
}

export class ImportRun {
  readonly progress: Progress;
  readonly table: ThrottledTable;
  readonly #target: Target;
  readonly #choice: ImportChoice;
  readonly #options: RunOptions;
  readonly #meter = newMeter();
  readonly #interrupt = new AbortController();
  readonly #startMs: number;
  readonly #sum = { days: 0, known: 0, samples: 0 };

  constructor(target: Target, choice: ImportChoice, options: RunOptions) {
    const { clock, samples, unitsPerSecond } = options;
    this.#target = target;
    this.#choice = choice;
    this.#options = options;
    this.#startMs = clock();
    this.progress = new Progress({
      total: samples,
      clock,
      isTerminal: process.stderr.isTTY === true,
      write: (text) => process.stderr.write(text),
    });
    this.table = new ThrottledTable(target.table.metered(this.#meter), {
      clock,
      sleep: (ms) => sleep(ms, undefined, { signal: this.signal }).catch(() => {}),
      signal: this.signal,
      unitsPerSecond,
      onThrottled: (waitMs, error) =>
        this.progress.line(
          `the table takes no more now, next try in ${waitMs / 1000} s: ${errorMessage(error)}`,
        ),
    });
  }

  /** Aborted by Ctrl-C. */
  get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  get writeUnits(): string {
    return `${printCount(this.#meter.writeUnits)} write units`;
  }

  /** Runs `work`, then says what was imported. Throws "unavailable" when it was interrupted. */
  async run(work: () => Promise<void>, console: Console): Promise<void> {
    const onInterrupt = () => this.#interrupt.abort();
    process.once("SIGINT", onInterrupt);
    try {
      await work();
    } catch (error) {
      if (!this.signal.aborted) throw error;
      const { days } = this.#sum;
      throw new HearthError(
        "unavailable",
        `interrupted after ${printDays(days)}; the same command goes on with the day it was at`,
      );
    } finally {
      this.progress.end();
      process.off("SIGINT", onInterrupt);
    }
    console.print(this.#summary());
  }

  /** `countsSamples`: whether they are progress. */
  importDays(days: readonly DayPlan[], countsSamples: boolean): Promise<void> {
    return importDays(days, {
      ...this.#choice,
      table: this.table,
      clock: this.#options.clock,
      randomBytes,
      signal: this.signal,
      onSamples: countsSamples ? (samples) => this.progress.add(samples, () => this.writeUnits) : undefined,
      onDay: (report) => this.note(report),
      onWait: (day, maxMs) =>
        this.progress.line(
          `${printDay(day)}: the compactor or another import works on it, or has died; waiting for up to ${printDuration(maxMs)}`,
        ),
    });
  }

  note({ day, outcome, series, samples }: DayReport): void {
    this.#sum.samples += samples;
    if (outcome === "imported") this.#sum.days++;
    if (outcome === "known") this.#sum.known++;
    const what = {
      imported: `${printNumberOf(samples, "sample")} of ${printCount(series)} series`,
      known: "imported before",
      empty: "no samples",
    }[outcome];
    this.progress.line(`${printDay(day)}: ${what}`);
  }

  #summary(): string {
    const { days, known, samples } = this.#sum;
    const { writeUnits } = this.#meter;
    const cost = this.#target.isBilled ? `, $${dollarsOf(writeUnits).toFixed(4)} on demand in us-east-1` : "";
    const before = known > 0 ? `, ${printDays(known)} ${known === 1 ? "was" : "were"} imported before` : "";
    const duration = printDuration(this.#options.clock() - this.#startMs);
    return `imported ${printNumberOf(samples, "sample")} of ${printDays(days)} in ${duration}: ${this.writeUnits}${cost}${before}`;
  }
}
