/** `hearthdb import`: blocks of Prometheus, Thanos and Mimir into the table. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { errorMessage, HearthError } from "../../lib/model/errors.ts";
import { type Clock, DAY_MS, MAX_TIMESTAMP_MS } from "../../lib/model/time.ts";
import { parseSelector } from "../../lib/promql/parse/parse-expr.ts";
import { printDay } from "../../lib/storage/layout/key-place.ts";
import { isDayPast, type RetentionMs } from "../../lib/storage/layout/retention.ts";
import { newMeter } from "../../lib/storage/table/table.ts";
import { ThrottledTable } from "../../lib/storage/table/throttled-table.ts";
import { Tenants } from "../../lib/storage/tenants/tenant-settings.ts";
import { type DayReport, importDays } from "../../lib/transfer/import-blocks.ts";
import { parseLabelEdits } from "../../lib/transfer/label-edits.ts";
import { type DayPlan, dollarsOf, planDays } from "../../lib/transfer/survey.ts";
import type { Console } from "../days.ts";
import { parseDays } from "../retention-days.ts";
import type { Target } from "../target.ts";
import { confirmImport } from "./confirm.ts";
import { findBlocks } from "./find-blocks.ts";
import { listLocalFolders } from "./local-files.ts";
import { Progress, printCount, printDuration } from "./progress.ts";
import { parseTime } from "./times.ts";

export interface ImportCommandOptions {
  readonly tenant?: string | undefined;
  readonly match?: readonly string[] | undefined;
  readonly label?: readonly string[] | undefined;
  readonly "no-external-labels"?: boolean | undefined;
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly "dry-run"?: boolean | undefined;
  readonly "write-units-per-second"?: string | undefined;
}

const DEFAULT_TENANT = "default";

export async function importCommand(
  target: Target,
  path: string,
  options: ImportCommandOptions,
  clock: Clock,
  console: Console,
): Promise<void> {
  const { tenant = DEFAULT_TENANT } = options;
  const choice = choiceOf(options);
  const found = await findBlocks(path, await listLocalFolders(path));
  for (const note of found.notes) console.tell(note);
  const { retentionMs } = await new Tenants(parseDays(target.retentionDays) * DAY_MS, clock).find(
    target.table,
    tenant,
  );
  const days = keptDays(
    planDays(found.blocks, choice.minTime, choice.maxTime),
    retentionMs,
    clock(),
    console,
  );
  await confirmImport(target, { ...options, path, tenant, blocks: found.blocks, days }, console);
  if (options["dry-run"]) return;
  await run(target, days, { ...choice, tenant, retentionMs }, options, clock, console);
}

type Choice = ReturnType<typeof choiceOf>;

function choiceOf(options: ImportCommandOptions) {
  const { match = [], label = [], start, end } = options;
  return {
    edits: parseLabelEdits(label),
    matcherSets: match.map((text) => parseSelector(text)),
    minTime: start === undefined ? -MAX_TIMESTAMP_MS : parseTime("--start", start),
    maxTime: end === undefined ? MAX_TIMESTAMP_MS : parseTime("--end", end),
    choiceWords: [...match, "", ...label, "", start ?? "", end ?? ""],
    addsExternalLabels: options["no-external-labels"] !== true,
  };
}

/** Days within retention; says which are older. Throws "invalid" where none is left. */
function keptDays(
  days: readonly DayPlan[],
  retentionMs: RetentionMs,
  nowMs: number,
  { tell }: Console,
): DayPlan[] {
  const kept = days.filter(({ day }) => !isDayPast(day, nowMs, retentionMs));
  const past = days.length - kept.length;
  if (past === 0) return kept;
  const what = `${past} of ${days.length} days are older than the retention of ${retentionMs / DAY_MS} days`;
  const how = 'keep them longer first, with "hearthdb tenants set NAME --retention-days N"';
  if (kept.length === 0) throw new HearthError("invalid", `nothing to import: ${what}; ${how}`);
  tell(`${what} and are left out: ${how}`);
  return kept;
}

async function run(
  target: Target,
  days: readonly DayPlan[],
  choice: Choice & { readonly tenant: string; readonly retentionMs: RetentionMs },
  options: ImportCommandOptions,
  clock: Clock,
  console: Console,
): Promise<void> {
  const meter = newMeter();
  const progress = new Progress({
    total: days.reduce((sum, { samples }) => sum + samples.reduce((a, b) => a + b, 0), 0),
    clock,
    isTerminal: process.stderr.isTTY === true,
    write: (text) => process.stderr.write(text),
  });
  const table = new ThrottledTable(target.table.metered(meter), {
    clock,
    sleep,
    unitsPerSecond: unitsPerSecond(options),
    onThrottled: (waitMs, error) =>
      progress.line(`the table takes no more now, next try in ${waitMs / 1000} s: ${errorMessage(error)}`),
  });
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.once("SIGINT", onInterrupt);
  const startMs = clock();
  const sum = { days: 0, known: 0, samples: 0 };
  const onDay = ({ day, outcome, series, samples }: DayReport) => {
    sum.samples += samples;
    if (outcome === "imported") sum.days++;
    if (outcome === "known") sum.known++;
    const what =
      outcome === "imported"
        ? `${printCount(samples)} samples of ${printCount(series)} series`
        : outcome === "known"
          ? "imported before"
          : "no samples";
    progress.line(`${printDay(day)}: ${what}`);
  };
  try {
    await importDays(days, {
      ...choice,
      table,
      clock,
      randomBytes,
      signal: interrupt.signal,
      onSamples: (samples) => progress.add(samples, () => `${printCount(meter.writeUnits)} write units`),
      onDay,
    });
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    throw new HearthError(
      "unavailable",
      `interrupted after ${sum.days} days; the same command goes on with the day it was at`,
    );
  } finally {
    progress.end();
    process.off("SIGINT", onInterrupt);
  }
  const units = meter.writeUnits;
  const cost = target.isBilled ? `, $${dollarsOf(units).toFixed(4)} on demand in us-east-1` : "";
  const before = sum.known > 0 ? `, ${sum.known} days were imported before` : "";
  console.print(
    `imported ${printCount(sum.samples)} samples of ${sum.days} days in ${printDuration(clock() - startMs)}: ${printCount(units)} write units${cost}${before}`,
  );
}

function unitsPerSecond({ "write-units-per-second": text }: ImportCommandOptions): number | undefined {
  if (text === undefined) return undefined;
  const units = Number(text);
  if (units > 0 && Number.isFinite(units)) return units;
  throw new HearthError("invalid", `--write-units-per-second ${text}: expected a number above 0`);
}
