/**
 * A day's manifest: which parts hold the samples that have left the log, and up to which receive time they have. Everything
 * but the manifest is immutable and under keys of its own; a manifest is only ever replaced by compare and swap. So what a
 * compaction wrote counts from the moment its manifest is stored, all at once; what a dead or late one wrote never counts,
 * and TTL takes it.
 *
 *     version       1 byte, 2; or 3 where a part has `deletedTo`, which a version that does not know deletions must not lose
 *     generation    varint, one more with each replacement: no two manifests of a day are the same bytes
 *     flushedTo     varint, ms: log and series records received until then (included) are in the parts
 *     lease         owner (8 bytes), until (varint, ms)
 *     parts         varint, then each, the earliest received first: where two have a sample of one series and time, the
 *                   later part's counts
 *       kind        1 byte, 1 run or 2 chunks
 *       id          8 bytes
 *       bucket      varint
 *       shardBits   varint, of a run: how many leading bits of the series hash its partitions have
 *       created     varint, ms
 *       samples     varint
 *       minTime, maxTime   zigzag varint, ms; varint, less minTime
 *     index parts   varint, then each, in no order: a series may be in several
 *       id          8 bytes
 *       shardBits, created (ms), series, blocks   varints, see index-part.ts
 *     facts         manifest-facts.ts
 */
import { HearthError } from "../../model/errors.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { PART_ID_BYTES } from "./keys.ts";
import { type ManifestFacts, NO_FACTS, readFacts, writeFacts } from "./manifest-facts.ts";

export type PartKind = "run" | "chunks";

export interface Part {
  readonly kind: PartKind;
  /** Hex of `PART_ID_BYTES` random bytes. */
  readonly id: string;
  /** Number of the bucket within the day; a part's samples are all of one. */
  readonly bucket: number;
  readonly shardBits: number;
  readonly createdMs: number;
  readonly samples: number;
  /** In ms, both included. */
  readonly minTime: number;
  readonly maxTime: number;
  /** Its partitions that have items (filled-partitions.ts); undefined: that is not known. */
  readonly filled?: string | undefined;
  /** Of chunks: the last series of its partitions (part-ends.ts); undefined: that is not known. */
  readonly ends?: string | undefined;
  /** Of a run: it is the last form of its samples, and stays as long as its day. */
  readonly isFinal?: true | undefined;
  /**
   * Deletions of the day up to this number do not concern it: they were left out when it was written,
   * or came before it. Those of a higher number hide samples of it. Default: 0.
   */
  readonly deletedTo?: number | undefined;
  /** Deletions up to this number are carried out in its items. Default: `deletedTo`. */
  readonly erasedTo?: number | undefined;
}

/** Whether a part waits to become a lasting one. */
export function isOpenRun({ kind, isFinal }: Pick<Part, "kind" | "isFinal">): boolean {
  return kind === "run" && isFinal === undefined;
}

/** Label sets of the day's series (index-part.ts). */
export interface IndexPart {
  readonly id: string;
  readonly shardBits: number;
  readonly createdMs: number;
  /** Label sets, and items that hold them. */
  readonly series: number;
  readonly blocks: number;
  /** Its labels take as much memory as a merge may use, so it stays as it is. */
  readonly isFull?: true | undefined;
}

/** Who may change the manifest until when; a matter of economy: compare and swap alone keeps it right. */
export interface Lease {
  readonly owner: string;
  readonly untilMs: number;
}

export interface Manifest {
  readonly generation: number;
  readonly flushedToMs: number;
  readonly lease: Lease;
  readonly parts: readonly Part[];
  readonly index: readonly IndexPart[];
  readonly facts: ManifestFacts;
}

export const NO_LEASE: Lease = { owner: "00".repeat(PART_ID_BYTES), untilMs: 0 };

/** Of a day that was never compacted: everything is in the log. */
export const EMPTY_MANIFEST: Manifest = {
  generation: 0,
  flushedToMs: 0,
  lease: NO_LEASE,
  parts: [],
  index: [],
  facts: NO_FACTS,
};

const VERSION = 2;
const DELETED_VERSION = 3;
const KINDS: readonly PartKind[] = ["run", "chunks"];

export function encodeManifest(manifest: Manifest): Uint8Array {
  const writer = new ByteWriter()
    .writeByte(manifest.parts.some(({ deletedTo = 0 }) => deletedTo > 0) ? DELETED_VERSION : VERSION)
    .writeVarint(manifest.generation)
    .writeVarint(manifest.flushedToMs)
    .writeBytes(Buffer.from(manifest.lease.owner, "hex"))
    .writeVarint(manifest.lease.untilMs)
    .writeVarint(manifest.parts.length);
  for (const part of manifest.parts) {
    writer
      .writeByte(KINDS.indexOf(part.kind) + 1)
      .writeBytes(Buffer.from(part.id, "hex"))
      .writeVarint(part.bucket)
      .writeVarint(part.shardBits)
      .writeVarint(part.createdMs)
      .writeVarint(part.samples)
      .writeSigned(part.minTime)
      .writeVarint(part.maxTime - part.minTime);
  }
  writer.writeVarint(manifest.index.length);
  for (const { id, shardBits, createdMs, series, blocks } of manifest.index) {
    writer
      .writeBytes(Buffer.from(id, "hex"))
      .writeVarint(shardBits)
      .writeVarint(createdMs)
      .writeVarint(series)
      .writeVarint(blocks);
  }
  const final = numbersOf(manifest.parts, ({ isFinal }) => isFinal === true);
  const full = numbersOf(manifest.index, ({ isFull }) => isFull === true);
  const ends = new Map(
    manifest.parts.flatMap((part, i) => (part.ends === undefined ? [] : [[i, part.ends]])),
  );
  const filled = new Map(
    manifest.parts.flatMap((part, i) => (part.filled === undefined ? [] : [[i, part.filled]])),
  );
  const deletedTo = positives(manifest.parts, ({ deletedTo }) => deletedTo);
  const erasedTo = positives(manifest.parts, ({ erasedTo }) => erasedTo);
  writeFacts(writer, { ...manifest.facts, final, full, filled, ends, deletedTo, erasedTo });
  return writer.finish();
}

/** What is not 0, by the number of the part. */
function positives(
  parts: readonly Part[],
  of: (part: Part) => number | undefined,
): ReadonlyMap<number, number> {
  return new Map(
    parts.flatMap((part, number) => {
      const value = of(part) ?? 0;
      return value > 0 ? [[number, value]] : [];
    }),
  );
}

function numbersOf<T>(all: readonly T[], has: (one: T) => boolean): number[] {
  return all.flatMap((one, number) => (has(one) ? [number] : []));
}

/** Throws "data". */
export function decodeManifest(value: Uint8Array): Manifest {
  const reader = new ByteReader(value, "manifest");
  const version = reader.readByte();
  if (version !== VERSION && version !== DELETED_VERSION)
    throw new HearthError("data", `manifest: version ${version}, expected ${VERSION} or ${DELETED_VERSION}`);
  const generation = reader.readVarint();
  const flushedToMs = reader.readVarint();
  const lease = { owner: hex(reader.readBytes(PART_ID_BYTES)), untilMs: reader.readVarint() };
  const parts: Part[] = [];
  for (let count = reader.readVarint(); count > 0; count--) parts.push(readPart(reader));
  const index: IndexPart[] = [];
  for (let count = reader.readVarint(); count > 0; count--) index.push(readIndexPart(reader));
  const { final, full, filled, ends, deletedTo, erasedTo, ...facts } = readFacts(reader);
  for (const [number, partitions] of filled) markPart(parts, number, { filled: partitions });
  for (const [number, hashes] of ends) markPart(parts, number, { ends: hashes });
  for (const number of final) markPart(parts, number, { isFinal: true });
  for (const [number, value] of deletedTo) markPart(parts, number, { deletedTo: value });
  for (const [number, value] of erasedTo) markPart(parts, number, { erasedTo: value });
  for (const number of full) markPart(index, number, { isFull: true });
  return { generation, flushedToMs, lease, parts, index, facts };
}

function markPart<T extends object>(parts: T[], number: number, mark: Partial<T>): void {
  if (parts[number] === undefined)
    throw new HearthError("data", `manifest: fact about part ${number}, expected below ${parts.length}`);
  parts[number] = { ...parts[number], ...mark };
}

function readIndexPart(reader: ByteReader): IndexPart {
  const id = hex(reader.readBytes(PART_ID_BYTES));
  const [shardBits, createdMs] = [reader.readVarint(), reader.readVarint()];
  return { id, shardBits, createdMs, series: reader.readVarint(), blocks: reader.readVarint() };
}

function readPart(reader: ByteReader): Part {
  const kindByte = reader.readByte();
  const kind = KINDS[kindByte - 1];
  if (kind === undefined)
    throw new HearthError("data", `manifest: part of kind ${kindByte}, expected 1 or 2`);
  const id = hex(reader.readBytes(PART_ID_BYTES));
  const bucket = reader.readVarint();
  const shardBits = reader.readVarint();
  const createdMs = reader.readVarint();
  const samples = reader.readVarint();
  const minTime = reader.readSigned();
  return { kind, id, bucket, shardBits, createdMs, samples, minTime, maxTime: minTime + reader.readVarint() };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
