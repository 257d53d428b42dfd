/** Writes decimal chunks, where samples have one and it is expected to take less than XOR2 does. */
import { BitWriter } from "../../chunk/bit-writer.ts";
import { trailingZeros } from "../../chunk/xor-value.ts";
import { MAX_EXPONENT, MAX_MANTISSA, POWERS_OF_TEN } from "../codec/column-writer.ts";
import { BLOCK_ENTRIES, LINE, MAX_WIDTH, WIDTH_BITS } from "./decimal-chunk.ts";

/** Count, exponent, and of two columns order, base and step. */
const MAX_HEAD_BYTES = 48;
/** Two rests and their share of widths. */
const MAX_SAMPLE_BYTES = 10;
/** What a XOR2 chunk takes to the least that its values need; measured 1.33 over the recording. */
const XOR2_SHARE = 1.2;
/** A XOR2 chunk's head, its first time, step and value. */
const XOR2_HEAD_BITS = 18 * 8;
/** An unchanged sample of XOR2; the prefix of a changed one; the bits of leading zeros that it can leave out. */
const [SAME_BITS, PREFIX_BITS, MAX_LEADING] = [1, 3, 31];
/** A changed step. */
const STEP_BITS = 18;

// Chunks are written one at a time and synchronously, so one writer and one set of columns serve all.
const writer = new BitWriter();

/** A column of whole numbers, and how it is written. */
class PlannedColumn {
  entries = new Float64Array(0);
  /** Of each block, by order. */
  #widths = [new Uint8Array(0), new Uint8Array(0), new Uint8Array(0)];
  /** Of rests, by order; infinite where one is too large. */
  #bits = [0, 0, 0];
  #count = 0;
  #least = 0;
  #order = 0;
  /** Without base and step. */
  bits = 0;

  reserve(count: number): void {
    this.#count = count;
    if (this.entries.length >= count) return;
    this.entries = new Float64Array(count);
    this.#widths = this.#widths.map(() => new Uint8Array(Math.ceil(count / BLOCK_ENTRIES)));
  }

  /** Chooses the order that takes the fewest bits. Whether there is one: rests may be too large for all. */
  plan(): boolean {
    const isLine = this.#measure();
    this.#order = isLine ? LINE : this.#bits.indexOf(Math.min(...this.#bits));
    this.bits = isLine ? 0 : this.#bits[this.#order];
    return this.bits < Number.POSITIVE_INFINITY;
  }

  /** Sets the widths and bits of all orders. Returns whether the column is a line. */
  #measure(): boolean {
    const { entries } = this;
    const count = this.#count;
    this.#least = leastOf(entries, count);
    this.#bits = [0, 0, 0];
    let before = entries[1] - entries[0];
    let isLine = true;
    for (let start = 0, block = 0; start < count; start += BLOCK_ENTRIES, block++) {
      const stop = Math.min(start + BLOCK_ENTRIES, count);
      let [most, mostDifference, mostChange] = [entries[start], 0, 0];
      for (let i = start || 1; i < stop; i++) {
        const entry = entries[i];
        const difference = entry - entries[i - 1];
        const change = difference - before;
        before = difference;
        if (entry > most) most = entry;
        const zigzagDifference = difference < 0 ? -2 * difference - 1 : 2 * difference;
        if (zigzagDifference > mostDifference) mostDifference = zigzagDifference;
        const zigzagChange = change < 0 ? -2 * change - 1 : 2 * change;
        if (zigzagChange > mostChange) mostChange = zigzagChange;
      }
      if (mostChange > 0) isLine = false;
      const rests = stop - start;
      this.#addBlock(0, block, most - this.#least, rests);
      this.#addBlock(1, block, mostDifference, start === 0 ? rests - 1 : rests);
      this.#addBlock(2, block, mostChange, start === 0 ? rests - 2 : rests);
    }
    return isLine;
  }

  #addBlock(order: number, block: number, mostRest: number, rests: number): void {
    const width = MAX_WIDTH - Math.clz32(mostRest);
    this.#widths[order][block] = width;
    this.#bits[order] += mostRest < 2 ** MAX_WIDTH ? WIDTH_BITS + width * rests : Number.POSITIVE_INFINITY;
  }

  write(): void {
    const { entries } = this;
    const order = this.#order;
    writer.writeBits(order, 2);
    writer.writeVarint(order === 0 ? this.#least : entries[0]);
    if (order >= 2) writer.writeVarint(entries[1] - entries[0]);
    if (order === LINE) return;
    for (let start = 0, block = 0; start < this.#count; start += BLOCK_ENTRIES, block++) {
      const stop = Math.min(start + BLOCK_ENTRIES, this.#count);
      const from = start === 0 ? order : start;
      const width = this.#widths[order][block];
      writer.writeBits(width, WIDTH_BITS);
      if (width > 0) this.#writeRests(from, stop, width);
    }
  }

  #writeRests(start: number, end: number, width: number): void {
    const { entries } = this;
    const order = this.#order;
    for (let i = start; i < end; i++) {
      if (order === 0) writer.writeBits(entries[i] - this.#least, width);
      else {
        const difference = entries[i] - entries[i - 1];
        const rest = order === 1 ? difference : difference - (entries[i - 1] - entries[i - 2]);
        writer.writeBits(rest < 0 ? -2 * rest - 1 : 2 * rest, width);
      }
    }
  }
}

function leastOf(entries: Float64Array, count: number): number {
  let least = entries[0];
  for (let i = 1; i < count; i++) if (entries[i] < least) least = entries[i];
  return least;
}

const times = new PlannedColumn();
const mantissas = new PlannedColumn();

/**
 * Samples `start..end` as a decimal chunk; undefined where they have none, or XOR2 is expected to take less. `words`: those
 * of `values`.
 */
export function encodeDecimalChunk(
  timestamps: Float64Array,
  values: Float64Array,
  words: Uint32Array,
  start: number,
  end: number,
): Uint8Array<ArrayBuffer> | undefined {
  const count = end - start;
  if (count < 2) return undefined;
  mantissas.reserve(count);
  const exponent = setMantissas(values, start, end);
  if (exponent === undefined || !mantissas.plan()) return undefined;
  times.reserve(count);
  for (let i = 0; i < count; i++) times.entries[i] = timestamps[start + i] - timestamps[start];
  if (!times.plan()) return undefined;
  if (times.bits + mantissas.bits > XOR2_SHARE * leastXor2Bits(timestamps, words, start, end))
    return undefined;
  writer.reset(MAX_HEAD_BYTES + MAX_SAMPLE_BYTES * count);
  writer.writeUvarint(count);
  writer.writeBits(exponent, 8);
  times.write();
  mantissas.write();
  return writer.toBytes();
}

/** Sets the mantissas of the least exponent that all values have, and returns it; undefined where there is none. */
function setMantissas(values: Float64Array, start: number, end: number): number | undefined {
  const { entries } = mantissas;
  let exponent = 0;
  for (let i = start; i < end; ) {
    const value = values[i];
    const mantissa = Math.round(value * POWERS_OF_TEN[exponent]);
    // With more places than it needs a value may pass what a mantissa holds. The sign of -0 would be lost.
    if (!(mantissa < MAX_MANTISSA && mantissa > -MAX_MANTISSA) || Object.is(value, -0)) return undefined;
    if (mantissa / POWERS_OF_TEN[exponent] === value) entries[i++ - start] = mantissa;
    else {
      const more = placesOf(value, exponent + 1);
      if (more === undefined) return undefined;
      // Those before it get as many places.
      exponent = more;
      i = start;
    }
  }
  return exponent;
}

/** The least exponent from `least` on that a value has, if there is one. */
function placesOf(value: number, least: number): number | undefined {
  for (let exponent = least; exponent <= MAX_EXPONENT; exponent++) {
    const power = POWERS_OF_TEN[exponent];
    if (Math.round(value * power) / power === value) return exponent;
  }
  return undefined;
}

/** The bits that a XOR2 chunk takes if every change fits the latest window exactly. */
function leastXor2Bits(timestamps: Float64Array, words: Uint32Array, start: number, end: number): number {
  let bits = XOR2_HEAD_BITS;
  let step = timestamps[start + 1] - timestamps[start];
  for (let i = start + 1; i < end; i++) {
    const nextStep = timestamps[i] - timestamps[i - 1];
    if (nextStep !== step) bits += STEP_BITS;
    step = nextStep;
    const high = words[2 * i + 1] ^ words[2 * i - 1];
    const low = words[2 * i] ^ words[2 * i - 2];
    if ((high | low) === 0) bits += SAME_BITS;
    else {
      const leading = Math.min(high !== 0 ? Math.clz32(high) : 32 + Math.clz32(low), MAX_LEADING);
      const trailing = low !== 0 ? trailingZeros(low) : 32 + trailingZeros(high);
      bits += PREFIX_BITS + 64 - leading - trailing;
    }
  }
  return bits;
}
