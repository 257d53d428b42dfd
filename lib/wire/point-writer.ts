/** The points of one series, `[time,"value"],…`, as bytes: text would be joined from parts and encoded. */
import { MAX_FLOAT_BYTES, writeAscii, writeJsonFloat } from "../number/write-float.ts";

/** Points in a piece: 12 to 60 KB. */
const PIECE_POINTS = 1000;
/** Bytes of a point beside its time and its value. */
const MARKS = '[,""],'.length;
/** Bytes of a time, with sign and milliseconds. */
const MAX_TIME_BYTES = 24;
const QUOTE = 0x22;
const COMMA = 0x2c;
const END = 0x5d;

/** Bytes that a copy of times moves at once. Those past the end are overwritten by what follows. */
const WORD_BYTES = Float64Array.BYTES_PER_ELEMENT;

/** Holds one piece. */
const scratch = new Uint8Array(PIECE_POINTS * (MAX_TIME_BYTES + MARKS + MAX_FLOAT_BYTES) + WORD_BYTES);
const scratchWords = new DataView(scratch.buffer);

/** The beginnings of a column's points, `[time,"`, one after the other. */
export class PrintedTimes {
  readonly bytes: DataView;
  /** The start of each, and the end of the last. */
  readonly bounds: Int32Array;

  constructor(timestamps: Float64Array, print: (timestampMs: number) => string) {
    this.bounds = new Int32Array(timestamps.length + 1);
    const bytes = new Uint8Array(timestamps.length * (MAX_TIME_BYTES + MARKS) + WORD_BYTES);
    this.bytes = new DataView(bytes.buffer);
    let at = 0;
    for (let i = 0; i < timestamps.length; i++) {
      at = writeAscii(`[${print(timestamps[i])},"`, bytes, at);
      this.bounds[i + 1] = at;
    }
  }
}

/**
 * The points of a column, without brackets around them; `times` and `values` have the same length. A piece is valid
 * until the next write by this module.
 */
export function* writePoints(times: PrintedTimes, values: Float64Array): Generator<Uint8Array> {
  for (let start = 0; start < values.length; start += PIECE_POINTS) {
    const end = Math.min(start + PIECE_POINTS, values.length);
    yield scratch.subarray(0, writePiece(times, values, start, end));
  }
}

/** Returns the length. */
function writePiece(times: PrintedTimes, values: Float64Array, start: number, end: number): number {
  const { bytes, bounds } = times;
  let at = 0;
  for (let i = start; i < end; i++) {
    if (i > 0) scratch[at++] = COMMA;
    at = copyTime(bytes, bounds[i], bounds[i + 1], at);
    at = writeJsonFloat(values[i], scratch, at);
    scratch[at++] = QUOTE;
    scratch[at++] = END;
  }
  return at;
}

/** As doubles, eight bytes at once: ASCII is never NaN, whose bits might change. Returns the end. */
function copyTime(bytes: DataView, start: number, end: number, at: number): number {
  for (let from = start, to = at; from < end; from += WORD_BYTES, to += WORD_BYTES)
    scratchWords.setFloat64(to, bytes.getFloat64(from));
  return at + end - start;
}
