/**
 * A block of a run: the samples of many series, sorted by hash, each one's by time. Runs are what the log is merged to
 * first, ten minutes of it at a time; on the recorded samples a block of 8 KB takes 1.03 bytes a sample, 20 bytes of hash
 * for 40 samples included.
 *
 *     version    1 byte, 1
 *     series     varint
 *     samples    varint
 *     columns    deflated:
 *       hashes     20 bytes each
 *       counts     of samples, varints
 *       times      for each series: the first less the last series' first; the first step less the last series' first
 *                  step; each further step less the one before it
 *       values     of all series, chained (columns.ts)
 */
import { HearthError } from "../model/errors.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { ColumnReader, ColumnWriter, MAX_DELTA_BYTES, MAX_VALUE_BYTES } from "./columns.ts";
import { HASH_BYTES } from "./keys.ts";

/** Series and samples of one block at most: one that does not deflate at all still is an item under 400 KB. */
export const MAX_BLOCK_SAMPLES = 16_384;
export const MAX_BLOCK_SERIES = 4096;

const VERSION = 1;
const MAX_SERIES_BYTES = HASH_BYTES + MAX_DELTA_BYTES;
const MAX_SAMPLE_BYTES = MAX_DELTA_BYTES + MAX_VALUE_BYTES;

/** Series by hash, ascending; the samples of series i are `bounds[i]..bounds[i + 1]` of the columns, ascending by time. */
export interface RunBlock {
  readonly hashes: readonly Uint8Array[];
  readonly bounds: Int32Array;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
}

/** Encodes a block that is within the limits. */
export function encodeRunBlock(block: RunBlock): Uint8Array {
  const { hashes, bounds, timestamps, values } = block;
  const header = new ByteWriter()
    .writeByte(VERSION)
    .writeVarint(hashes.length)
    .writeVarint(timestamps.length);
  const writer = new ColumnWriter(hashes.length * MAX_SERIES_BYTES + timestamps.length * MAX_SAMPLE_BYTES);
  for (const hash of hashes) writer.writeBytes(hash);
  writer.writeDeltas(bounds, 1, bounds.length, 0);
  writeTimes(writer, bounds, timestamps);
  writer.writeValues(values, 0, values.length, true);
  return writer.deflateBehind(header.finish());
}

function writeTimes(writer: ColumnWriter, bounds: Int32Array, timestamps: Float64Array): void {
  let seriesTime = 0;
  let seriesStep = 0;
  for (let series = 0; series + 1 < bounds.length; series++) {
    const start = bounds[series];
    const end = bounds[series + 1];
    writer.writeSigned(timestamps[start] - seriesTime);
    seriesTime = timestamps[start];
    let step = seriesStep;
    for (let i = start + 1; i < end; i++) {
      const next = timestamps[i] - timestamps[i - 1];
      writer.writeSigned(next - step);
      step = next;
      if (i === start + 1) seriesStep = next;
    }
  }
}

/** Throws "data" for bytes that `encodeRunBlock` cannot have made. */
export function decodeRunBlock(bytes: Uint8Array): RunBlock {
  const reader = new ByteReader(bytes, "run block");
  const version = reader.readByte();
  if (version !== VERSION)
    throw new HearthError("data", `run block: version ${version}, expected ${VERSION}`);
  const seriesCount = reader.readVarint();
  const sampleCount = reader.readVarint();
  if (seriesCount > MAX_BLOCK_SERIES || sampleCount > MAX_BLOCK_SAMPLES) {
    throw new HearthError("data", `run block: ${seriesCount} series and ${sampleCount} samples are too many`);
  }
  const maxBytes = seriesCount * MAX_SERIES_BYTES + sampleCount * MAX_SAMPLE_BYTES;
  const columns = new ColumnReader(reader.readBytes(reader.remaining), maxBytes, "run block");
  const hashes = Array.from({ length: seriesCount }, () => columns.readBytes(HASH_BYTES));
  const bounds = readBounds(columns, seriesCount, sampleCount);
  const timestamps = readTimes(columns, bounds, sampleCount);
  const values = columns.readValues(sampleCount, true);
  columns.expectEnd();
  return { hashes, bounds, timestamps, values };
}

function readBounds(columns: ColumnReader, seriesCount: number, sampleCount: number): Int32Array {
  const bounds = new Int32Array(seriesCount + 1);
  columns.readDeltas(bounds.subarray(1), 0);
  for (let i = 0; i < seriesCount; i++) {
    if (bounds[i + 1] <= bounds[i]) throw new HearthError("data", `run block: series ${i} has no samples`);
  }
  if (bounds[seriesCount] === sampleCount) return bounds;
  throw new HearthError(
    "data",
    `run block: counts add up to ${bounds[seriesCount]}, expected ${sampleCount}`,
  );
}

function readTimes(columns: ColumnReader, bounds: Int32Array, sampleCount: number): Float64Array {
  const timestamps = new Float64Array(sampleCount);
  let seriesTime = 0;
  let seriesStep = 0;
  for (let series = 0; series + 1 < bounds.length; series++) {
    const start = bounds[series];
    seriesTime += columns.readSigned();
    timestamps[start] = seriesTime;
    let step = seriesStep;
    for (let i = start + 1; i < bounds[series + 1]; i++) {
      step += columns.readSigned();
      timestamps[i] = timestamps[i - 1] + step;
      if (i === start + 1) seriesStep = step;
    }
  }
  return timestamps;
}
