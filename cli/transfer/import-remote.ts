/** `hearthdb import --from-remote-read URL`: another server's samples, a day at a time. */
import { HearthError } from "../../lib/model/errors.ts";
import { type Clock, DAY_MS, HOUR_MS, type TimeRange } from "../../lib/model/time.ts";
import { isImported } from "../../lib/storage/bulk/publish-day.ts";
import { loadDeletions } from "../../lib/storage/deletion/deletion-store.ts";
import { printDay } from "../../lib/storage/layout/key-place.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { loadManifest } from "../../lib/storage/layout/manifest-store.ts";
import { digestOf } from "../../lib/transfer/import-blocks.ts";
import { SampleSpool } from "../../lib/transfer/sample-spool.ts";
import { planDays } from "../../lib/transfer/survey.ts";
import { printCount, printNumberOf } from "../counts.ts";
import type { Console } from "../days.ts";
import type { Target } from "../target.ts";
import { confirmCostOf, describeOverlap } from "./confirm.ts";
import { type ImportChoice, ImportRun } from "./import-run.ts";
import { RemoteReader, type RemoteReadOptions } from "./remote-read.ts";
import { BlockSpool } from "./spool.ts";

export interface ImportRemoteOptions extends RemoteReadOptions {
  readonly start?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly "dry-run"?: boolean | undefined;
}

/** How long after a day's end a server may still accept samples of it. */
const LATE_MS = 2 * HOUR_MS;

export async function importRemote(
  target: Target,
  url: string,
  options: ImportRemoteOptions,
  choice: ImportChoice,
  unitsPerSecond: number | undefined,
  clock: Clock,
  console: Console,
): Promise<void> {
  if (options.start === undefined)
    throw new HearthError("invalid", "--from-remote-read: expected --start, from when on to read");
  const reader = new RemoteReader(url, options, choice.matcherSets);
  const range = { minTime: choice.minTime, maxTime: Math.min(choice.maxTime, clock()) };
  if (range.minTime > range.maxTime)
    throw new HearthError("invalid", "--start: expected a time before --end and before now");
  const days = keptDays(range, choice, clock(), console);
  const samples = await probe(reader, range, console);
  console.tell(await describeOverlap(target, choice.tenant, days));
  await confirmCostOf(
    target,
    samples,
    `Import ${printNumberOf(days.length, "day")} into tenant ${choice.tenant}?`,
    "about ",
    options,
    console,
  );
  if (options["dry-run"]) return;
  // The server has applied the matchers, by its labels; the edits are still to come.
  const run = new ImportRun(target, { ...choice, matcherSets: [] }, { samples, unitsPerSecond, clock });
  await run.run(async () => {
    await using blocks = await BlockSpool.open(clock);
    for (const day of days) await importDay(run, reader, blocks, day, range, choice, clock);
  }, console);
}

function keptDays(
  range: TimeRange,
  { retentionMs }: ImportChoice,
  nowMs: number,
  { tell }: Console,
): number[] {
  const oldest = retentionMs === 0 ? range.minTime : Math.max(range.minTime, nowMs - retentionMs);
  const [first, last] = [dayOf(oldest), dayOf(range.maxTime)];
  if (oldest > range.maxTime)
    throw new HearthError(
      "invalid",
      `nothing to import: all of it is older than the retention of ${printNumberOf(retentionMs / DAY_MS, "day")}; keep it longer first, with "hearthdb tenants set NAME --retention-days N"`,
    );
  if (first > dayOf(range.minTime))
    tell(`days before ${printDay(first)} are older than the retention and are left out`);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Estimates the number of samples from the last hour. */
async function probe(reader: RemoteReader, range: TimeRange, { tell }: Console): Promise<number> {
  const last = { minTime: Math.max(range.minTime, range.maxTime - HOUR_MS), maxTime: range.maxTime };
  let samples = 0;
  const series = new Set<string>();
  const spool = new SampleSpool(async (_day, all) => {
    for (const { labels } of all) series.add(JSON.stringify(labels));
  });
  await reader.read(last, spool, (count) => (samples += count), new AbortController().signal);
  await spool.finish();
  const hours = (range.maxTime - range.minTime) / HOUR_MS;
  const total = hours <= 1 ? samples : samples * hours;
  tell(
    `${reader.url}: ${printCount(series.size)} series and ${printNumberOf(samples, "sample")} in the hour before ${new Date(last.maxTime).toISOString()}, ${samples === 0 ? "so it is not known how many samples there are" : `about ${printNumberOf(total, "sample")}`} since ${new Date(range.minTime).toISOString()}`,
  );
  return total;
}

async function importDay(
  run: ImportRun,
  reader: RemoteReader,
  blocks: BlockSpool,
  day: number,
  range: TimeRange,
  choice: ImportChoice,
  clock: Clock,
): Promise<void> {
  const isOver = clock() > (day + 1) * DAY_MS + LATE_MS;
  const identity = isOver ? `remote read ${reader.url} ${day}` : undefined;
  const { last: deletions } = await loadDeletions(run.table, choice.tenant, day);
  const { manifest } = await loadManifest(run.table, choice.tenant, day);
  if (identity !== undefined && isImported(manifest, [digestOf(identity, choice, deletions)])) {
    run.note({ day, outcome: "known", series: 0, samples: 0 });
    return;
  }
  const spool = new SampleSpool(blocks.store);
  const ofDay = {
    minTime: Math.max(range.minTime, day * DAY_MS),
    maxTime: Math.min(range.maxTime, (day + 1) * DAY_MS - 1),
  };
  await reader.read(ofDay, spool, (count) => run.progress.add(count, () => printDay(day)), run.signal);
  await spool.finish();
  const found = blocks.takeBlocks().map((block) => (identity === undefined ? block : { ...block, identity }));
  if (found.length === 0) run.note({ day, outcome: "empty", series: 0, samples: 0 });
  else await run.importDays(planDays(found, choice.minTime, choice.maxTime), false);
  await blocks.remove(found);
}
