/**
 * What all histograms of a chunk have in common, at the chunk's head.
 * https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/chunks.md (histogram chunk
 * data)
 *
 *     zero threshold    1 byte     0: zero; 1 to 254: 2^(byte - 244); 255: any, in the next 8 bytes
 *     schema            varbit_int
 *     positive spans    count varbit_uint, then of each: length varbit_uint, offset varbit_int
 *     negative spans
 *     custom bounds     only with schema -53: count varbit_uint, then each
 *
 *     custom bound      varbit_uint of 1000 times the bound, plus one, if that is whole and fits in
 *                       25 bits; else a zero bit and the 8 bytes of the bound
 */

import { checkLayout } from "../histogram/check.ts";
import { countBuckets, equalSpans, hasCustomBuckets } from "../histogram/spans.ts";
import type { Span } from "../model/histogram.ts";
import type { BitReader } from "./bit-reader.ts";
import type { BitWriter } from "./bit-writer.ts";
import {
  type Lanes,
  MAX_VARBIT_BYTES,
  numberOf,
  readVarbitInt,
  readVarbitUint,
  writeVarbitInt,
  writeVarbitUint,
} from "./varbit.ts";

export interface HistogramLayout {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly positiveSpans: readonly Span[];
  readonly negativeSpans: readonly Span[];
  readonly customBounds: Float64Array;
}

/** The exponents of zero thresholds that take one byte, and the number that is added to them. */
const MIN_EXPONENT = -243;
const MAX_EXPONENT = 10;
const EXPONENT_BIAS = 244;
const ANY_THRESHOLD = 255;
/** The largest multiple of 0.001 that is stored as such. */
const MAX_BOUND_THOUSANDTHS = 33_554_430;

const double = new Float64Array(1);
const doubleWords = new Uint32Array(double.buffer);

/** The most bytes of a layout. */
export function maxLayoutBytes({ positiveSpans, negativeSpans, customBounds }: HistogramLayout): number {
  const spans = positiveSpans.length + negativeSpans.length;
  return (5 + 2 * spans + customBounds.length) * MAX_VARBIT_BYTES;
}

export function writeLayout(bits: BitWriter, layout: HistogramLayout): void {
  writeZeroThreshold(bits, layout.zeroThreshold);
  writeVarbitInt(bits, layout.schema);
  writeSpans(bits, layout.positiveSpans);
  writeSpans(bits, layout.negativeSpans);
  if (!hasCustomBuckets(layout)) return;
  writeVarbitUint(bits, layout.customBounds.length);
  for (const bound of layout.customBounds) writeCustomBound(bits, bound);
}

/**
 * Reads a layout. Throws "data" if it has more buckets than bits follow (each bucket of each
 * histogram takes at least one), or if a histogram may not have it.
 */
export function readLayout(bits: BitReader): HistogramLayout {
  const zeroThreshold = readZeroThreshold(bits);
  const schema = readInteger(bits);
  const positiveSpans = readSpans(bits);
  const negativeSpans = readSpans(bits);
  const layout = { schema, zeroThreshold, positiveSpans, negativeSpans };
  const customBounds = hasCustomBuckets(layout) ? readCustomBounds(bits) : new Float64Array(0);
  const buckets = countBuckets(positiveSpans) + countBuckets(negativeSpans);
  if (buckets > bits.unreadBits()) bits.fail(`${buckets} buckets in ${bits.unreadBits()} bits`);
  const sides = { positive: { spans: positiveSpans }, negative: { spans: negativeSpans } };
  const wrong = checkLayout({ ...layout, ...sides, customBounds });
  if (wrong !== undefined) bits.fail(wrong);
  return shared({ ...layout, customBounds });
}

/**
 * The layout that was read last: chunks of a series, and of its neighbours, mostly have the same
 * one.
 */
let latest: HistogramLayout | undefined;

/**
 * Returns the same object for an equal layout as for the chunk before, so comparing two histograms
 * is fast.
 */
function shared(layout: HistogramLayout): HistogramLayout {
  if (latest === undefined || !equalLayouts(latest, layout)) latest = layout;
  return latest;
}

function equalLayouts(a: HistogramLayout, b: HistogramLayout): boolean {
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    equalSpans(a.positiveSpans, b.positiveSpans) &&
    equalSpans(a.negativeSpans, b.negativeSpans) &&
    a.customBounds.length === b.customBounds.length &&
    a.customBounds.every((bound, i) => bound === b.customBounds[i])
  );
}

/** Writes the 64 bits of a double. */
export function writeDouble(bits: BitWriter, value: number): void {
  double[0] = value;
  bits.writeBits(doubleWords[1], 32);
  bits.writeBits(doubleWords[0], 32);
}

function readDouble(bits: BitReader): number {
  doubleWords[1] = bits.readBits(32);
  doubleWords[0] = bits.readBits(32);
  return double[0];
}

function writeZeroThreshold(bits: BitWriter, threshold: number): void {
  double[0] = threshold;
  const exponent = (doubleWords[1] >>> 20) - 1023;
  const isPower = doubleWords[0] === 0 && (doubleWords[1] & 0xf_ffff) === 0;
  if (threshold === 0) bits.writeBits(0, 8);
  else if (isPower && exponent >= MIN_EXPONENT && exponent <= MAX_EXPONENT) {
    bits.writeBits(exponent + EXPONENT_BIAS, 8);
  } else {
    bits.writeBits(ANY_THRESHOLD, 8);
    writeDouble(bits, threshold);
  }
}

function readZeroThreshold(bits: BitReader): number {
  const byte = bits.readBits(8);
  if (byte === 0) return 0;
  return byte === ANY_THRESHOLD ? readDouble(bits) : 2 ** (byte - EXPONENT_BIAS);
}

function writeSpans(bits: BitWriter, spans: readonly Span[]): void {
  writeVarbitUint(bits, spans.length);
  for (const { length, offset } of spans) {
    writeVarbitUint(bits, length);
    writeVarbitInt(bits, offset);
  }
}

function readSpans(bits: BitReader): Span[] {
  const count = readVarbitUint(bits);
  const spans: Span[] = [];
  for (let i = 0; i < count; i++) {
    const length = readVarbitUint(bits);
    spans.push({ offset: readInteger(bits), length });
    bits.checkEnd();
  }
  return spans;
}

/** Rounded if it is past 2^53, which no number here may be. */
function readInteger(bits: BitReader): number {
  const lanes: Lanes = { high: 0, low: 0 };
  readVarbitInt(bits, lanes);
  return numberOf(lanes);
}

function writeCustomBound(bits: BitWriter, bound: number): void {
  const thousandths = Math.round(bound * 1000);
  const isShort = bound >= 0 && bound * 1000 <= MAX_BOUND_THOUSANDTHS && thousandths / 1000 === bound;
  if (isShort) writeVarbitUint(bits, thousandths + 1);
  else {
    bits.writeBits(0, 1);
    writeDouble(bits, bound);
  }
}

function readCustomBounds(bits: BitReader): Float64Array {
  const count = readVarbitUint(bits);
  // A bound takes at least five bits.
  if (count * 5 > bits.unreadBits()) bits.fail(`${count} custom bounds in ${bits.unreadBits()} bits`);
  const bounds = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const thousandths = readVarbitUint(bits);
    bounds[i] = thousandths === 0 ? readDouble(bits) : (thousandths - 1) / 1000;
    bits.checkEnd();
  }
  return bounds;
}
