/** The blocks of a part of rows, made of series that come by ascending hash. */
import type { HourRows } from "../../model/rows/hour-rows.ts";
import { histogramSize } from "../codec/histogram-bytes.ts";
import { type RowPartition, rowKey } from "../layout/rollup-keys.ts";
import type { Item } from "../table/table.ts";
import {
  type BlockRows,
  encodeRowBlock,
  MAX_BLOCK_ROWS,
  MAX_BLOCK_SERIES,
  MAX_HISTOGRAM_BYTES,
} from "./row-block.ts";
import { sliceFloats, sliceHistograms } from "./row-slices.ts";

/**
 * What a block is meant to hold: a month of one series with a row to spare for each midnight, or a day of
 * 32. On the recorded series that is 3.4 and 5.6 KB.
 */
const TARGET_ROWS = 800;
/** Bytes of histograms that count as a row. */
const BYTES_PER_ROW = 32;

/** An item that waits for the next, which says whether it is the last. */
interface Pending {
  readonly lastHash: string;
  readonly number: number;
  readonly before: string | undefined;
  readonly value: Uint8Array;
}

/** Makes the items of one partition. */
export class RowWriter {
  rows = 0;
  series = 0;
  blocks = 0;
  readonly #place: RowPartition;
  readonly #expires: { readonly expiresAtSeconds?: number };
  #block: BlockRows[] = [];
  #lastHash = "";
  #blockRows = 0;
  #histogramBytes = 0;
  #pending: Pending | undefined;

  /** `expires`: the items' expiry. */
  constructor(place: RowPartition, expires: { readonly expiresAtSeconds?: number }) {
    this.#place = place;
    this.#expires = expires;
  }

  /** `hash` in hex. Returns what has become ready. */
  add(hash: string, rows: HourRows): Item[] {
    const ready: Item[] = [];
    const sizes = sizesOf(rows);
    if (sizes.length === 0) return ready;
    this.series++;
    this.rows += sizes.length;
    const total = sizes.reduce((sum, size) => sum + rowsFor(size), 0);
    // A series that a block can hold whole is in one.
    if (this.#blockRows + total > TARGET_ROWS && this.#blockRows > 0) ready.push(...this.#cut());
    for (let start = 0; start < sizes.length; ) {
      if (!this.#hasRoomFor(sizes[start])) ready.push(...this.#cut());
      const end = this.#take(sizes, start);
      this.#block.push({ hash: Buffer.from(hash, "hex"), rows: slice(rows, start, end) });
      this.#lastHash = hash;
      start = end;
    }
    return ready;
  }

  /** The rest. */
  finish(): Item[] {
    if (this.#block.length > 0) {
      const ready = this.#cut();
      return [...ready, this.#release(this.#pending!, undefined)];
    }
    return this.#pending === undefined ? [] : [this.#release(this.#pending, undefined)];
  }

  #hasRoomFor(size: number): boolean {
    if (this.#block.length === 0) return true;
    return (
      this.#block.length < MAX_BLOCK_SERIES &&
      this.#blockRows + rowsFor(size) <= TARGET_ROWS &&
      this.#histogramBytes + size <= MAX_HISTOGRAM_BYTES
    );
  }

  /** Takes rows from `start` on as long as there is room, one at least. Returns the end. */
  #take(sizes: readonly number[], start: number): number {
    let end = start;
    while (end < sizes.length) {
      const size = sizes[end];
      const isFull =
        this.#blockRows + rowsFor(size) > TARGET_ROWS ||
        this.#histogramBytes + size > MAX_HISTOGRAM_BYTES ||
        end - start === MAX_BLOCK_ROWS;
      if (isFull && (end > start || this.#block.length > 0)) break;
      this.#blockRows += rowsFor(size);
      this.#histogramBytes += size;
      end++;
    }
    return end;
  }

  #cut(): Item[] {
    const { lastHash: before } = this.#pending ?? {};
    const ready = this.#pending === undefined ? [] : [this.#release(this.#pending, hashOf(this.#block[0]))];
    const value = encodeRowBlock(this.#block);
    this.#pending = { lastHash: this.#lastHash, number: this.blocks++, before, value };
    this.#block = [];
    this.#blockRows = 0;
    this.#histogramBytes = 0;
    return ready;
  }

  /** `next`: the first series of the block after it. */
  #release({ value, ...position }: Pending, next: string | undefined): Item {
    const links = { isLast: next === undefined, isContinued: next === position.lastHash };
    return { ...rowKey(this.#place, { ...position, ...links }), value, ...this.#expires };
  }
}

function hashOf({ hash }: BlockRows): string {
  return Buffer.from(hash).toString("hex");
}

function rowsFor(histogramBytes: number): number {
  return 1 + histogramBytes / BYTES_PER_ROW;
}

/** Bytes of histograms of each row: of the floats, then of the histograms. */
function sizesOf({ floats, histograms }: HourRows): number[] {
  const sizes: number[] = new Array(floats.hours.length).fill(0);
  if (histograms === undefined) return sizes;
  const { hours, firsts, lasts, sums, drops } = histograms;
  for (let row = 0; row < hours.length; row++) {
    let bytes = 0;
    for (const list of [firsts, lasts, sums, drops]) {
      const one = list[row];
      if (one !== undefined) bytes += histogramSize(one);
    }
    sizes.push(bytes);
  }
  return sizes;
}

/** Rows `start..end`, where those of histograms follow those of floats. */
function slice({ floats, histograms }: HourRows, start: number, end: number): HourRows {
  const ofFloats = floats.hours.length;
  const sliced = sliceFloats(floats, Math.min(start, ofFloats), Math.min(end, ofFloats));
  if (histograms === undefined || end <= ofFloats) return { floats: sliced };
  const [from, to] = [Math.max(start - ofFloats, 0), end - ofFloats];
  return { floats: sliced, histograms: sliceHistograms(histograms, from, to) };
}
