/** `hearthdb compact`: one run of the compactor, until nothing is due. */
import { randomBytes } from "node:crypto";
import { HearthError } from "../lib/model/errors.ts";
import { type Clock, DAY_MS } from "../lib/model/time.ts";
import { compact, type DayReport, type MonthReport } from "../lib/storage/compact/compactor.ts";
import { firstDayOf } from "../lib/storage/layout/rollup-keys.ts";
import { parseRollupRetention } from "../lib/storage/layout/rollup-retention.ts";
import type { Table } from "../lib/storage/table/table.ts";
import { Tenants } from "../lib/storage/tenants/tenant-settings.ts";
import { printDays, printNumberOf, printUnits } from "./counts.ts";
import { parseDays } from "./retention-days.ts";

export interface CompactCommandOptions {
  readonly "retention-days"?: string | undefined;
  readonly "rollup-days"?: string | undefined;
  readonly all?: boolean | undefined;
  readonly finish?: boolean | undefined;
}

/** Prints a line for each day as it is finished. Throws when a day failed. */
export async function compactCommand(
  table: Table,
  options: CompactCommandOptions,
  clock: Clock,
  print: (text: string) => void,
): Promise<void> {
  const rollupRetentionMs = parseRollupRetention({
    HEARTH_ROLLUP_RETENTION_DAYS: options["rollup-days"],
  });
  const tenants = new Tenants(parseDays(options["retention-days"]) * DAY_MS, clock, rollupRetentionMs);
  const retentionOf = async (tenant: string) => (await tenants.findStored(table, tenant))?.retentionMs;
  const rollupRetentionOf = async (tenant: string) =>
    (await tenants.findStored(table, tenant))?.rollupRetentionMs;
  const onDay = (report: DayReport) => print(describe(report));
  const onMonth = (report: MonthReport) => print(describeMonth(report));
  const deadlineMs = Number.POSITIVE_INFINITY;
  const result = await compact(table, {
    clock,
    randomBytes,
    retentionOf,
    rollupRetentionOf,
    deadlineMs,
    isEager: options.all || options.finish,
    isFinishing: options.finish,
    onDay,
    onMonth,
  });
  print(`${printDays(result.days)} checked, ${result.failures} failed`);
  if (result.failures > 0)
    throw new HearthError(
      "unavailable",
      `compact: ${result.failures} of ${printDays(result.days)} failed; the lines above say why`,
    );
}

function describe({ tenant, day, outcome, error, meter }: DayReport): string {
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
  if (outcome === undefined) return `${tenant} ${date}: failed: ${String(error)}`;
  const { state, flushes, records, chunkings, samples, rows } = outcome;
  const flushed = `${printNumberOf(records, "record")} in ${printNumberOf(flushes, "flush", "flushes")}`;
  const chunked = `${printNumberOf(samples, "sample")} in ${printNumberOf(chunkings, "bucket")}`;
  const rolled = rows > 0 ? `, ${printNumberOf(rows, "hourly row")}` : "";
  return `${tenant} ${date}: ${state}; ${flushed}, ${chunked}${rolled}; ${printUnits(meter)}`;
}

function describeMonth({ tenant, month, outcome, error, meter }: MonthReport): string {
  const name = new Date(firstDayOf(month) * DAY_MS).toISOString().slice(0, 7);
  if (outcome === undefined) return `${tenant} ${name}: failed: ${String(error)}`;
  const merged = `${printNumberOf(outcome.rows, "hourly row")} merged`;
  return `${tenant} ${name}: ${merged}, ${printNumberOf(outcome.released, "part")} superseded; ${printUnits(meter)}`;
}
