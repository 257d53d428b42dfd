/**
 * Since when the samples of a chunk count, behind each sample of Prometheus' encodings XOR2, histogram ST and float histogram
 * ST. https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/chunks.md (start timestamp encoding)
 *
 *     header          1 byte: the highest bit, whether sample 0 has a start; the others, from which sample on there are more,
 *                     0 for none. Samples before it have the start of sample 0
 *     of sample 0     varint (zigzag): its time less its start, ms
 *     of another      varbit_int: by how much the time of the sample before, less this one's start, has changed; of the first
 *                     that is written, from 0
 *
 * A start that is not known is written as 0. What is less what, the page leaves open: Prometheus 3.16 writes it so.
 */
import type { BitReader } from "./bit-reader.ts";
import { numberOf, readVarbitInt } from "./varbit.ts";

const HAS_FIRST = 0x80;
/** The header of a chunk whose samples all have the start of sample 0. */
export const ONE_START = HAS_FIRST;

export class StartReader {
  readonly #reader: BitReader;
  readonly #lanes = { high: 0, low: 0 };
  #header = 0;
  #start = 0;
  /** The time of the sample before less the start, in ms. */
  #distance = 0;

  constructor(reader: BitReader) {
    this.#reader = reader;
  }

  /** Begins a chunk. */
  reset(header: number): void {
    this.#header = header;
    this.#start = 0;
    this.#distance = 0;
  }

  /**
   * The start of a sample once the sample itself is read, in ms; 0 is not known. `time`: of the sample before it; of sample 0,
   * its own.
   */
  read(index: number, time: number): number {
    if (index === 0) {
      if ((this.#header & HAS_FIRST) !== 0) this.#start = time - this.#reader.readVarint();
      return this.#start;
    }
    const from = this.#header & 0x7f;
    if (from === 0 || index < from) return this.#start;
    readVarbitInt(this.#reader, this.#lanes);
    this.#distance += numberOf(this.#lanes);
    this.#start = time - this.#distance;
    return this.#start;
  }
}
