/**
 * Items that vanish, change by a bit or have a version that nobody knows, and which samples an answer may lack for it: those
 * of the item alone, and only with a word.
 */
import { SampleColumns } from "../../../lib/chunk/sample-columns.ts";
import type { LabelSet } from "../../../lib/model/labels.ts";
import { ByteReader } from "../../../lib/storage/codec/bytes.ts";
import { KIND, parseDictionarySortKey, parseManifestSortKey } from "../../../lib/storage/layout/keys.ts";
import { parseChunkSortKey } from "../../../lib/storage/layout/part-keys.ts";
import { shardOf } from "../../../lib/storage/layout/shard.ts";
import { readGiving } from "../../../lib/storage/log/brief-series.ts";
import { decodeDictionary } from "../../../lib/storage/log/dictionary.ts";
import { LoggedRecord } from "../../../lib/storage/log/logged-record.ts";
import { decodeChunkItem } from "../../../lib/storage/parts/chunk-item.ts";
import { appendChunk } from "../../../lib/storage/parts/mixed-chunks.ts";
import { appendBlockSeries, decodeRunBlock } from "../../../lib/storage/parts/run-block.ts";
import { decodeSeriesBlock } from "../../../lib/storage/series/series-block.ts";
import { hashHex, seriesHash } from "../../../lib/storage/series/series-hash.ts";
import { checksumOf } from "../../../lib/storage/table/checksum.ts";
import type { Item } from "../../../lib/storage/table/table.ts";
import type { Random } from "../random.ts";
import type { Simulated } from "../simulated.ts";
import type { DamageKind } from "../worlds.ts";

/** How often, by steps, an item is damaged, and how many of a schedule are at most. */
export const DAMAGE_CHANCE = 0.01;
export const MAX_DAMAGES = 2;
/** A version that no item has. */
const STRANGE_VERSION = 0xee;
const DAY_OFFSET = 2 ** 31;

const NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(KIND).map(([name, kind]) => [kind, name]),
);

/**
 * Whose lack is noticed, since links and counts name them, or does no harm. A log record that vanishes takes what named it
 * along; a day item, a manifest or a mark that does looks like one that never was.
 */
const MISSED: readonly number[] = [KIND.run, KIND.chunk, KIND.index, KIND.cursor, KIND.progress];
/** All but access keys and what is no sample's. */
const FLIPPED: readonly number[] = [
  KIND.log,
  KIND.dictionary,
  KIND.series,
  KIND.run,
  KIND.chunk,
  KIND.index,
  KIND.manifest,
  KIND.day,
  KIND.mark,
  KIND.cursor,
  KIND.progress,
];
/** Those whose first byte is a version. */
const VERSIONED: readonly number[] = [KIND.log, KIND.series, KIND.run, KIND.chunk, KIND.index, KIND.manifest];

/** The parts of a manifest. */
const PUBLISHED: readonly number[] = [KIND.run, KIND.chunk, KIND.index];

const CANDIDATES: Readonly<Record<DamageKind, readonly number[]>> = {
  vanish: MISSED,
  orphan: [KIND.dictionary],
  flip: FLIPPED,
  version: VERSIONED,
};

/** Whose samples an item holds: `times` undefined is all of the day. */
export interface Scope {
  readonly tenant: string;
  readonly day: number;
  /** By label set; undefined: every series. */
  readonly series:
    | readonly { readonly labels: LabelSet; readonly times: readonly number[] | undefined }[]
    | undefined;
  /** Whether samples sent later need the item too. */
  readonly isLasting: boolean;
  /** Whether the day's compaction cannot go on beside it: it has the only copy of what compaction has published. */
  readonly isPublished: boolean;
}

/** Damages an item by chance; answers what for, to be noted, or undefined if there is none. */
export function damageItem(sim: Simulated): string | undefined {
  const { random } = sim.scheduler;
  const kind = random.pick(sim.hardships.damage);
  const kinds = CANDIDATES[kind];
  const items = sim.table.items();
  const all = items.filter((item) => {
    return kinds.includes(item.pk[0]) && (isRemoval(kind) ? isMissed(items, item) : item.value.length > 0);
  });
  if (all.length === 0) return undefined;
  // Of each kind as often, however many there are of it.
  const wanted = random.pick([...new Set(all.map(({ pk }) => pk[0]))]);
  const item = random.pick(all.filter(({ pk }) => pk[0] === wanted));
  const scope = scopeOf(sim, item);
  if (scope !== undefined) sim.models.get(scope.tenant)!.damage(scope);
  sim.damagedKinds.add(wanted);
  sim.table.tamper(item, isRemoval(kind) ? undefined : changed(random, item, kind));
  return `${NAMES[wanted]}${scope === undefined ? "" : ` of ${scope.tenant}/${scope.day}`}: ${kind}`;
}

/** An empty partition of a run or of chunks is usual: some have no series. */
function isMissed(items: readonly Item[], { pk }: Item): boolean {
  if (pk[0] !== KIND.run && pk[0] !== KIND.chunk) return true;
  return items.filter((other) => Buffer.compare(other.pk, pk) === 0).length > 1;
}

function isRemoval(kind: DamageKind): boolean {
  return kind === "vanish" || kind === "orphan";
}

/** A bit of the value is not what the checksum says; that of an item of another version is right. */
function changed(random: Random, item: Item, kind: DamageKind): Item {
  const value = new Uint8Array(item.value);
  if (kind !== "version") {
    value[random.between(0, value.length - 1)] ^= 1 << random.between(0, 7);
    return { ...item, value };
  }
  value[0] = STRANGE_VERSION;
  return { ...item, value, checksum: checksumOf({ ...item, value }) };
}

/** All of a day, for ever. */
const EVERYTHING = { series: undefined, isLasting: true, isPublished: true } as const;

/** Undefined for what holds no samples. */
function scopeOf(sim: Simulated, item: Item): Scope | undefined {
  const kind = item.pk[0];
  if (kind === KIND.mark || kind === KIND.cursor || kind === KIND.progress) return undefined;
  const reader = new ByteReader(item.pk, "partition key");
  reader.readByte();
  const tenant = reader.readString();
  if (kind === KIND.manifest) return { ...EVERYTHING, tenant, day: parseManifestSortKey(item.sk) };
  if (kind === KIND.day) {
    const day = new ByteReader(item.sk, "day").readUint(4) - DAY_OFFSET;
    return { ...EVERYTHING, tenant, day };
  }
  const day = reader.readUint(4) - DAY_OFFSET;
  const labelsOf = labelsByHash(sim, tenant);
  const of = (hash: Uint8Array | string, times: readonly number[] | undefined) => {
    const labels = labelsOf.get(typeof hash === "string" ? hash : hashHex(hash));
    return labels === undefined ? [] : [{ labels, times }];
  };
  const isPublished = PUBLISHED.includes(kind);
  const isLasting = kind === KIND.dictionary || kind === KIND.index || kind === KIND.series;
  try {
    return { tenant, day, series: seriesOf(sim, item, of), isLasting, isPublished };
  } catch {
    // Damaged before, or of a section that only helps to find label sets.
    return { tenant, day, series: undefined, isLasting: true, isPublished };
  }
}

type Held = { readonly labels: LabelSet; readonly times: readonly number[] | undefined };
type Of = (hash: Uint8Array | string, times: readonly number[] | undefined) => Held[];

function seriesOf(sim: Simulated, item: Item, of: Of): Held[] {
  const { pk, sk, value } = item;
  switch (pk[0]) {
    case KIND.dictionary:
      return decodeDictionary(value).flatMap((hash) => of(hash, undefined));
    case KIND.log:
      return seriesOfRecord(sim, item, of);
    case KIND.run: {
      const block = decodeRunBlock(value);
      return block.hashes.flatMap((hash, i) => {
        const columns = new SampleColumns();
        appendBlockSeries(block, i, columns);
        return of(hash, timesOf(columns));
      });
    }
    case KIND.chunk: {
      const columns = new SampleColumns();
      for (const chunk of decodeChunkItem(value)) appendChunk(chunk, columns);
      return of(parseChunkSortKey(sk), timesOf(columns));
    }
    default:
      return decodeSeriesBlock(value).map((labels) => ({ labels, times: undefined }));
  }
}

function timesOf({ timestamps, count }: SampleColumns): number[] {
  return Array.from(timestamps.subarray(0, count));
}

/** By the dictionary of its writer, which lies under the same key but for its kind, and by series records. */
function seriesOfRecord(sim: Simulated, item: Item, of: Of): Held[] {
  const record = new LoggedRecord(item);
  const { references, timestamps } = record.decode().record;
  const hashes = new Map<number, Uint8Array>();
  const pk = Uint8Array.from([KIND.dictionary, ...item.pk.subarray(1)]);
  for (const one of sim.table.items()) {
    if (Buffer.compare(one.pk, pk) !== 0) continue;
    const { writer, firstReference } = parseDictionarySortKey(one.sk);
    if (Buffer.compare(writer, record.writer) !== 0) continue;
    for (const [i, hash] of decodeDictionary(one.value).entries()) hashes.set(firstReference + i, hash);
  }
  for (const [reference, hash] of briefHashes(sim, item, record.writer)) hashes.set(reference, hash);
  return Array.from(references).flatMap((reference, i) => {
    const hash = hashes.get(reference);
    return hash === undefined ? [] : of(hash, [timestamps[i]]);
  });
}

/** What series records of the day give out to the shard of a log record. */
function briefHashes(sim: Simulated, { pk }: Item, writer: Uint8Array): Map<number, Uint8Array> {
  const [bits, , prefix] = pk.subarray(-3);
  const ofDay = Uint8Array.from([KIND.series, ...pk.subarray(1, -3), 0, 0, 0]);
  const found = new Map<number, Uint8Array>();
  for (const one of sim.table.items()) {
    if (Buffer.compare(one.pk, ofDay) !== 0) continue;
    const read = readGiving(one, false);
    if (read === undefined || read.given.bits !== bits) continue;
    if (Buffer.compare(read.given.dictionary, writer) !== 0) continue;
    const ofShard = read.labelSets.map(seriesHash).filter((hash) => shardOf(hash, bits) === prefix);
    for (const [i, hash] of ofShard.entries()) found.set(read.given.firsts[prefix] + i, hash);
  }
  return found;
}

function labelsByHash({ models }: Simulated, tenant: string): Map<string, LabelSet> {
  const known = models.get(tenant)!.labelSets();
  return new Map(known.map((labels) => [hashHex(seriesHash(labels)), labels]));
}
