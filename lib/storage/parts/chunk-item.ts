/**
 * A chunk item's value: the samples of one series in one bucket as chunks. An item out of which samples were deleted has them
 * in the frame of erased-item.ts.
 *
 *     version    1 byte: 1, XOR chunks alone; 2, native histograms among them; 5, other chunks of floats; 3, 4 and 7, the
 *                same with starts
 *     chunks     varint
 *     for each   minTime (the first a zigzag varint, each further a varint, less the maxTime before it), maxTime (a varint,
 *                less minTime), length (varint)
 *     encodings  all versions but 1 and 3: a byte for each, 1 XOR, 2 histograms, 3 float histograms, 4 XOR2, 5 steady
 *                (steady-chunk.ts), 6 decimal (decimal-chunk.ts)
 *     data       the chunks, one after another
 *     starts     versions 3, 4 and 7 alone: of the samples of all chunks, in order of time (start-runs.ts)
 */
import type { Chunk } from "../../chunk/cut.ts";
import { readHistogramChunkHead } from "../../chunk/histogram-chunk.ts";
import { HearthError } from "../../model/errors.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { hasStarts, readStartRuns, type StartRun, takeRuns, writeStarts } from "../codec/start-runs.ts";
import { readErased } from "./erased-item.ts";
import { countFloats, type FloatForm, type FormedChunk } from "./float-chunks.ts";

const FLOATS_VERSION = 1;
const MIXED_VERSION = 2;
const FORMED_VERSION = 5;
/** What is added to each where there are starts. */
const STARTED = 2;
const VERSIONS: ReadonlySet<number> = new Set(
  [FLOATS_VERSION, MIXED_VERSION, FORMED_VERSION].flatMap((version) => [version, version + STARTED]),
);

type Encoding = Chunk["kind"] | FloatForm;
/** By the number of the encoding less 1. */
const ENCODINGS: readonly Encoding[] = [undefined, "integer", "float", "xor2", "steady", "decimal"];

/** A chunk with what its encoding has no place for. */
export interface StoredChunk extends FormedChunk {
  /** Absent where no sample has a start. */
  readonly starts?: ChunkStarts | undefined;
}

/** Since when a chunk's samples count. */
export interface ChunkStarts {
  readonly runs: readonly StartRun[];
  /** The time of the item's sample before the chunk, in ms. */
  readonly timeBefore: number;
}

/** Since when the samples of an item count, each with its time, in order. */
export interface StartColumn {
  readonly timestamps: Float64Array;
  readonly starts: Float64Array;
}

/** `chunks`: at least one, in order of time, not overlapping; `starts`: of their samples, if any has one. */
export function encodeChunkItem(chunks: readonly FormedChunk[], starts?: StartColumn): Uint8Array {
  const version = versionOf(chunks);
  const isStarted = hasStarts(starts?.starts);
  const writer = new ByteWriter().writeByte(version + (isStarted ? STARTED : 0)).writeVarint(chunks.length);
  let previous = 0;
  chunks.forEach(({ minTime, maxTime, bytes }, i) => {
    if (i === 0) writer.writeSigned(minTime);
    else writer.writeVarint(minTime - previous);
    writer.writeVarint(maxTime - minTime).writeVarint(bytes.length);
    previous = maxTime;
  });
  if (version !== FLOATS_VERSION)
    for (const { kind, form } of chunks) writer.writeByte(ENCODINGS.indexOf(kind ?? form) + 1);
  for (const { bytes } of chunks) writer.writeBytes(bytes);
  if (starts !== undefined && isStarted) writeStarts(writer, starts.starts, starts.timestamps);
  return writer.finish();
}

function versionOf(chunks: readonly FormedChunk[]): number {
  if (chunks.some(({ kind }) => kind !== undefined)) return MIXED_VERSION;
  return chunks.some(({ form }) => form !== undefined) ? FORMED_VERSION : FLOATS_VERSION;
}

/** Whether an item's samples are floats, all of them. */
export function isOfFloats(value: Uint8Array): boolean {
  const [version = FLOATS_VERSION] = readErased(value).left;
  return version !== MIXED_VERSION && version !== MIXED_VERSION + STARTED;
}

/** The chunks, their bytes views of the item's. Throws "data". */
export function decodeChunkItem(value: Uint8Array): StoredChunk[] {
  const { erased, left } = readErased(value);
  if (erased > 0 && left.length === 0) return [];
  const reader = new ByteReader(left, "chunk item");
  const version = reader.readByte();
  if (!VERSIONS.has(version))
    throw new HearthError("data", `chunk item: version ${version}, expected 1 to 5 or 7`);
  const isStarted = version > STARTED && version !== FORMED_VERSION;
  const areEncodingsNamed = version !== FLOATS_VERSION && version !== FLOATS_VERSION + STARTED;
  const count = reader.readVarint();
  const heads: { minTime: number; maxTime: number; length: number }[] = [];
  let previous = 0;
  for (let i = 0; i < count; i++) {
    const minTime = i === 0 ? reader.readSigned() : previous + reader.readVarint();
    previous = minTime + reader.readVarint();
    heads.push({ minTime, maxTime: previous, length: reader.readVarint() });
  }
  const encodings = areEncodingsNamed ? readEncodings(reader, count) : undefined;
  const chunks = heads.map(({ minTime, maxTime, length }, i): FormedChunk => {
    const bytes = reader.readBytes(length) as Uint8Array<ArrayBuffer>;
    const encoding = encodings?.[i];
    if (encoding === undefined) return { minTime, maxTime, bytes };
    const isKind = encoding === "integer" || encoding === "float";
    return isKind ? { minTime, maxTime, bytes, kind: encoding } : { minTime, maxTime, bytes, form: encoding };
  });
  return isStarted ? withStarts(chunks, reader) : chunks;
}

function withStarts(chunks: readonly FormedChunk[], reader: ByteReader): StoredChunk[] {
  const counts = chunks.map(countChunkSamples);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const runs = readStartRuns(reader, total, chunks[0]?.minTime ?? 0);
  return chunks.map((chunk, i) => {
    const timeBefore = i === 0 ? Number.NaN : chunks[i - 1].maxTime;
    return { ...chunk, starts: { runs: takeRuns(runs, counts[i]), timeBefore } };
  });
}

/** Throws "data" for bytes that cannot hold what they say. */
export function countChunkSamples(chunk: FormedChunk): number {
  return chunk.kind === undefined ? countFloats(chunk) : readHistogramChunkHead(chunk.bytes).count;
}

function readEncodings(reader: ByteReader, count: number): Encoding[] {
  return Array.from(reader.readBytes(count), (encoding) => {
    if (encoding >= 1 && encoding <= ENCODINGS.length) return ENCODINGS[encoding - 1];
    throw new HearthError("data", `chunk item: encoding ${encoding}, expected 1 to ${ENCODINGS.length}`);
  });
}
