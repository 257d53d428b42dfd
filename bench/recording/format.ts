/**
 * A recording of a sender's series as compressed text, described in README.md beside this file: the
 * times of each scraped target once, then a line for each series with its labels and values.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import type { Label } from "../../lib/model/labels.ts";

const FIRST_LINE = "hearth recording 1";
/** What stands for a value that no decimal gives back: its 64 bits. */
const BITS = /^x([0-9a-f]{16})$/;

export interface RecordedSamples {
  /** Sorted by name. */
  readonly labels: readonly Label[];
  /** In ms since the epoch, ascending. */
  readonly timestamps: Float64Array;
  /** As many as there are times; staleness markers are among them. */
  readonly values: Float64Array;
}

export interface Recording {
  /** What was recorded, in words. */
  readonly source: string;
  readonly series: readonly RecordedSamples[];
}

export function encodeRecording({ source, series }: Recording): Uint8Array {
  const grids = new Map<string, number>();
  const lines = series.map(({ labels, timestamps, values }) => {
    const grid = printTimes(timestamps);
    if (!grids.has(grid)) grids.set(grid, grids.size);
    return [grids.get(grid), JSON.stringify(Object.fromEntries(labels)), printValues(values)].join("\t");
  });
  const text = [FIRST_LINE, source, ...grids.keys(), "", ...lines, ""].join("\n");
  return gzipSync(text, { level: 9 });
}

/** Throws for bytes that `encodeRecording` cannot have made. */
export function decodeRecording(bytes: Uint8Array): Recording {
  const lines = gunzipSync(bytes).toString("utf8").split("\n");
  const [first, source, ...rest] = lines;
  if (first !== FIRST_LINE) throw new Error(`recording: begins with ${first}, expected ${FIRST_LINE}`);
  const gap = rest.indexOf("");
  const grids = rest.slice(0, gap).map(parseTimes);
  const series = rest.slice(gap + 1, -1).map((line) => parseSeries(line, grids));
  return { source, series };
}

/** The first, then each one's distance from the one before it. */
function printTimes(timestamps: Float64Array): string {
  return Array.from(timestamps, (time, i) => (i === 0 ? time : time - timestamps[i - 1])).join(" ");
}

function parseTimes(line: string): Float64Array {
  let time = 0;
  return Float64Array.from(line.split(" "), (text) => (time += Number(text)));
}

function parseSeries(line: string, grids: readonly Float64Array[]): RecordedSamples {
  const [grid, labels, values] = line.split("\t");
  const series = {
    labels: Object.entries<string>(JSON.parse(labels)),
    timestamps: grids[Number(grid)],
    values: parseValues(values),
  };
  if (series.values.length !== series.timestamps?.length)
    throw new Error(`recording: ${labels} has ${series.values.length} values, times=${grid}`);
  return series;
}

/** A value equal to the one before it, bit for bit, is an empty string. */
function printValues(values: Float64Array): string {
  const bits = new BigUint64Array(values.buffer, values.byteOffset, values.length);
  const print = (value: number, i: number) => (bits[i] === bits[i - 1] ? "" : printValue(value, bits[i]));
  return Array.from(values, print).join(" ");
}

/** `String` gives the shortest decimal that is the same number, and "0" for -0. */
function printValue(value: number, bits: bigint): string {
  if (Number.isNaN(value) || Object.is(value, -0)) return `x${bits.toString(16).padStart(16, "0")}`;
  return String(value);
}

function parseValues(line: string): Float64Array {
  const texts = line.split(" ");
  const values = new Float64Array(texts.length);
  const bits = new BigUint64Array(values.buffer);
  texts.forEach((text, i) => {
    const [, hex] = BITS.exec(text) ?? [];
    if (text === "") bits[i] = bits[i - 1];
    else if (hex !== undefined) bits[i] = BigInt(`0x${hex}`);
    else values[i] = Number(text);
  });
  return values;
}
