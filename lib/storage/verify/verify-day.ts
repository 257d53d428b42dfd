/** Walks through all of one day and says what is wrong with it and what is lost. Reads only. */
import { errorKind, errorMessage } from "../../model/errors.ts";
import { printLabels } from "../../model/labels.ts";
import { deletionsOf } from "../deletion/deletion-store.ts";
import { listDays } from "../layout/day-shards.ts";
import {
  daysRange,
  deletionsKey,
  dictionariesRange,
  logRange,
  manifestKey,
  seriesRecordsRange,
} from "../layout/keys.ts";
import type { Manifest } from "../layout/manifest.ts";
import { loadManifest } from "../layout/manifest-store.ts";
import { ALL_SHARDS, type Shard } from "../layout/shard.ts";
import type { Key, KeyRange, Table } from "../table/table.ts";
import type { Finding, OnFinding, VerifiedDay } from "./finding.ts";
import { checkExpiry } from "./item-expiry.ts";
import { readSeriesRecords, verifyIndex } from "./verify-index.ts";
import { verifyLog } from "./verify-log.ts";
import { verifyParts } from "./verify-parts.ts";
import { verifyRows } from "./verify-rows.ts";

/** Levels of shards that a log may have (shard.ts). */
export const LEVELS_BITS: readonly number[] = [0, 2, 4];
const MAX_NAMES = 3;

export interface DaySummary {
  readonly parts: number;
  readonly samples: number;
  readonly indexParts: number;
  /** Series that have samples. */
  readonly series: number;
  /** Records that are in the log only. */
  readonly records: number;
}

const NOTHING: DaySummary = { parts: 0, samples: 0, indexParts: 0, series: 0, records: 0 };

/** Calls back for each finding. Throws "unavailable". */
export async function verifyDay(
  table: Table,
  day: VerifiedDay,
  onFinding: (finding: Finding) => void,
): Promise<DaySummary> {
  const note: OnFinding = (finding) => onFinding({ tenant: day.tenant, day: day.day, ...finding });
  const manifest = await readManifest(table, day, note);
  if (manifest === undefined) return NOTHING;
  const shards = await readShards(table, day, manifest, note);
  noteFacts(manifest, note);
  await verifyDeletions(table, day, note);
  const hashes = new Set<string>();
  await verifyParts(table, day, manifest, hashes, note);
  const records = await verifyLog(table, day, shards, manifest.flushedToMs, hashes, note);
  const indexed = await verifyIndex(table, day, manifest, note);
  const recorded = await readSeriesRecords(table, day, shards, note);
  const unindexed = [...hashes].filter((hash) => !indexed.has(hash));
  // Flushes put records into the index; those after the last are looked at by queries themselves.
  const fresh = await freshHashes(table, day, shards, manifest);
  noteUnindexed(
    unindexed.filter((hash) => !fresh.has(hash)),
    recorded,
    note,
  );
  await checkDictionaries(table, day, shards, note);
  await verifyRows(table, day, note);
  return {
    parts: manifest.parts.length,
    samples: manifest.parts.reduce((sum, { samples }) => sum + samples, 0),
    indexParts: manifest.index.length,
    series: hashes.size,
    records,
  };
}

async function readManifest(table: Table, day: VerifiedDay, note: OnFinding): Promise<Manifest | undefined> {
  try {
    return (await loadManifest(table, day.tenant, day.day)).manifest;
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    const key = manifestKey(day.tenant, day.day);
    const loss = "all of the day is unreadable until its manifest is back";
    note({ problem: "damaged manifest", detail: errorMessage(error), loss, key });
    return undefined;
  }
}

/** What is deleted must be known as long as the day is. */
async function verifyDeletions(table: Table, day: VerifiedDay, note: OnFinding): Promise<void> {
  const key = deletionsKey(day.tenant, day.day);
  try {
    const item = await table.get(key, { consistent: true });
    deletionsOf(item);
    if (item !== undefined) checkExpiry(day, item, note);
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    const loss = "queries of the day fail: what is deleted is not known";
    note({ problem: "damaged manifest", detail: errorMessage(error), loss, key });
  }
}

/** The shards that the day's items name; without any, those that have records. */
async function readShards(
  table: Table,
  { tenant, day, retentionMs, nowMs, signal }: VerifiedDay,
  manifest: Manifest,
  note: OnFinding,
): Promise<readonly Shard[]> {
  const range = daysRange(tenant, day, day);
  let isDamaged = false;
  const onDamage = (item: Key, reason: string) => {
    isDamaged = true;
    const loss = "queries of the day fail";
    note({ problem: "damaged item", detail: `day item: ${reason}`, loss, key: item });
  };
  for await (const page of table.query(range, { consistent: true, signal, onDamage }))
    for (const item of page) checkExpiry({ tenant, day, retentionMs, nowMs }, item, note);
  const listed = isDamaged ? [] : ((await listDays(table, tenant, day, day, signal)).get(day) ?? []);
  const found = new Set(listed.map(({ bits }) => bits));
  const listedLevels = found.size;
  const unlisted = ALL_SHARDS.filter(({ bits }) => !found.has(bits));
  for (const shard of unlisted) if (await hasRecords(table, tenant, day, shard)) found.add(shard.bits);
  const isHidden = listedLevels === 0 && manifest.parts.length > 0;
  if (!isDamaged && (isHidden || found.size > listedLevels)) {
    const what = listed.length === 0 ? "" : " in more shards than its items say";
    const detail = `the day has data${what} and no item that says so`;
    const loss =
      listed.length === 0 ? "queries of the day warn of it" : "what the log has in these shards is not found";
    note({ problem: "missing day item", detail, loss });
  }
  return ALL_SHARDS.filter(({ bits }) => found.has(bits));
}

/** Whether a shard has any dictionary or record. */
export async function hasRecords(table: Table, tenant: string, day: number, shard: Shard): Promise<boolean> {
  const ranges: KeyRange[] = [
    dictionariesRange(tenant, day, shard),
    logRange(tenant, day, shard, 0),
    seriesRecordsRange(tenant, day, shard, 0),
  ];
  for (const range of ranges) {
    let isDamaged = false;
    const onDamage = () => {
      isDamaged = true;
    };
    for await (const page of table.query(range, { consistent: true, limit: 1, onDamage }))
      if (page.length > 0 || isDamaged) return true;
  }
  return false;
}

function noteFacts({ facts: { quarantined, held } }: Manifest, note: OnFinding): void {
  if (quarantined > 0) {
    const detail = `${quarantined} damaged items were set aside by compaction; hearthdb inspect lists them`;
    note({ problem: "quarantine", detail, loss: "what they have, unless a later version can read them" });
  }
  for (const { bucket } of held) {
    const detail = `bucket ${bucket} stays in runs, since a run of it has not what its manifest says`;
    note({ problem: "held bucket", detail, loss: "" });
  }
}

/** Hashes of the series records that queries read themselves. */
async function freshHashes(
  table: Table,
  day: VerifiedDay,
  shards: readonly Shard[],
  { flushedToMs }: Manifest,
): Promise<ReadonlySet<string>> {
  const all = await readSeriesRecords(table, { ...day }, shards, () => {}, flushedToMs + 1);
  return new Set(all.keys());
}

function noteUnindexed(
  hashes: readonly string[],
  recorded: ReadonlyMap<string, Parameters<typeof printLabels>[0]>,
  note: OnFinding,
): void {
  if (hashes.length === 0) return;
  const names = hashes.slice(0, MAX_NAMES).map((hash) => {
    const labels = recorded.get(hash);
    return labels === undefined ? hash : printLabels(labels);
  });
  const more = hashes.length > MAX_NAMES ? " and others" : "";
  const known = hashes.filter((hash) => recorded.has(hash)).length;
  note({
    problem: "unindexed series",
    detail: `${hashes.length} series have samples and are not in the index: ${names.join(", ")}${more}; ${known} of them have a series record left`,
    loss: `the samples of ${hashes.length} series are there and not found`,
    series: hashes,
  });
}

async function checkDictionaries(
  table: Table,
  day: VerifiedDay,
  shards: readonly Shard[],
  note: OnFinding,
): Promise<void> {
  for (const shard of shards) {
    const range = dictionariesRange(day.tenant, day.day, shard);
    // Damage that matters was found with the log; a dictionary whose records are all in parts is of no use any more.
    for await (const page of table.query(range, { signal: day.signal, onDamage: () => {} }))
      for (const item of page) checkDictionaryExpiry(day, item, note);
  }
}

/** A dictionary that never leaves costs storage; one that leaves early is recorded again. */
function checkDictionaryExpiry(
  day: VerifiedDay,
  item: Parameters<typeof checkExpiry>[1],
  note: OnFinding,
): void {
  if (item.expiresAtSeconds === undefined) checkExpiry(day, item, note);
}
