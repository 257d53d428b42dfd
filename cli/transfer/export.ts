/** `hearthdb export`: samples as blocks, OpenMetrics text or CSV. */
import { randomBytes } from "node:crypto";
import { HearthError } from "../../lib/model/errors.ts";
import { METRIC_NAME } from "../../lib/model/labels.ts";
import { type Matcher, newMatcher } from "../../lib/model/matcher.ts";
import { DEFAULT_TENANT, parseTenant } from "../../lib/model/tenant.ts";
import { type Clock, DAY_MS, MAX_TIMESTAMP_MS } from "../../lib/model/time.ts";
import { printDay } from "../../lib/storage/layout/key-place.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { loadManifests } from "../../lib/storage/layout/manifest-store.ts";
import { isDayPast } from "../../lib/storage/layout/retention.ts";
import { parseRollupRetention } from "../../lib/storage/layout/rollup-retention.ts";
import { Reader } from "../../lib/storage/read/reader.ts";
import { loadRollupMonths } from "../../lib/storage/rollups/rollup-months.ts";
import { newMeter, type Table } from "../../lib/storage/table/table.ts";
import { Tenants } from "../../lib/storage/tenants/tenant-settings.ts";
import { listDataDays } from "../../lib/storage/verify/list-days.ts";
import { EXPORT_LIMITS } from "../../lib/transfer/export-limits.ts";
import { END_OF_TEXT, printSeries } from "../../lib/transfer/export-text.ts";
import { HourlySamples } from "../../lib/transfer/hourly-samples.ts";
import { selectAny } from "../../lib/transfer/merge-selections.ts";
import { newUlid } from "../../lib/tsdb/ulid.ts";
import { writeBlock } from "../../lib/tsdb/write/block-writer.ts";
import { parseMatch } from "../command-line/match-option.ts";
import { printCount, printNumberOf } from "../counts.ts";
import { type Console, confirmCost } from "../days.ts";
import { parseDays } from "../retention-days.ts";
import type { Target } from "../target.ts";
import { type CsvOptions, exportCsv } from "./export-csv.ts";
import { LocalOutput, LocalText } from "./local-output.ts";
import { Progress, printDuration } from "./progress.ts";
import { parseTime } from "./times.ts";

export interface ExportCommandOptions extends CsvOptions {
  readonly tenant?: string | undefined;
  readonly format?: string | undefined;
  /** Samples, or one of each hour. */
  readonly resolution?: string | undefined;
  readonly match?: readonly string[] | undefined;
  readonly yes?: boolean | undefined;
}

/** What an export reads. */
export interface Source {
  readonly reader: Pick<Reader, "select" | "selectChunks" | "labelValues">;
  readonly matcherSets: readonly (readonly Matcher[])[];
  /** Days that have samples, or rows, ascending. */
  readonly days: readonly number[];
  /** In ms, both included. */
  readonly minTime: number;
  readonly maxTime: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly clock: Clock;
}

/** One selector that every series passes. */
const EVERYTHING = [[newMatcher("!=", METRIC_NAME, "")]];

export async function exportCommand(
  target: Target,
  path: string,
  options: ExportCommandOptions,
  clock: Clock,
  console: Console,
): Promise<void> {
  const { format = "blocks", match = [], resolution = "0s" } = options;
  const isHourly = resolution === "1h";
  if (!isHourly && resolution !== "0s")
    throw new HearthError("invalid", `--resolution ${resolution}: expected 0s (samples) or 1h (hourly rows)`);
  if (isHourly && format === "csv")
    throw new HearthError("invalid", "--resolution with --format csv: the query chooses by itself");
  const write = { blocks: exportBlocks, openmetrics: exportOpenMetrics, csv: undefined }[format];
  if (write === undefined && format !== "csv")
    throw new HearthError("invalid", `--format ${format}: expected blocks, openmetrics or csv`);
  const rollupDefaultMs = parseRollupRetention({ HEARTH_ROLLUP_RETENTION_DAYS: target.rollupDays });
  const tenants = new Tenants(parseDays(target.retentionDays) * DAY_MS, clock, rollupDefaultMs);
  const found = await tenants.find(target.table, parseTenant(options.tenant ?? DEFAULT_TENANT));
  const { retentionMs, rollupRetentionMs, storedAs: tenant } = found;
  const minTime = options.start === undefined ? -MAX_TIMESTAMP_MS : parseTime("--start", options.start);
  const maxTime = options.end === undefined ? MAX_TIMESTAMP_MS : parseTime("--end", options.end);
  const meter = newMeter();
  const table = target.table.metered(meter);
  const stored = new Reader(table, { tenant, clock, limits: EXPORT_LIMITS, retentionMs, rollupRetentionMs });
  const reader = isHourly ? new HourlySamples(stored) : stored;
  if (format === "csv") return exportCsv(stored, path, options, clock, console);
  const matcherSets = match.length === 0 ? EVERYTHING : match.map(parseMatch);
  const range = { from: dayOf(minTime), to: dayOf(maxTime) };
  const ofSamples = await listDataDays(table, tenant, range);
  const ofRows = isHourly ? await listRolledDays(table, tenant, range) : [];
  const days = [
    ...ofSamples.filter((day) => !isDayPast(day, clock(), retentionMs)),
    ...ofRows.filter(
      (day) => isDayPast(day, clock(), retentionMs) && !isDayPast(day, clock(), rollupRetentionMs),
    ),
  ].sort((a, b) => a - b);
  if (days.length === 0)
    throw new HearthError("invalid", `nothing to export: tenant ${found.name} has no samples of this time`);
  await confirmCost(
    table,
    target.isBilled,
    days.map((day) => ({ tenant, day, retentionMs })),
    options,
    console,
  );
  const manifests = await loadManifests(table, tenant, days[0], days[days.length - 1]);
  const parts = [...manifests.values()].flatMap((manifest) => manifest.parts);
  const progress = new Progress({
    // Of rows nobody knows how many hours have samples.
    total: isHourly ? 0 : parts.reduce((sum, { samples }) => sum + samples, 0),
    clock,
    isTerminal: process.stderr.isTTY === true,
    write: (text) => process.stderr.write(text),
  });
  const startMs = clock();
  const interrupt = new AbortController();
  const onInterrupt = () =>
    interrupt.abort(new HearthError("unavailable", "interrupted; what was not finished is removed"));
  process.once("SIGINT", onInterrupt);
  try {
    const source = { reader, matcherSets, days, minTime, maxTime, signal: interrupt.signal, progress, clock };
    const summary = await write!(source, path);
    progress.end();
    console.tell(
      `exported ${summary} in ${printDuration(clock() - startMs)}: ${printCount(meter.readUnits)} read units`,
    );
  } finally {
    progress.end();
    process.off("SIGINT", onInterrupt);
  }
}

/** Days that have hourly rows. */
async function listRolledDays(table: Table, tenant: string, { from, to }: { from: number; to: number }) {
  const months = await loadRollupMonths(table, tenant, from, to);
  const days = [...months.values()].flatMap(({ manifest }) => manifest.days.map(({ day }) => day));
  return days.filter((day) => day >= from && day <= to);
}

/** A block for each UTC day. */
async function exportBlocks(source: Source, directory: string): Promise<string> {
  const { reader, matcherSets, days, signal, progress, clock } = source;
  const sum = { blocks: 0, samples: 0 };
  for (const day of days) {
    const range = {
      minTime: Math.max(day * DAY_MS, source.minTime),
      maxTime: Math.min((day + 1) * DAY_MS - 1, source.maxTime),
    };
    const ulid = newUlid(clock(), randomBytes);
    const output = new LocalOutput(directory, ulid);
    try {
      const onSeries = (samples: number) => progress.add(samples, () => printDay(day));
      const series = selectAny(reader, matcherSets, range, signal);
      const written = await writeBlock(output, ulid, series, onSeries);
      if (written === undefined) {
        output.discard();
        continue;
      }
      output.finish();
      sum.blocks++;
      sum.samples += written.samples;
      progress.line(
        `${printDay(day)}: ${printNumberOf(written.samples, "sample")} of ${printCount(written.series)} series in ${ulid}`,
      );
    } catch (error) {
      output.discard();
      progress.line(
        `${printDay(day)}: not exported; ${printNumberOf(sum.blocks, "block")} before it ${sum.blocks === 1 ? "is" : "are"} whole. Go on with --start ${printDay(day)}T00:00:00Z`,
      );
      throw error;
    }
  }
  return `${printNumberOf(sum.samples, "sample")} in ${printNumberOf(sum.blocks, "block")} to ${directory}`;
}

/** Metric by metric, each over all days: a metric's lines stand together. */
async function exportOpenMetrics(source: Source, path: string): Promise<string> {
  const { reader, matcherSets, days, minTime, maxTime, signal, progress } = source;
  const range = {
    minTime: Math.max(minTime, days[0] * DAY_MS),
    maxTime: Math.min(maxTime, (days[days.length - 1] + 1) * DAY_MS - 1),
  };
  const counts = { samples: 0, histograms: 0 };
  const text = new LocalText(path);
  try {
    const names = new Set<string>();
    for (const matchers of matcherSets)
      for (const name of await reader.labelValues(METRIC_NAME, { matchers, ...range }, signal))
        names.add(name);
    for (const name of names) {
      const seen = new Set<string>();
      for (const matchers of matcherSets) {
        const selection = { matchers: [newMatcher("=", METRIC_NAME, name), ...matchers], ...range };
        for await (const series of reader.select(selection, signal)) {
          signal.throwIfAborted();
          if (matcherSets.length > 1) {
            const key = JSON.stringify(series.labels);
            if (seen.has(key)) continue;
            seen.add(key);
          }
          progress.add(series.timestamps.length, () => name);
          for (const piece of printSeries(series, counts)) await text.write(piece);
          series.release?.();
        }
      }
    }
    await text.write(END_OF_TEXT);
    text.finish();
  } catch (error) {
    text.discard();
    throw error;
  }
  const left =
    counts.histograms === 0
      ? ""
      : `, ${printNumberOf(counts.histograms, "native histogram")} left out (the text has no form for them; --format blocks does)`;
  return `${printNumberOf(counts.samples, "sample")} of ${printNumberOf(days.length, "day")} to ${path}${left}`;
}
