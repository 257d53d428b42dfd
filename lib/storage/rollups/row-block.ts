/**
 * A block of hourly rows of some series. Each column of a kind of rows is written for all series
 * after one another, and each value as what it differs from what other columns let expect.
 *
 *     version    1 byte, 1
 *     series     varint
 *     floats     varint, rows of floats
 *     histograms varint, rows of native histograms, and of how many bytes their histograms are
 *     columns    deflated:
 *       hashes     20 bytes each
 *       counts     of rows of floats, then of histograms, varints
 *       floats     rows (below), then last values, chained, and predicted (column-writer.ts):
 *         firsts     by the last value of the row before it
 *         mins, maxs by the lower and the higher of first and last
 *         sums       by count * mean of first and last
 *         drops      by sum * resets / count
 *       histograms rows (below), then the bytes of each row's first, last, sum and drops, those that
 *                  there are, one after another (histogram-bytes.ts)
 *
 *     rows       hours since the epoch, in runs of deltas; counts, in runs of deltas; flags, a byte
 *                each; first times less the start of the hour, and last times before its end, deltas
 *                in ms; resets, changes, deltas
 *
 * Sums and drops are rounded to decimals that differ by 2^-43 at most.
 */
import { HearthError } from "../../model/errors.ts";
import type { Histogram } from "../../model/histogram.ts";
import {
  type FloatRows,
  type HistogramRows,
  type HourRows,
  ROW_FIRST_IS_RESET,
  ROW_IS_INCOMPATIBLE,
  type RowColumns,
} from "../../model/rows/hour-rows.ts";
import { HOUR_MS } from "../../model/time.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { ColumnReader, inflateColumns } from "../codec/column-reader.ts";
import {
  ColumnWriter,
  MAX_DELTA_BYTES,
  MAX_RUN_BYTES,
  MAX_VALUE_BYTES,
  nearestDecimal,
} from "../codec/column-writer.ts";
import { readHistogram, writeHistogram } from "../codec/histogram-bytes.ts";
import { HASH_BYTES } from "../layout/keys.ts";
import { newFloatRows } from "./float-rows.ts";
import { newHistogramRows } from "./histogram-rows.ts";
import { gatherFloats, gatherHistograms, sliceFloats, sliceHistograms } from "./row-slices.ts";

/** Of one block at most: series, rows of either kind, and bytes of histograms. */
export const MAX_BLOCK_SERIES = 1024;
export const MAX_BLOCK_ROWS = 2048;
export const MAX_HISTOGRAM_BYTES = 288 * 1024;

const VERSION = 1;
const WHAT = "row block";
/** What a row takes at most, its histograms apart: seven columns of all rows, and six of floats. */
const MAX_ROW_BYTES = 7 * (MAX_DELTA_BYTES + MAX_RUN_BYTES);
const MAX_FLOAT_ROW_BYTES = MAX_ROW_BYTES + 6 * MAX_VALUE_BYTES;
const MAX_SERIES_BYTES = HASH_BYTES + 2 * MAX_DELTA_BYTES;
const SUM_SHARE = 2 ** -43;

/** One series of a block. */
export interface BlockRows {
  readonly hash: Uint8Array;
  readonly rows: HourRows;
}

/** Series by hash, ascending; the rows of series i are `bounds[i]..bounds[i + 1]` of the columns of a kind. */
export interface RowBlock {
  readonly hashes: readonly Uint8Array[];
  readonly floatBounds: Int32Array;
  readonly floats: FloatRows;
  readonly histogramBounds: Int32Array;
  readonly histograms: HistogramRows | undefined;
}

/** Encodes series that are within the limits. */
export function encodeRowBlock(series: readonly BlockRows[]): Uint8Array {
  const rows = series.map((one) => one.rows);
  const floats = gatherFloats(rows);
  const histograms = gatherHistograms(rows);
  const encoded = encodeHistograms(histograms);
  const [floatRows, histogramRows] = [floats.hours.length, histograms.hours.length];
  const header = new ByteWriter()
    .writeByte(VERSION)
    .writeVarint(series.length)
    .writeVarint(floatRows)
    .writeVarint(histogramRows)
    .writeVarint(encoded.length);
  const writer = new ColumnWriter(maxBytes(series.length, floatRows, histogramRows, encoded.length));
  for (const { hash } of series) writer.writeBytes(hash);
  for (const one of rows) writer.writeSigned(one.floats.hours.length);
  for (const one of rows) writer.writeSigned(one.histograms?.hours.length ?? 0);
  writeRows(writer, floats);
  writeValues(writer, floats);
  writeRows(writer, histograms);
  writer.writeBytes(encoded);
  return writer.deflateBehind(header.finish());
}

function maxBytes(series: number, floats: number, histograms: number, histogramBytes: number): number {
  return (
    series * MAX_SERIES_BYTES + floats * MAX_FLOAT_ROW_BYTES + histograms * MAX_ROW_BYTES + histogramBytes
  );
}

function writeRows(
  writer: ColumnWriter,
  { hours, counts, firstTimes, lastTimes, resets, changes, flags }: RowColumns,
): void {
  const { length } = hours;
  writer.writeDeltaRuns(
    hours.map((hour) => hour / HOUR_MS),
    0,
    length,
    0,
  );
  writer.writeDeltaRuns(counts, 0, length, 0);
  writer.writeBytes(flags);
  writer.writeDeltas(
    firstTimes.map((time, i) => time - hours[i] + HOUR_MS),
    0,
    length,
    0,
  );
  writer.writeDeltas(
    lastTimes.map((time, i) => hours[i] - time),
    0,
    length,
    0,
  );
  writer.writeDeltas(resets, 0, length, 0);
  writer.writeDeltas(changes, 0, length, 0);
}

function writeValues(writer: ColumnWriter, rows: FloatRows): void {
  const predictions = new Float64Array(rows.counts.length);
  writer.writeChainedValues(rows.lastValues);
  predictFirst(predictions, rows);
  writer.writePredictedValues(rows.firstValues, predictions);
  predictMin(predictions, rows);
  writer.writePredictedValues(rows.mins, predictions);
  predictMax(predictions, rows);
  writer.writePredictedValues(rows.maxs, predictions);
  const sums = rows.sums.map((sum) => nearestDecimal(sum, SUM_SHARE));
  predictSum(predictions, rows);
  writer.writePredictedValues(sums, predictions);
  const drops = rows.drops.map((sum) => nearestDecimal(sum, SUM_SHARE));
  predictDrops(predictions, { ...rows, sums });
  writer.writePredictedValues(drops, predictions);
}

// What a reader expects of a column by those that it has read. Each takes the place of what it predicts.

/** The last value of the row before. */
function predictFirst(firsts: Float64Array, { lastValues }: FloatRows): void {
  for (let row = 0; row < firsts.length; row++) firsts[row] = row === 0 ? 0 : lastValues[row - 1];
}

function predictMin(mins: Float64Array, { firstValues, lastValues }: FloatRows): void {
  for (let row = 0; row < mins.length; row++) mins[row] = Math.min(firstValues[row], lastValues[row]);
}

function predictMax(maxs: Float64Array, { firstValues, lastValues }: FloatRows): void {
  for (let row = 0; row < maxs.length; row++) maxs[row] = Math.max(firstValues[row], lastValues[row]);
}

function predictSum(sums: Float64Array, { counts, firstValues, lastValues }: FloatRows): void {
  for (let row = 0; row < sums.length; row++)
    sums[row] = (firstValues[row] + lastValues[row]) * 0.5 * counts[row];
}

function predictDrops(drops: Float64Array, { counts, resets, sums }: FloatRows): void {
  for (let row = 0; row < drops.length; row++)
    drops[row] = resets[row] === 0 ? 0 : (sums[row] * resets[row]) / counts[row];
}

function encodeHistograms(rows: HistogramRows): Uint8Array {
  const writer = new ByteWriter();
  for (let row = 0; row < rows.hours.length; row++) {
    if (rows.counts[row] === 0) continue;
    writeHistogram(writer, rows.firsts[row]!);
    writeHistogram(writer, rows.lasts[row]!);
    if (hasSum(rows, row)) writeHistogram(writer, withWholeCounts(rows.sums[row]!));
    if (hasDrops(rows, row)) writeHistogram(writer, withWholeCounts(rows.drops[row]!));
  }
  return writer.finish();
}

function hasSum({ flags }: Pick<RowColumns, "flags">, row: number): boolean {
  return (flags[row] & ROW_IS_INCOMPATIBLE) === 0;
}

function hasDrops({ flags, resets }: RowColumns, row: number): boolean {
  return hasSum({ flags }, row) && resets[row] > (flags[row] & ROW_FIRST_IS_RESET ? 1 : 0);
}

/** Sums are of floats; whole ones take fewer bytes as whole numbers. */
function withWholeCounts(histogram: Histogram): Histogram {
  const { count, zeroCount, positive, negative } = histogram;
  const isWhole = (one: number) => Number.isSafeInteger(one) && one >= 0 && !Object.is(one, -0);
  const areWhole =
    isWhole(count) && isWhole(zeroCount) && positive.counts.every(isWhole) && negative.counts.every(isWhole);
  return areWhole ? { ...histogram, kind: "integer" } : histogram;
}

/** Throws "data" for bytes that `encodeRowBlock` cannot have made. */
export function decodeRowBlock(bytes: Uint8Array): RowBlock {
  const header = new ByteReader(bytes, WHAT);
  const version = header.readByte();
  if (version !== VERSION) throw damaged(`version ${version}, expected ${VERSION}`);
  const series = header.readVarint();
  const [floatRows, histogramRows, histogramBytes] = [
    header.readVarint(),
    header.readVarint(),
    header.readVarint(),
  ];
  if (series > MAX_BLOCK_SERIES || floatRows > MAX_BLOCK_ROWS || histogramRows > MAX_BLOCK_ROWS)
    throw damaged(
      `${series} series, ${floatRows} and ${histogramRows} rows, expected up to ${MAX_BLOCK_SERIES}, ${MAX_BLOCK_ROWS} and ${MAX_BLOCK_ROWS}`,
    );
  if (histogramBytes > MAX_HISTOGRAM_BYTES)
    throw damaged(`${histogramBytes} bytes of histograms, expected up to ${MAX_HISTOGRAM_BYTES}`);
  const most = maxBytes(series, floatRows, histogramRows, histogramBytes);
  const deflated = header.readBytes(header.remaining);
  const reader = new ColumnReader(inflateColumns(deflated, most, WHAT), WHAT);
  const hashes = Array.from({ length: series }, () => reader.readBytes(HASH_BYTES));
  const floatBounds = readBounds(reader, series, floatRows);
  const histogramBounds = readBounds(reader, series, histogramRows);
  const floats = newFloatRows(floatRows);
  readRows(reader, floats);
  readValues(reader, floats);
  const columns = newHistogramRows(histogramRows);
  readRows(reader, columns);
  const rest = new ByteReader(reader.readBytes(histogramBytes), WHAT);
  reader.expectEnd();
  const histograms = histogramRows === 0 ? undefined : readHistograms(rest, columns);
  rest.expectEnd();
  return { hashes, floatBounds, floats, histogramBounds, histograms };
}

function damaged(what: string): HearthError {
  return new HearthError("data", `${WHAT}: ${what}`);
}

function readBounds(reader: ColumnReader, series: number, rows: number): Int32Array {
  const bounds = new Int32Array(series + 1);
  for (let i = 0; i < series; i++) {
    const count = reader.readSigned();
    if (count < 0 || bounds[i] + count > rows) throw damaged(`${count} rows of series ${i}`);
    bounds[i + 1] = bounds[i] + count;
  }
  if (bounds[series] === rows) return bounds;
  throw damaged(`counts add up to ${bounds[series]}, expected ${rows}`);
}

function readRows(
  reader: ColumnReader,
  { hours, counts, firstTimes, lastTimes, resets, changes, flags }: RowColumns,
): void {
  reader.readDeltaRuns(hours, 0);
  reader.readDeltaRuns(counts, 0);
  flags.set(reader.readBytes(flags.length));
  reader.readDeltas(firstTimes, 0);
  reader.readDeltas(lastTimes, 0);
  reader.readDeltas(resets, 0);
  reader.readDeltas(changes, 0);
  for (let i = 0; i < hours.length; i++) {
    hours[i] *= HOUR_MS;
    firstTimes[i] += hours[i] - HOUR_MS;
    lastTimes[i] = hours[i] - lastTimes[i];
  }
}

function readValues(reader: ColumnReader, rows: FloatRows): void {
  const { firstValues, lastValues, mins, maxs, sums, drops } = rows;
  lastValues.set(reader.readChainedValues(lastValues.length));
  predictFirst(firstValues, rows);
  reader.readPredictedValues(firstValues);
  predictMin(mins, rows);
  reader.readPredictedValues(mins);
  predictMax(maxs, rows);
  reader.readPredictedValues(maxs);
  predictSum(sums, rows);
  reader.readPredictedValues(sums);
  predictDrops(drops, rows);
  reader.readPredictedValues(drops);
}

function readHistograms(reader: ByteReader, rows: ReturnType<typeof newHistogramRows>): HistogramRows {
  const asSum = (): Histogram => ({ ...readHistogram(reader), kind: "float" });
  for (let row = 0; row < rows.hours.length; row++) {
    if (rows.counts[row] === 0) continue;
    rows.firsts[row] = readHistogram(reader);
    rows.lasts[row] = readHistogram(reader);
    if (hasSum(rows, row)) rows.sums[row] = asSum();
    if (hasDrops(rows, row)) rows.drops[row] = asSum();
  }
  return rows;
}

/** The rows of one series of a block: views of its memory. */
export function rowsOfSeries(block: RowBlock, series: number): HourRows {
  const { floatBounds, histogramBounds, histograms } = block;
  const floats = sliceFloats(block.floats, floatBounds[series], floatBounds[series + 1]);
  const [from, to] = [histogramBounds[series], histogramBounds[series + 1]];
  return histograms === undefined || from === to
    ? { floats }
    : { floats, histograms: sliceHistograms(histograms, from, to) };
}
