/**
 * 64-bit whole numbers in one of nine widths, as Prometheus' histogram chunks have them: small ones
 * are common. https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/chunks.md
 * (varbit_int, varbit_uint)
 *
 *     0                       0
 *     10        <3 bits>      -3..4                   1..7
 *     110       <6 bits>      -31..32                 ..63
 *     1110      <9 bits>      -255..256               ..511
 *     11110     <12 bits>     -2047..2048             ..4095
 *     111110    <18 bits>     -131071..131072         ..262143
 *     1111110   <25 bits>     -16777215..16777216     ..33554431
 *     11111110  <56 bits>     -(2^55 - 1)..2^55       ..2^56 - 1
 *     11111111  <64 bits>     any                     any
 *
 * Signed fields are two's complement except for the topmost value: 4 takes the bits of -4, and so on.
 *
 * Counts are below 2^53, but the change of a change of one is not, so numbers are two 32-bit lanes
 * where they may be larger.
 */
import type { BitReader } from "./bit-reader.ts";
import type { BitWriter } from "./bit-writer.ts";

/** The most bytes of a field. */
export const MAX_VARBIT_BYTES = 9;

const TWO_32 = 2 ** 32;
/** The widths of fields after one, two, ... leading ones. */
export const WIDTHS = [3, 6, 9, 12, 18, 25, 56, 64];
/** The number of widths whose fields end within 32 bits, prefix included; and within 24. */
const NARROW_WIDTHS = 6;
export const SHORT_WIDTHS = 5;

/** A 64-bit number: `high` signed, `low` unsigned. */
export interface Lanes {
  high: number;
  low: number;
}

/** Writes a whole number from 0 to 2^53. */
export function writeVarbitUint(bits: BitWriter, value: number): void {
  if (value === 0) bits.writeBits(0, 1);
  else if (value < 2 ** 25) writeNarrow(bits, value, unsignedWidth(value));
  else writeWide(bits, Math.floor(value / TWO_32), value >>> 0, true);
}

/** Writes a whole number within ±2^53. */
export function writeVarbitInt(bits: BitWriter, value: number): void {
  if (value === 0) bits.writeBits(0, 1);
  else if (value > -(2 ** 24) && value <= 2 ** 24) writeNarrow(bits, value, signedWidth(value));
  else writeWide(bits, Math.floor(value / TWO_32) | 0, value >>> 0, true);
}

/** Writes `newest - 2 * middle + oldest`, each a whole number within ±2^53. */
export function writeSecondDifference(bits: BitWriter, newest: number, middle: number, oldest: number): void {
  const change = newest - middle;
  const value = change - (middle - oldest);
  if (Math.abs(change) < 2 ** 52 && Math.abs(value) < 2 ** 52) {
    writeVarbitInt(bits, value);
    return;
  }
  const lows = (newest >>> 0) - 2 * (middle >>> 0) + (oldest >>> 0);
  const highs = Math.floor(newest / TWO_32) - 2 * Math.floor(middle / TWO_32) + Math.floor(oldest / TWO_32);
  const high = highs + Math.floor(lows / TWO_32);
  const low = lows >>> 0;
  if (high >= -(2 ** 20) && high < 2 ** 20) writeVarbitInt(bits, high * TWO_32 + low);
  else writeWide(bits, high, low, fits56(high, low));
}

/**
 * The result of `readNarrowVarbitInt` for a field of 56 or 64 bits: below all values of narrower
 * fields.
 */
export const WIDE = -(2 ** 31);

/**
 * Reads a signed field that lies within the next 32 bits, prefix included. Reads nothing if it is
 * wide.
 */
export function readNarrowVarbitInt(bits: BitReader): number {
  const head = bits.peek();
  if (head >= 0) {
    bits.skip(1);
    return 0;
  }
  const ones = Math.clz32(~head);
  if (ones > NARROW_WIDTHS) return WIDE;
  const width = WIDTHS[ones - 1];
  bits.skip(ones + 1 + width);
  const field = (head << (ones + 1)) >>> (32 - width);
  return field > 1 << (width - 1) ? field - (1 << width) : field;
}

/** Reads a signed field. */
export function readVarbitInt(bits: BitReader, into: Lanes): void {
  const narrow = readNarrowVarbitInt(bits);
  if (narrow !== WIDE) {
    setLanes(into, narrow);
    return;
  }
  const width = readWidth(bits);
  readWide(bits, width, into);
  // Half the range of 56 bits is the topmost positive number.
  const isNegative = into.high > 2 ** 23 || (into.high === 2 ** 23 && into.low > 0);
  if (width === 56 && isNegative) into.high -= 2 ** 24;
}

function setLanes(into: Lanes, value: number): void {
  into.high = value < 0 ? -1 : 0;
  into.low = value >>> 0;
}

/** Reads an unsigned field; one past 2^53 is rounded. */
export function readVarbitUint(bits: BitReader): number {
  const width = readWidth(bits);
  if (width === 0) return 0;
  if (width <= 32) return bits.readBits(width);
  const high = bits.readBits(width - 32);
  return high * TWO_32 + bits.readBits(32);
}

/** The number of two lanes, rounded past 2^53. */
export function numberOf({ high, low }: Lanes): number {
  return high * TWO_32 + low;
}

const lanes: Lanes = { high: 0, low: 0 };

/**
 * Reads what `writeSecondDifference` wrote and returns the newest number, rounded past 2^53. Chunks
 * of histograms consist of such fields; a pair of lanes for each would take twice as long.
 */
export function readSecondDifference(bits: BitReader, middle: number, oldest: number): number {
  const narrow = readNarrowVarbitInt(bits);
  if (narrow !== WIDE) {
    if (Math.abs(middle) < 2 ** 50 && Math.abs(oldest) < 2 ** 50) return middle + (middle - oldest) + narrow;
    setLanes(lanes, narrow);
  } else readVarbitInt(bits, lanes);
  return addSecondDifference(middle, oldest, lanes);
}

/** `2 * middle - oldest + difference`. */
function addSecondDifference(middle: number, oldest: number, difference: Lanes): number {
  const value = middle + (middle - oldest) + numberOf(difference);
  if (Math.abs(middle) < 2 ** 50 && Math.abs(oldest) < 2 ** 50 && Math.abs(value) < 2 ** 51) return value;
  const lows = 2 * (middle >>> 0) - (oldest >>> 0) + difference.low;
  const highs = 2 * Math.floor(middle / TWO_32) - Math.floor(oldest / TWO_32) + difference.high;
  return ((highs + Math.floor(lows / TWO_32)) | 0) * TWO_32 + (lows >>> 0);
}

function unsignedWidth(value: number): number {
  const needed = 32 - Math.clz32(value);
  return needed <= 12 ? Math.ceil(needed / 3) * 3 : needed <= 18 ? 18 : 25;
}

/** The topmost value of each width is the power of two itself. */
function signedWidth(value: number): number {
  return unsignedWidth(2 * (value > 0 ? value - 1 : -value) + 1);
}

function writeNarrow(bits: BitWriter, value: number, width: number): void {
  const ones = width <= 12 ? width / 3 : width === 18 ? 5 : 6;
  bits.writeBits(2 ** (ones + 1) - 2, ones + 1);
  bits.writeBits((value & (2 ** width - 1)) >>> 0, width);
}

function fits56(high: number, low: number): boolean {
  return (high > -(2 ** 23) && high < 2 ** 23) || high === (low > 0 ? -(2 ** 23) : 2 ** 23);
}

function writeWide(bits: BitWriter, high: number, low: number, isShort: boolean): void {
  bits.writeBits(isShort ? 0xfe : 0xff, 8);
  if (isShort) bits.writeBits(high & 0xff_ffff, 24);
  else bits.writeBits(high, 32);
  bits.writeBits(low, 32);
}

function readWidth(bits: BitReader): number {
  const ones = Math.min(Math.clz32(~bits.peek()), 8);
  bits.skip(Math.min(ones + 1, 8));
  return ones === 0 ? 0 : WIDTHS[ones - 1];
}

function readWide(bits: BitReader, width: number, into: Lanes): void {
  const high = bits.readBits(width - 32);
  into.low = bits.readBits(32);
  into.high = width === 64 ? high | 0 : high;
}
