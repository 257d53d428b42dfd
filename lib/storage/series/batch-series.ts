/**
 * The series of one batch, by number. The hash of a series that a registry remembers is copied only for
 * callers that ask for it: what the day of a known series needs is a place in a table, which the registry
 * remembers too.
 */
import { HearthError } from "../../model/errors.ts";
import { checkLabels } from "../../model/label-rules.ts";
import type { LabelSet } from "../../model/labels.ts";
import type { Limits } from "../../model/limits.ts";
import type { Rejections } from "../../model/rejections.ts";
import type { SampleBatch } from "../../model/sample-batch.ts";
import { bytesAt, HASH_WORDS } from "./hash-index.ts";
import { REJECTED, type SeriesRegistry, type SeriesTable, UNKNOWN } from "./series-registry.ts";

/** Stands for the number in the registry of a series that is not resolved, or whose hash alone is known. */
const UNRESOLVED = 0;
const HASH_ONLY = -1;
/** What labels and all else of a new series take beside their bytes, in steps of a deadline. */
const LABELS_STEPS = 200;

export class BatchSeries {
  /** Numbers are below it. */
  readonly count: number;
  readonly #batch: SampleBatch;
  readonly #first: number;
  readonly #registry: SeriesRegistry;
  readonly #limits: Limits;
  /** By number: the series' number in the registry plus one, UNRESOLVED, or HASH_ONLY. */
  readonly #registered: Int32Array<ArrayBuffer>;
  /** Of the registry, when series were resolved. */
  readonly #epoch: number;
  /** By number, `HASH_WORDS` each, once they are kept. */
  #hashes: Int32Array<ArrayBuffer> | undefined;

  /** For series `first..first + count` of a batch (half-open). */
  constructor(batch: SampleBatch, first: number, count: number, registry: SeriesRegistry, limits: Limits) {
    this.#batch = batch;
    this.#first = first;
    this.count = count;
    this.#registry = registry;
    this.#limits = limits;
    this.#registered = takeNumbers(count);
    this.#epoch = registry.epoch;
  }

  /**
   * The number of a series by its place in the batch; REJECTED, with a word to `rejections`, if its
   * labels name none. A series that comes twice in the batch has two numbers.
   */
  resolve(index: number, rejections: Rejections): number {
    const number = index - this.#first;
    if (this.#registered[number] !== UNRESOLVED) return number;
    const known = this.#registry.find(this.#batch, index);
    if (known < 0 || this.#hashes !== undefined) return this.#resolveHash(number, known, rejections);
    this.#registered[number] = known + 1;
    return number;
  }

  /** The registry may forget series to learn this one, so the hashes of those before it are kept first. */
  #resolveHash(number: number, known: number, rejections: Rejections): number {
    const hashes = this.hashes;
    const at = number * HASH_WORDS;
    if (known >= 0) this.#registry.copyHash(known, hashes, at);
    else if (!this.#registry.learn(this.#batch, this.#first + number, rejections, hashes, at))
      return REJECTED;
    this.#registered[number] = HASH_ONLY;
    return number;
  }

  /** Whether numbers of the registry stand for its series, and no hash is needed. */
  get #isRegistered(): boolean {
    return this.#hashes === undefined && this.#epoch === this.#registry.epoch;
  }

  /** The first bytes of the hashes of the series `numbers[indices[i]]`. */
  firstBytes(numbers: Int32Array, indices: Int32Array): Uint8Array {
    const bytes = new Uint8Array(indices.length);
    if (this.#isRegistered) this.#registry.firstBytes(this.#registered, numbers, indices, bytes);
    else {
      const { hashes } = this;
      for (let i = 0; i < indices.length; i++) bytes[i] = hashes[numbers[indices[i]] * HASH_WORDS];
    }
    return bytes;
  }

  /** Writes the places in a table of the series `numbers[indices[i]]` to `places`, by number, where it has them. */
  findPlaces(table: SeriesTable, numbers: Int32Array, indices: Int32Array, places: Int32Array): void {
    if (this.#isRegistered) {
      this.#registry.findPlaces(table, this.#registered, numbers, indices, places);
      return;
    }
    const { hashes } = this;
    for (let i = 0; i < indices.length; i++) {
      const number = numbers[indices[i]];
      const place = table.find(hashes, number * HASH_WORDS);
      if (place !== UNKNOWN) places[number] = place;
    }
  }

  /**
   * By number, `HASH_WORDS` each, at least `count` of them; only those of numbers that `resolve` returned
   * mean something. Whoever needs them after waiting asks for them before, since others make the
   * registry forget: then labels are read and hashed again.
   */
  get hashes(): Int32Array<ArrayBuffer> {
    if (this.#hashes !== undefined) return this.#hashes;
    const hashes = takeHashes(this.count * HASH_WORDS);
    this.#hashes = hashes;
    const isSame = this.#epoch === this.#registry.epoch;
    for (let number = 0; number < this.count; number++) {
      const known = this.#registered[number] - 1;
      if (known < 0) continue;
      if (isSame) this.#registry.copyHash(known, hashes, number * HASH_WORDS);
      else hashes.set(this.#registry.hashOf(this.labels(number)), number * HASH_WORDS);
    }
    return hashes;
  }

  /** Sees to it that hashes are known, whatever the registry forgets. */
  keepHashes(): void {
    this.hashes;
  }

  /** Gives its memory to the next batch; nothing of it may be asked for afterwards. */
  release(): void {
    if (this.#hashes !== undefined && this.#hashes.length <= MAX_SPARE_WORDS) spareHashes = this.#hashes;
    if (this.#registered.length <= MAX_SPARE_SERIES) spareNumbers = this.#registered;
  }

  /** The hash of a series: a copy. */
  hash(number: number): Uint8Array {
    return bytesAt(this.hashes, number * HASH_WORDS);
  }

  /**
   * The labels of a series that `resolve` accepted, read again. Throws as the batch's deadline does: nothing that needs
   * them has begun to store.
   */
  labels(number: number): LabelSet {
    const { bytes, labelStarts, labelEnds, decodeLabels, deadline } = this.#batch;
    const index = this.#first + number;
    deadline?.spend(LABELS_STEPS + labelEnds[index] - labelStarts[index]);
    const sent = decodeLabels(bytes, labelStarts[index], labelEnds[index], this.#limits.maxLabelsPerSeries);
    const check = checkLabels(sent, this.#limits);
    if (check.ok) return check.labels;
    throw new HearthError("internal", `batch: labels accepted once are refused: ${check.reason}`);
  }
}

/** Memory of a batch that is over, used again: 50 KB outside the heap start the collector often. */
let spareHashes = new Int32Array(0);
let spareNumbers = new Int32Array(0);
const MAX_SPARE_SERIES = 10_000;
const MAX_SPARE_WORDS = MAX_SPARE_SERIES * HASH_WORDS;

function takeHashes(length: number): Int32Array<ArrayBuffer> {
  const taken = spareHashes.length >= length ? spareHashes : new Int32Array(length);
  if (taken === spareHashes) spareHashes = new Int32Array(0);
  return taken;
}

/** At least so many, all zero. */
function takeNumbers(length: number): Int32Array<ArrayBuffer> {
  if (spareNumbers.length < length) return new Int32Array(length);
  const taken = spareNumbers.fill(0, 0, length);
  spareNumbers = new Int32Array(0);
  return taken;
}
