/** `hearthdb import`: blocks of Prometheus, Thanos and Mimir, text, or what another server has, into the table. */
import { HearthError } from "../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { DEFAULT_TENANT, parseTenant } from "../../lib/model/tenant.ts";
import { type Clock, DAY_MS, MAX_TIMESTAMP_MS } from "../../lib/model/time.ts";
import { printDay } from "../../lib/storage/layout/key-place.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { isDayPast, type RetentionMs } from "../../lib/storage/layout/retention.ts";
import { Tenants } from "../../lib/storage/tenants/tenant-settings.ts";
import { parseLabelEdits } from "../../lib/transfer/label-edits.ts";
import { type DayPlan, planDays, samplesOfDays } from "../../lib/transfer/survey.ts";
import { parseMatch } from "../command-line/match-option.ts";
import { printDays } from "../counts.ts";
import type { Console } from "../days.ts";
import { parseDays } from "../retention-days.ts";
import type { Target } from "../target.ts";
import { confirmImport } from "./confirm.ts";
import { findInDirectory } from "./data-directory.ts";
import { type FoundBlocks, findBlocks } from "./find-blocks.ts";
import { importRemote } from "./import-remote.ts";
import { type ImportChoice, ImportRun } from "./import-run.ts";
import type { RemoteReadOptions } from "./remote-read.ts";
import { isS3, listS3Folders } from "./s3-files.ts";
import { BlockSpool } from "./spool.ts";
import { isText, spoolText } from "./text-source.ts";
import { parseTime } from "./times.ts";

export interface ImportCommandOptions extends RemoteReadOptions {
  readonly tenant?: string | undefined;
  readonly match?: readonly string[] | undefined;
  readonly label?: readonly string[] | undefined;
  readonly "no-external-labels"?: boolean | undefined;
  readonly "from-remote-read"?: string | undefined;
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly "dry-run"?: boolean | undefined;
  readonly "write-units-per-second"?: string | undefined;
}

/** `path`: undefined with `--from-remote-read`. */
export async function importCommand(
  target: Target,
  path: string | undefined,
  options: ImportCommandOptions,
  clock: Clock,
  console: Console,
): Promise<void> {
  const tenant = parseTenant(options.tenant ?? DEFAULT_TENANT);
  const tenants = new Tenants(parseDays(target.retentionDays) * DAY_MS, clock);
  const { retentionMs, storedAs } = await tenants.find(target.table, tenant);
  const choice: ImportChoice = { ...choiceOf(options), tenant: storedAs, retentionMs };
  const pace = unitsPerSecond(options);
  const { "from-remote-read": url } = options;
  if (url !== undefined) return importRemote(target, url, options, choice, pace, clock, console);
  await using spool = await BlockSpool.open(clock);
  const found = await findSource(path!, spool, console);
  for (const note of found.notes) console.tell(note);
  const planned = planDays(found.blocks, choice.minTime, choice.maxTime);
  const days = keptDays(planned, retentionMs, clock(), console);
  await confirmImport(
    target,
    { ...options, path: path!, tenant: storedAs, choice, blocks: found.blocks, days },
    console,
  );
  if (options["dry-run"]) return;
  const run = new ImportRun(target, choice, { samples: samplesOfDays(days), unitsPerSecond: pace, clock });
  await run.run(() => run.importDays(days, true), console);
}

async function findSource(path: string, spool: BlockSpool, console: Console): Promise<FoundBlocks> {
  if (isS3(path)) return findBlocks(path, await listS3Folders(path));
  if (!isText(path)) return findInDirectory(path, spool, console);
  console.tell(`reading ${path === "-" ? "standard input" : path}`);
  await spoolText(path, spool);
  const blocks = spool.takeBlocks();
  if (blocks.length === 0) throw new HearthError("invalid", `${path}: no samples`);
  return { blocks, notes: [] };
}

function choiceOf(options: ImportCommandOptions) {
  const { match = [], label = [], start, end } = options;
  return {
    edits: parseLabelEdits(label),
    matcherSets: match.map(parseMatch),
    minTime: start === undefined ? -MAX_TIMESTAMP_MS : parseTime("--start", start),
    maxTime: end === undefined ? MAX_TIMESTAMP_MS : parseTime("--end", end),
    choiceWords: [...match, "", ...label, "", start ?? "", end ?? ""],
    addsExternalLabels: options["no-external-labels"] !== true,
  };
}

/** Days within retention and not in the future; says which are not. Throws "invalid" where none is left. */
function keptDays(
  all: readonly DayPlan[],
  retentionMs: RetentionMs,
  nowMs: number,
  { tell }: Console,
): DayPlan[] {
  const days = begunDays(all, nowMs, tell);
  const kept = days.filter(({ day }) => !isDayPast(day, nowMs, retentionMs));
  const past = days.length - kept.length;
  if (past === 0) return kept;
  const what = `${past} of ${printDays(days.length)} ${isOrAre(past)} older than the retention of ${printDays(retentionMs / DAY_MS)}`;
  const how = 'keep them longer first, with "hearthdb tenants set NAME --retention-days N"';
  if (kept.length === 0) throw new HearthError("invalid", `nothing to import: ${what}; ${how}`);
  tell(`${what} and ${isOrAre(past)} left out: ${how}`);
  return kept;
}

function isOrAre(count: number): string {
  return count === 1 ? "is" : "are";
}

/** Remote write takes no samples of days to come either: they come of wrong clocks, or of times in another unit. */
function begunDays(days: readonly DayPlan[], nowMs: number, tell: Console["tell"]): readonly DayPlan[] {
  const begun = days.filter(({ day }) => day <= dayOf(nowMs + DEFAULT_LIMITS.maxFutureMs));
  const future = days.slice(begun.length);
  if (future.length === 0) return begun;
  const what = `${future.length} of ${printDays(days.length)} ${isOrAre(future.length)} in the future, from ${printDay(future[0].day)} on`;
  const how = "timestamps are in ms, and of text in seconds";
  if (begun.length === 0) throw new HearthError("invalid", `nothing to import: ${what}; ${how}`);
  tell(`${what} and ${isOrAre(future.length)} left out: ${how}`);
  return begun;
}

function unitsPerSecond({ "write-units-per-second": text }: ImportCommandOptions): number | undefined {
  if (text === undefined) return undefined;
  const units = Number(text);
  if (units > 0 && Number.isFinite(units)) return units;
  throw new HearthError("invalid", `--write-units-per-second ${text}: expected a number above 0`);
}
