/** The series of one batch: hashes by number, which stay good whatever a registry forgets meanwhile. */
import { HearthError } from "../../model/errors.ts";
import { checkLabels } from "../../model/label-rules.ts";
import type { LabelSet } from "../../model/labels.ts";
import type { Limits } from "../../model/limits.ts";
import type { Rejections } from "../../model/rejections.ts";
import type { SampleBatch } from "../../model/sample-batch.ts";
import { bytesAt, HASH_WORDS } from "./hash-index.ts";
import { REJECTED, type SeriesRegistry } from "./series-registry.ts";

export class BatchSeries {
  /** Numbers are below it. */
  readonly count: number;
  /** By number, `HASH_WORDS` each, at least `count` of them; only those of numbers that `resolve` returned mean something. */
  readonly hashes: Int32Array<ArrayBuffer>;
  readonly #batch: SampleBatch;
  readonly #first: number;
  readonly #registry: SeriesRegistry;
  readonly #limits: Limits;
  readonly #resolved: Uint8Array;

  /** For series `first..first + count` of a batch (half-open). */
  constructor(batch: SampleBatch, first: number, count: number, registry: SeriesRegistry, limits: Limits) {
    this.#batch = batch;
    this.#first = first;
    this.count = count;
    this.#registry = registry;
    this.#limits = limits;
    this.hashes = takeHashes(count * HASH_WORDS);
    this.#resolved = new Uint8Array(count);
  }

  /**
   * The number of a series by its place in the batch; REJECTED, with a word to `rejections`, if its
   * labels name none. A series that comes twice in the batch has two numbers.
   */
  resolve(index: number, rejections: Rejections): number {
    const number = index - this.#first;
    if (this.#resolved[number] === 1) return number;
    if (!this.#registry.resolve(this.#batch, index, rejections, this.hashes, number * HASH_WORDS))
      return REJECTED;
    this.#resolved[number] = 1;
    return number;
  }

  /** Gives its memory to the next batch; nothing of it may be asked for afterwards. */
  release(): void {
    if (this.hashes.length <= MAX_SPARE_WORDS) spare = this.hashes;
  }

  /** The hash of a series: a copy. */
  hash(number: number): Uint8Array {
    return bytesAt(this.hashes, number * HASH_WORDS);
  }

  /** The labels of a series that `resolve` accepted, read again. */
  labels(number: number): LabelSet {
    const { bytes, labelStarts, labelEnds, decodeLabels } = this.#batch;
    const index = this.#first + number;
    const sent = decodeLabels(bytes, labelStarts[index], labelEnds[index], this.#limits.maxLabelsPerSeries);
    const check = checkLabels(sent, this.#limits);
    if (check.ok) return check.labels;
    throw new HearthError("internal", `batch: labels accepted once are refused: ${check.reason}`);
  }
}

/** Hashes of a batch that is over: made anew for each, 40 KB outside the heap make the collector run often. */
let spare = new Int32Array(0);
/** Those of 10,000 series. */
const MAX_SPARE_WORDS = 10_000 * HASH_WORDS;

function takeHashes(length: number): Int32Array<ArrayBuffer> {
  const taken = spare.length >= length ? spare : new Int32Array(length);
  if (taken === spare) spare = new Int32Array(0);
  return taken;
}
