/** `hearthdb usage`: what tenants, keys and routes used of the table, and what that costs. */
import { HearthError } from "../lib/model/errors.ts";
import { DOLLARS_PER_READ_UNIT } from "../lib/model/quota/prices.ts";
import { type Clock, DAY_MS, SECOND_MS } from "../lib/model/time.ts";
import { printDay } from "../lib/storage/layout/key-place.ts";
import { dayOf } from "../lib/storage/layout/keys.ts";
import { readUsage } from "../lib/storage/usage/collect-usage.ts";
import { loadStoredUsage, storeStoredUsage } from "../lib/storage/usage/stored-usage.ts";
import {
  DIMENSIONS,
  DIMENSIONS_OF_METRICS,
  type Dimension,
  reportQueries,
  reportUsage,
  type UsageTotals,
} from "../lib/storage/usage/usage-report.ts";
import { measureStorage } from "../lib/storage/verify/measure-storage.ts";
import { alignColumns } from "./columns.ts";
import { printCount } from "./counts.ts";
import type { Console } from "./days.ts";
import type { Target } from "./target.ts";

export interface UsageOptions {
  readonly tenant?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly by?: string | undefined;
  readonly queries?: boolean | undefined;
  readonly slowest?: boolean | undefined;
  readonly storage?: boolean | undefined;
  readonly json?: boolean | undefined;
}

type Print = (text: string) => void;

const MAX_QUERIES = 50;
const DOLLAR_DIGITS = 6;

/** Measures what lies in the table, and keeps that for this command and the API. */
async function measure({ table, stored, isBilled }: UsageTarget, clock: Clock, tell: Print): Promise<void> {
  if (isBilled) tell("reads the whole table once: 128 read units a MB, $0.016 a GB on demand in us-east-1");
  const metrics = await measureStorage(stored);
  await storeStoredUsage(table, { measuredMs: clock(), metrics });
}

/** `stored` is the table without checks of its items. */
export type UsageTarget = Pick<Target, "table" | "stored" | "isBilled">;

/** Throws "invalid" for options that mean nothing. */
export async function usageCommand(
  target: UsageTarget,
  options: UsageOptions,
  clock: Clock,
  { print, tell }: Pick<Console, "print" | "tell">,
): Promise<void> {
  const { table } = target;
  if (options.storage) await measure(target, clock, tell);
  const last = parseDay("--to", options.to) ?? dayOf(clock());
  const first = parseDay("--from", options.from) ?? last;
  const days = await readUsage(table, first, last, clock);
  const isVisible = (tenant: string) => options.tenant === undefined || tenant === options.tenant;
  if (options.queries || options.slowest) {
    const order = options.slowest ? "maxDurationMs" : "readUnits";
    const queries = reportQueries(days, { order, limit: MAX_QUERIES }, isVisible);
    if (options.json) return print(JSON.stringify(queries));
    const rows = queries.map((one) => [
      one.readUnits.toLocaleString("en-US"),
      (one.readUnits * DOLLARS_PER_READ_UNIT).toFixed(DOLLAR_DIGITS),
      String(one.count),
      (one.maxDurationMs / SECOND_MS).toFixed(2),
      one.tenant,
      one.key,
      one.query,
    ]);
    return print(
      alignColumns([["READ UNITS", "DOLLARS", "COUNT", "SLOWEST S", "TENANT", "KEY", "QUERY"], ...rows]),
    );
  }
  const by = parseDimensions(options.by ?? "tenant");
  const report = reportUsage(days, await loadStoredUsage(table), by, isVisible);
  if (options.json) return print(JSON.stringify({ start: printDay(first), end: printDay(last), ...report }));
  const rows = report.groups.map((group) => [...by.map((name) => group[name] || "-"), ...printTotals(group)]);
  const total = ["total", ...by.slice(1).map(() => ""), ...printTotals(report.total)];
  print(alignColumns([[...by.map((name) => name.toUpperCase()), ...COLUMNS], ...rows, total]));
}

const COLUMNS = [
  "REQUESTS",
  "REFUSED",
  "SAMPLES",
  "REJECTED SAMPLES",
  "READ UNITS",
  "WRITE UNITS",
  "DOLLARS",
  "SERIES",
  "BYTES AT REST",
  "CHUNK BYTES",
  "DOLLARS A MONTH",
];

function printTotals(totals: UsageTotals): string[] {
  const { requests, refused, samples, rejectedSamples, readUnits, writeUnits } = totals;
  const { series, storedBytes, chunkBytes, dollars } = totals;
  const counts = [requests, refused, samples, rejectedSamples, readUnits, writeUnits].map((count) =>
    printCount(Math.round(count)),
  );
  return [
    ...counts,
    dollars.total.toFixed(DOLLAR_DIGITS),
    printCount(Math.round(series)),
    printCount(Math.round(storedBytes)),
    printCount(Math.round(chunkBytes)),
    dollars.storage.toFixed(DOLLAR_DIGITS),
  ];
}

function parseDay(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const timeMs = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(timeMs)) return timeMs / DAY_MS;
  throw new HearthError("invalid", `${option} ${text}: expected a UTC day such as 2027-01-31`);
}

function parseDimensions(text: string): Dimension[] {
  const names = text.split(",");
  const unknown = names.find((name) => !(DIMENSIONS as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new HearthError("invalid", `--by ${unknown}: expected some of ${DIMENSIONS.join(",")}`);
  if (names.includes("metric") && !names.every((name) => DIMENSIONS_OF_METRICS.some((one) => one === name)))
    throw new HearthError(
      "invalid",
      "--by: requests are not counted by metric; expected some of tenant,day,metric",
    );
  return [...new Set(names)] as Dimension[];
}
