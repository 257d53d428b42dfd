/** `hearthdb delete`: series out of every answer, as the API's delete_series does, with a look before and a receipt. */
import { randomBytes } from "node:crypto";
import { HearthError } from "../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../lib/model/limits.ts";
import { type Matcher, printMatchers } from "../lib/model/matcher.ts";
import { DEFAULT_TENANT, parseTenant } from "../lib/model/tenant.ts";
import { type Clock, DAY_MS, MAX_TIMESTAMP_MS, printTime, type TimeRange } from "../lib/model/time.ts";
import {
  labelsGoneMs,
  listPendingDays,
  listPendingLabels,
  type PendingLabels,
} from "../lib/storage/erase/ask-for-erasure.ts";
import { deleteSeries } from "../lib/storage/erase/delete-series.ts";
import { printDay } from "../lib/storage/layout/key-place.ts";
import { dayOf } from "../lib/storage/layout/keys.ts";
import { TRANSIENT_MS } from "../lib/storage/layout/retention.ts";
import { countSamples } from "../lib/storage/parts/hashed-samples.ts";
import { Reader } from "../lib/storage/read/reader.ts";
import { hashHex, seriesHash } from "../lib/storage/series/series-hash.ts";
import { newMeter, type Table } from "../lib/storage/table/table.ts";
import { Tenants } from "../lib/storage/tenants/tenant-settings.ts";
import { listDataDays } from "../lib/storage/verify/list-days.ts";
import { auditCommand } from "./auditor.ts";
import { parseMatch } from "./command-line/match-option.ts";
import { printCount, printDays, printNumberOf } from "./counts.ts";
import type { Console } from "./days.ts";
import { parseDays } from "./retention-days.ts";
import type { Target } from "./target.ts";
import { parseTime } from "./transfer/times.ts";

export interface DeleteCommandOptions {
  readonly tenant?: string | undefined;
  readonly match?: readonly string[] | undefined;
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly "dry-run"?: boolean | undefined;
  readonly pending?: boolean | undefined;
}

/** What a count before a deletion may read: its user sees what it costs. */
const COUNT_LIMITS = {
  ...DEFAULT_LIMITS,
  maxQuerySeries: 10_000_000,
  maxQueryReadUnits: Number.POSITIVE_INFINITY,
  maxQuerySamples: Number.POSITIVE_INFINITY,
};

export async function deleteCommand(
  target: Target,
  options: DeleteCommandOptions,
  clock: Clock,
  { print, tell, ask }: Console,
): Promise<void> {
  const { table } = target;
  const tenant = parseTenant(options.tenant ?? DEFAULT_TENANT);
  const tenants = new Tenants(parseDays(target.retentionDays) * DAY_MS, clock);
  const { retentionMs, storedAs } = await tenants.find(table, tenant);
  const place = { table, tenant: storedAs, retentionMs, clock };
  if (options.pending)
    return print(describePending(await listPendingDays(place), await listPendingLabels(place)));
  const selectors = selectorsOf(options);
  const range = rangeOf(options);
  const what = selectors.map(printMatchers).join(" or ");
  if (!options.yes) {
    const counted = await count(table, { tenant: storedAs, retentionMs, clock, selectors, range });
    tell(
      `${what} of tenant ${tenant}: ${printCount(counted.series)} series, ${printNumberOf(counted.samples, "sample")} in ${printDays(counted.days)} (${printNumberOf(Math.ceil(counted.readUnits), "read unit")} to count)`,
    );
    if (options["dry-run"]) return;
    const answer =
      ask === undefined ? "" : await ask("Delete them? Nothing brings them back but a backup. [y/N] ");
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new HearthError("invalid", "not deleted; add --yes to delete without a question");
  }
  const details = { start: options.start, end: options.end };
  await auditCommand(table, clock, { action: "series delete", tenant, subject: what, details });
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.once("SIGINT", onInterrupt);
  try {
    const isOver = () => interrupt.signal.aborted;
    const days = await deleteSeries({ ...place, randomBytes, accessKeyId: "", isOver }, selectors, range);
    print(receipt(days, clock()));
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}

/** Throws "invalid" for none, and for one that could mean every series. */
function selectorsOf({ match = [], "dry-run": isDry, yes }: DeleteCommandOptions): Matcher[][] {
  if (match.length === 0)
    throw new HearthError(
      "invalid",
      "delete: no --match, expected at least one selector, as 'up{job=\"old\"}'",
    );
  if (isDry && yes) throw new HearthError("invalid", "--dry-run and --yes: expected one of them, not both");
  const selectors = match.map((text) => [...parseMatch(text)]);
  for (const [i, matchers] of selectors.entries())
    if (matchers.every(({ matches }) => matches("")))
      throw new HearthError(
        "invalid",
        `--match ${match[i]}: expected a matcher that does not match the empty string; tenants delete deletes everything`,
      );
  return selectors;
}

function rangeOf({ start, end }: DeleteCommandOptions): TimeRange {
  const minTime = start === undefined ? -MAX_TIMESTAMP_MS : parseTime("--start", start);
  const maxTime = end === undefined ? MAX_TIMESTAMP_MS : parseTime("--end", end);
  if (minTime <= maxTime) return { minTime, maxTime };
  throw new HearthError("invalid", `--start ${start} is after --end ${end}`);
}

interface Counting {
  readonly tenant: string;
  readonly retentionMs: number;
  readonly clock: Clock;
  readonly selectors: readonly (readonly Matcher[])[];
  readonly range: TimeRange;
}

/** Day by day, so that memory is that of one day. */
async function count(table: Table, { tenant, retentionMs, clock, selectors, range }: Counting) {
  const meter = newMeter();
  const series = new Set<string>();
  let [samples, days] = [0, 0];
  const between = { from: dayOf(range.minTime), to: dayOf(range.maxTime) };
  for (const day of await listDataDays(table, tenant, between)) {
    const minTime = Math.max(range.minTime, day * DAY_MS);
    const maxTime = Math.min(range.maxTime, (day + 1) * DAY_MS - 1);
    const ofDay = new Set<string>();
    for (const matchers of selectors) {
      const reader = new Reader(table.metered(meter), { tenant, clock, limits: COUNT_LIMITS, retentionMs });
      // A series of two selectors counts once.
      const seen = new Set(ofDay);
      for await (const { labels, release, ...one } of reader.select({ matchers, minTime, maxTime })) {
        const hash = hashHex(seriesHash(labels));
        if (!seen.has(hash)) samples += countSamples(one);
        ofDay.add(hash);
        release?.();
      }
    }
    for (const hash of ofDay) series.add(hash);
    if (ofDay.size > 0) days++;
  }
  return { series: series.size, samples, days, readUnits: meter.readUnits };
}

function receipt(days: readonly number[], nowMs: number): string {
  if (days.length === 0) return "nothing to delete: no day has such series";
  const [first, last] = [printDay(days[0]), printDay(days[days.length - 1])];
  const span = first === last ? first : `${first} to ${last}`;
  return `deleted in ${printDays(days.length)} (${span}) at ${printTime(nowMs)}: no answer shows it from now on
in the table: out of chunks once the compactor has been there, within minutes (hearthdb delete --pending);
out of hourly rows within two days, and some days until TTL takes what they were made of;
out of log records and runs by ${printDay(dayOf(nowMs + TRANSIENT_MS))}, when they expire, and some days until TTL takes them;
labels of series out of the index by ${printDay(dayOf(labelsGoneMs(days[days.length - 1], nowMs)))}, unless they are written again; until then no answer shows them;
names of metrics out of metadata within 30 days; usage by metric, texts of expensive queries and the audit log stay for 400 days
backups: point-in-time recovery reaches back up to 35 days
written again, it counts again: stop its sender`;
}

function describePending(days: readonly number[], labels: PendingLabels): string {
  const samples =
    days.length === 0
      ? "nothing is pending: deletions are carried out in every day's chunks and hourly rows"
      : `deletions are to be carried out in ${printDays(days.length)}: ${days.map(printDay).join(", ")}`;
  const left =
    labels.days.length === 0
      ? "no index holds labels of deleted series"
      : `labels of deleted series leave the index of ${printDays(labels.days.length)} by ${printDay(dayOf(labels.goneMs))}: ${labels.days.map(printDay).join(", ")}`;
  return `${samples}\n${left}`;
}
