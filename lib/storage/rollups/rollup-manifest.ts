/**
 * The manifest of a month's rows: which days have rows, and in which parts. As of samples, parts are
 * immutable and count once a manifest names them, and it is replaced by compare and swap only.
 *
 *     version      1 byte, 1
 *     generation   varint
 *     lease        owner (8 bytes), until (varint, ms)
 *     expires      varint, seconds, 0 for never: no item of a part leaves earlier
 *     days         varint, then each
 *       day          varint, less the first day of the month
 *       flags        1 byte: bit 0 stale, bit 1 withdrawn, bit 2 whether `deletedTo` follows the source
 *       source       8 bytes: a digest of the parts of samples that its rows were made of
 *       deletedTo    varint
 *     parts        varint, then each
 *       days         varint, then each as above: the days whose rows count
 *       id           8 bytes
 *       day          varint, less the first day of the month
 *       shardBits, created (ms), rows, series, blocks   varints
 *       index        varint, then each: id (8 bytes), shardBits, created (ms), series, blocks
 *     superseded   varint, then each: since when (varint, ms), and a part as above without its days
 */
import { HearthError } from "../../model/errors.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import type { Deletion } from "../deletion/deletion.ts";
import { PART_ID_BYTES } from "../layout/keys.ts";
import { type IndexPart, type Lease, type Manifest, NO_LEASE } from "../layout/manifest.ts";
import { firstDayOf } from "../layout/rollup-keys.ts";

export interface RowPart {
  /** Hex of `PART_ID_BYTES` random bytes. */
  readonly id: string;
  /** The first day that it was made of: a part of its keys. */
  readonly day: number;
  /** Days whose rows count; later parts may have others that this one has rows of. Ascending. */
  readonly days: readonly number[];
  readonly shardBits: number;
  readonly createdMs: number;
  readonly rows: number;
  readonly series: number;
  readonly blocks: number;
  /** Its series. */
  readonly index: readonly IndexPart[];
}

/** A part, its days whose rows count, and what deletions hide of these. */
export interface RowSource {
  readonly part: RowPart;
  readonly days: ReadonlySet<number>;
  readonly hiding: RowHiding;
}

/** Deletions that are not carried out in all of some rows (lib/storage/rollups/hidden-rows.ts). */
export interface RowHiding {
  readonly deletions: readonly Deletion[];
  /** By day, as in `RolledDay`; 0 of a day that is not there. */
  readonly deletedTo: ReadonlyMap<number, number>;
}

/** A day that has rows. */
export interface RolledDay {
  readonly day: number;
  /** Its samples have changed, or are about to: they count, and not its rows. */
  readonly isStale: boolean;
  /**
   * Its rows have something that was deleted: nobody may read them, even if its samples are gone. Earlier
   * versions wrote it; deletions of months took its place.
   */
  readonly isWithdrawn?: true | undefined;
  /** See `sourceOf`. */
  readonly source: string;
  /** Its rows have nothing of what the month's deletions up to this number hide. Default 0. */
  readonly deletedTo?: number | undefined;
}

export interface RollupManifest {
  readonly generation: number;
  readonly lease: Lease;
  readonly expiresAtSeconds: number;
  readonly days: readonly RolledDay[];
  readonly parts: readonly RowPart[];
  /** Parts whose items wait to be deleted: somebody may still read them. */
  readonly superseded: readonly SupersededPart[];
}

export interface SupersededPart {
  readonly part: Omit<RowPart, "days">;
  readonly sinceMs: number;
}

export const EMPTY_ROLLUP_MANIFEST: RollupManifest = {
  generation: 0,
  lease: NO_LEASE,
  expiresAtSeconds: 0,
  days: [],
  parts: [],
  superseded: [],
};

const VERSION = 1;
const WHAT = "rollup manifest";
const IS_STALE = 1;
const IS_WITHDRAWN = 2;
const HAS_DELETED_TO = 4;
const SOURCE_BYTES = 8;

export function encodeRollupManifest(month: number, manifest: RollupManifest): Uint8Array {
  const first = firstDayOf(month);
  const writer = new ByteWriter()
    .writeByte(VERSION)
    .writeVarint(manifest.generation)
    .writeBytes(Buffer.from(manifest.lease.owner, "hex"))
    .writeVarint(manifest.lease.untilMs)
    .writeVarint(manifest.expiresAtSeconds)
    .writeVarint(manifest.days.length);
  for (const { day, isStale, isWithdrawn, source, deletedTo = 0 } of manifest.days) {
    const flags = (isStale ? IS_STALE : 0) | (isWithdrawn ? IS_WITHDRAWN : 0);
    writer
      .writeVarint(day - first)
      .writeByte(flags | (deletedTo > 0 ? HAS_DELETED_TO : 0))
      .writeBytes(Buffer.from(source, "hex"));
    if (deletedTo > 0) writer.writeVarint(deletedTo);
  }
  writer.writeVarint(manifest.parts.length);
  for (const part of manifest.parts) {
    writer.writeVarint(part.days.length);
    for (const day of part.days) writer.writeVarint(day - first);
    writePart(writer, part, first);
  }
  writer.writeVarint(manifest.superseded.length);
  for (const { part, sinceMs } of manifest.superseded) writePart(writer.writeVarint(sinceMs), part, first);
  return writer.finish();
}

function writePart(writer: ByteWriter, part: Omit<RowPart, "days">, firstDay: number): void {
  writer
    .writeBytes(Buffer.from(part.id, "hex"))
    .writeVarint(part.day - firstDay)
    .writeVarint(part.shardBits)
    .writeVarint(part.createdMs)
    .writeVarint(part.rows)
    .writeVarint(part.series)
    .writeVarint(part.blocks)
    .writeVarint(part.index.length);
  for (const { id, shardBits, createdMs, series, blocks } of part.index)
    writer
      .writeBytes(Buffer.from(id, "hex"))
      .writeVarint(shardBits)
      .writeVarint(createdMs)
      .writeVarint(series)
      .writeVarint(blocks);
}

/** Throws "data". */
export function decodeRollupManifest(month: number, value: Uint8Array): RollupManifest {
  const reader = new ByteReader(value, WHAT);
  const version = reader.readByte();
  if (version !== VERSION) throw new HearthError("data", `${WHAT}: version ${version}, expected ${VERSION}`);
  const first = firstDayOf(month);
  const generation = reader.readVarint();
  const lease = { owner: readHex(reader, PART_ID_BYTES), untilMs: reader.readVarint() };
  const expiresAtSeconds = reader.readVarint();
  const days = readAll(reader, (): RolledDay => {
    const day = first + reader.readVarint();
    const flags = reader.readByte();
    const isStale = (flags & IS_STALE) !== 0;
    const withdrawn = (flags & IS_WITHDRAWN) !== 0 ? { isWithdrawn: true as const } : {};
    const source = readHex(reader, SOURCE_BYTES);
    const deleted = (flags & HAS_DELETED_TO) !== 0 ? { deletedTo: reader.readVarint() } : {};
    return { day, isStale, ...withdrawn, source, ...deleted };
  });
  const parts = readAll(reader, (): RowPart => {
    const ofDays = readAll(reader, () => first + reader.readVarint());
    return { ...readPart(reader, first), days: ofDays };
  });
  const superseded = readAll(reader, (): SupersededPart => {
    const sinceMs = reader.readVarint();
    return { sinceMs, part: readPart(reader, first) };
  });
  reader.expectEnd();
  return { generation, lease, expiresAtSeconds, days, parts, superseded };
}

function readPart(reader: ByteReader, firstDay: number): Omit<RowPart, "days"> {
  const [id, day] = [readHex(reader, PART_ID_BYTES), firstDay + reader.readVarint()];
  const [shardBits, createdMs, rows] = [reader.readVarint(), reader.readVarint(), reader.readVarint()];
  const [series, blocks] = [reader.readVarint(), reader.readVarint()];
  return {
    id,
    day,
    shardBits,
    createdMs,
    rows,
    series,
    blocks,
    index: readAll(reader, () => readIndexPart(reader)),
  };
}

function readAll<T>(reader: ByteReader, read: () => T): T[] {
  const all: T[] = [];
  for (let count = reader.readVarint(); count > 0; count--) all.push(read());
  return all;
}

function readIndexPart(reader: ByteReader): IndexPart {
  const id = readHex(reader, PART_ID_BYTES);
  const [shardBits, createdMs] = [reader.readVarint(), reader.readVarint()];
  return { id, shardBits, createdMs, series: reader.readVarint(), blocks: reader.readVarint() };
}

function readHex(reader: ByteReader, length: number): string {
  return Buffer.from(reader.readBytes(length)).toString("hex");
}

/** A digest of the parts that hold a day's samples, 8 bytes in hex: with other parts its rows are made again. */
export function sourceOf({ parts }: Pick<Manifest, "parts">): string {
  let [low, high] = [0x811c9dc5, 0x9e3779b9];
  for (const { id } of parts)
    for (const byte of Buffer.from(id, "hex")) {
      low = Math.imul(low ^ byte, 0x01000193);
      high = Math.imul(high ^ byte, 0x01000193);
    }
  const hex = (word: number) => (word >>> 0).toString(16).padStart(8, "0");
  return hex(high) + hex(low);
}

/** With a part that takes the place of what other parts have of its days, at a time in ms. */
export function withPart(
  { parts, days, superseded, ...rest }: RollupManifest,
  part: RowPart,
  rolled: readonly RolledDay[],
  nowMs: number,
): RollupManifest {
  const taken = new Set(part.days);
  const left: RowPart[] = [];
  const gone: SupersededPart[] = [];
  for (const one of parts) {
    const others = one.days.filter((day) => !taken.has(day));
    if (others.length > 0) left.push({ ...one, days: others });
    else if (one.id !== part.id) gone.push({ part: one, sinceMs: nowMs });
  }
  const kept = days.filter(({ day }) => !taken.has(day));
  return {
    ...rest,
    days: [...kept, ...rolled].sort((a, b) => a.day - b.day),
    parts: part.rows === 0 && part.index.length === 0 ? left : [...left, part],
    superseded: [...superseded, ...gone],
  };
}
