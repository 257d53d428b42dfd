/**
 * How far a bucket's chunking has come, for one that takes longer than an invocation. It is a note, not a claim: whoever takes
 * it up writes the same items under the same keys as whoever else does.
 */
import { errorKind } from "../../model/errors.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { PART_ID_BYTES, progressKey } from "../layout/keys.ts";
import { transientExpiry } from "../layout/retention.ts";
import { extentOf, type SampleExtent } from "../parts/hashed-samples.ts";
import type { Item } from "../table/table.ts";
import type { DayContext } from "./day-context.ts";
import type { ReadCount } from "./merge-parts.ts";
import type { StoredItems } from "./pacing/item-sink.ts";
import type { Chunking } from "./plan-compaction.ts";

/** The version of a note; of one with `deletedTo`, which versions that do not know it must not take up. */
const VERSION = 4;
const DELETED = 5;
/** The same two with `stored`. */
const HALF = 6;
const HALF_DELETED = 7;

/** A part that is being written. */
export interface Output {
  /** Its id in hex. */
  readonly id: string;
  /** Of its partitions. */
  readonly shardBits: number;
  /** Of what is stored. */
  readonly extent: SampleExtent;
  /** The last series of its partitions (part-ends.ts). */
  readonly ends: string;
}

export interface ChunkingProgress {
  /** Groups of series, as bits, and how many of them are stored. */
  readonly bits: number;
  readonly groups: number;
  readonly chunks: Output;
  /** Of the series that have few samples; undefined: all series become chunks. */
  readonly sparse: Output | undefined;
  /** What was read of each input. */
  readonly counts: readonly ReadCount[];
  /** The earliest expiry of what is stored, in seconds; 0: never. */
  readonly expiresAtSeconds: number;
  /** What deletions up to this number hide is left out. */
  readonly deletedTo: number;
  /** What is stored of the group after the last whole one; `counts` and extents are without it. */
  readonly stored?: StoredItems | undefined;
}

/** What was noted for the same inputs; undefined if nothing was, or by the first version. A damaged note counts as none. */
export async function loadProgress(
  { table, tenant, day }: DayContext,
  plan: Chunking,
): Promise<ChunkingProgress | undefined> {
  try {
    const item = await table.get(progressKey(tenant, day, plan.bucket), { consistent: true });
    return item && decodeProgress(item, plan);
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    return undefined;
  }
}

function decodeProgress(item: Item, plan: Chunking): ChunkingProgress | undefined {
  const reader = new ByteReader(item.value, "chunking progress");
  const inputs = reader.readString();
  const version = [VERSION, DELETED, HALF, HALF_DELETED].find((one) => inputs === inputsOf(plan, one));
  if (version === undefined) return undefined;
  const deletedTo = version === DELETED || version === HALF_DELETED ? reader.readVarint() : 0;
  const stored =
    version === HALF || version === HALF_DELETED
      ? { items: reader.readVarint(), digest: reader.readVarint() }
      : undefined;
  const id = readId(reader);
  const [bits, groups] = [reader.readVarint(), reader.readVarint()];
  const chunks = { id, shardBits: bits, extent: readExtent(reader), ends: readEnds(reader) };
  const counts = Array.from({ length: reader.readVarint() }, () => {
    return { samples: reader.readVarint(), damaged: reader.readVarint() };
  });
  const expiresAtSeconds = reader.readVarint();
  const sparse =
    reader.remaining === 0
      ? undefined
      : {
          id: readId(reader),
          shardBits: reader.readVarint(),
          extent: readExtent(reader),
          ends: readEnds(reader),
        };
  return { bits, groups, chunks, sparse, counts, expiresAtSeconds, deletedTo, ...(stored && { stored }) };
}

/** Notes progress after the first items of a group; until then there is nothing to note. */
export async function storeProgress(
  { table, tenant, day, retentionMs, clock }: DayContext,
  plan: Chunking,
  { bits, groups, chunks, sparse, counts, expiresAtSeconds, deletedTo, stored }: ChunkingProgress,
): Promise<void> {
  if (stored === undefined && counts.every(({ samples, damaged }) => samples + damaged === 0)) return;
  const writer = new ByteWriter();
  const [whole, half] = deletedTo === 0 ? [VERSION, HALF] : [DELETED, HALF_DELETED];
  writer.writeString(inputsOf(plan, stored === undefined ? whole : half));
  if (deletedTo > 0) writer.writeVarint(deletedTo);
  if (stored !== undefined) writer.writeVarint(stored.items).writeVarint(stored.digest);
  writer.writeBytes(Buffer.from(chunks.id, "hex")).writeVarint(bits).writeVarint(groups);
  writeExtent(writer, chunks.extent);
  writeEnds(writer, chunks.ends);
  writer.writeVarint(counts.length);
  for (const { samples, damaged } of counts) writer.writeVarint(samples).writeVarint(damaged);
  writer.writeVarint(expiresAtSeconds);
  if (sparse !== undefined) {
    writer.writeBytes(Buffer.from(sparse.id, "hex")).writeVarint(sparse.shardBits);
    writeExtent(writer, sparse.extent);
    writeEnds(writer, sparse.ends);
  }
  const key = progressKey(tenant, day, plan.bucket);
  await table.put({ ...key, value: writer.finish(), ...transientExpiry(clock(), day, retentionMs) });
}

function readId(reader: ByteReader): string {
  return Buffer.from(reader.readBytes(PART_ID_BYTES)).toString("hex");
}

function writeEnds(writer: ByteWriter, ends: string): void {
  const bytes = Buffer.from(ends, "hex");
  writer.writeVarint(bytes.length).writeBytes(bytes);
}

function readEnds(reader: ByteReader): string {
  return Buffer.from(reader.readBytes(reader.readVarint())).toString("hex");
}

function writeExtent(writer: ByteWriter, { samples, minTime, maxTime }: SampleExtent): void {
  writer.writeVarint(samples);
  if (samples > 0) writer.writeSigned(minTime).writeVarint(maxTime - minTime);
  else writer.writeSigned(0).writeVarint(0);
}

function readExtent(reader: ByteReader): SampleExtent {
  const samples = reader.readVarint();
  const minTime = reader.readSigned();
  const maxTime = minTime + reader.readVarint();
  return samples === 0 ? extentOf([]) : { samples, minTime, maxTime };
}

/**
 * The inputs that a note is of. The first version compares the ids alone: it knows no counts and no run of few samples, so
 * after a rollback it must not take this note up.
 */
function inputsOf({ inputs }: Chunking, version = VERSION): string {
  return `${version}/${inputs.map((part) => part.id).join("")}`;
}
