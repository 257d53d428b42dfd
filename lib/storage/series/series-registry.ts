/**
 * The series hashes of the labels that a warm process has met, by the bytes in which senders spell
 * them. It only saves CPU: whatever it forgets is decoded, checked and hashed again. So it is bounded,
 * and all tenants share it.
 *
 * A full registry keeps what it has for as long as that is used. Series that come round in a circle
 * larger than the registry would otherwise each push out the next one.
 */
import { errorMessage, HearthError } from "../../model/errors.ts";
import { checkLabels } from "../../model/label-rules.ts";
import { compareLabelSets, type Label, type LabelSet } from "../../model/labels.ts";
import type { Limits } from "../../model/limits.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import { MAX_SERIES_LABELS, type Rejections } from "../../model/rejections.ts";
import type { SampleBatch } from "../../model/sample-batch.ts";
import { HASH_BYTES } from "../layout/keys.ts";
import { HASH_WORDS, HashIndex, newHashFactors, wordsOf } from "./hash-index.ts";
import { LabelCache } from "./label-cache.ts";
import { hashHex, type SeriesHash } from "./series-hash.ts";

/** Stands for the number of a series that cannot be stored. */
export const REJECTED = -1;

/** Bytes that a series takes beside its hash and the bytes of its spellings, about. */
const SERIES_OVERHEAD_BYTES = 33;
const INITIAL_SERIES = 256;
/** A full registry looks for unused entries once it was asked so many times as often as it has entries. */
const SWEEP_LOOKUPS = 2;
/** A registry above its limit shrinks to this share of it, so that it does not shrink for each new entry. */
const SWEPT_SHARE = 0.75;

/** Stands for the place of a series that is not known. */
export const UNKNOWN = -1;

/** A table of places by hash. */
export interface SeriesTable {
  /** Of what it knows: no other table has it, nor has this one once a place has changed or was forgotten. */
  readonly version: number;
  /** The place of the hash at `words[at..]`, or UNKNOWN. */
  find(words: Int32Array, at: number): number;
}

export class SeriesRegistry {
  readonly #limits: Limits;
  readonly #hash: SeriesHash;
  readonly #factors: Int32Array;
  /** By the bytes that a sender uses; several spellings may mean one series. */
  readonly #spellings: LabelCache;
  #seriesOfSpelling: number[] = [];
  /** Numbers of series, by hash. */
  #hashes: HashIndex;
  /** By series: the spelling it came in first, and how to read that. Label sets are as large, and not kept. */
  #firstSpellings: number[] = [];
  #decoders: SampleBatch["decodeLabels"][] = [];
  /** By series, two words: the version of the table that had it last, and its place there. */
  #latest = new Int32Array(2 * INITIAL_SERIES);
  /** By series: the first byte of its hash, which its shard follows from; hashes lie far apart. */
  #firstBytes = new Uint8Array(INITIAL_SERIES);
  #epoch = 0;
  #maxBytes = Number.POSITIVE_INFINITY;
  #lookups = 0;

  constructor(limits: Limits, hash: SeriesHash, randomBytes: RandomBytes) {
    this.#limits = limits;
    this.#hash = hash;
    this.#factors = newHashFactors(randomBytes);
    this.#spellings = new LabelCache(randomBytes);
    this.#hashes = new HashIndex(this.#factors);
  }

  /** Numbers of series are good within one: a registry that forgets gives series other numbers. */
  get epoch(): number {
    return this.#epoch;
  }

  get sizeBytes(): number {
    return this.#spellings.sizeBytes + this.#hashes.sizeBytes + this.#columnBytes(0);
  }

  #columnBytes(more: number): number {
    return (this.#hashes.count + this.#spellings.count + 2 * more) * SERIES_OVERHEAD_BYTES;
  }

  /** Forgets what `maxBytes` do not hold; default: no limit. */
  limit(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    if (this.sizeBytes > maxBytes && this.#spellings.count > 0) this.#sweep();
  }

  /** The number of a series of a batch that it remembers, or -1. */
  find({ bytes, labelStarts, labelEnds }: SampleBatch, index: number): number {
    this.#lookups++;
    const spelling = this.#spellings.find(bytes, labelStarts[index], labelEnds[index]);
    return spelling < 0 ? -1 : this.#seriesOfSpelling[spelling];
  }

  /** Writes the first bytes of the hashes of the series `numbers[indices[i]]` to `bytes[i]`. See `findPlaces`. */
  firstBytes(registered: Int32Array, numbers: Int32Array, indices: Int32Array, bytes: Uint8Array): void {
    const first = this.#firstBytes;
    for (let i = 0; i < indices.length; i++) bytes[i] = first[registered[numbers[indices[i]]] - 1];
  }

  /** Copies the hash of a series to `hashes[at..]`. */
  copyHash(series: number, hashes: Int32Array, at: number): void {
    this.#hashes.copy(series, hashes, at);
  }

  /** The hash of labels. */
  hashOf(labels: LabelSet): Int32Array {
    return wordsOf(this.#hash(labels));
  }

  /**
   * Writes the places in a table of the series `numbers[indices[i]]` to `places`, by number, where it has
   * them. `registered` has the number here plus one of each. Most series stand in the table that had
   * them last, which costs no look at hashes.
   */
  findPlaces(
    table: SeriesTable,
    registered: Int32Array,
    numbers: Int32Array,
    indices: Int32Array,
    places: Int32Array,
  ): void {
    const { version } = table;
    const latest = this.#latest;
    for (let i = 0; i < indices.length; i++) {
      const number = numbers[indices[i]];
      const series = registered[number] - 1;
      const at = series << 1;
      const place = latest[at] === version ? latest[at + 1] : this.#findPlace(table, series);
      if (place !== UNKNOWN) places[number] = place;
    }
  }

  #findPlace(table: SeriesTable, series: number): number {
    const place = table.find(this.#hashes.words, series * HASH_WORDS);
    if (place === UNKNOWN) return place;
    this.#latest[2 * series] = table.version;
    this.#latest[2 * series + 1] = place;
    return place;
  }

  /**
   * Writes the hash of a series of a batch, which `find` did not find, to `hashes[at..]`. Returns false,
   * with a word to `rejections`, if its labels name no series.
   */
  learn(batch: SampleBatch, index: number, rejections: Rejections, hashes: Int32Array, at: number): boolean {
    const start = batch.labelStarts[index];
    const end = batch.labelEnds[index];
    const labels = this.#readLabels(batch, start, end, rejections);
    if (labels === undefined) return false;
    hashes.set(wordsOf(this.#hash(labels)), at);
    const series = this.#hashes.find(hashes, at);
    if (series >= 0 && compareLabelSets(this.#labels(series), labels) !== 0) {
      const key = hashHex(this.#hash(labels));
      const other = `its hash ${key} (${HASH_BYTES} bytes) is that of another series, and the two are not mixed`;
      rejections.add(() => labels, other);
      return false;
    }
    this.#add(batch, start, end, series, hashes, at);
    return true;
  }

  /** Remembers a spelling if there is room. */
  #add(
    { bytes, decodeLabels }: SampleBatch,
    start: number,
    end: number,
    known: number,
    hashes: Int32Array,
    at: number,
  ): void {
    const size = () => this.#spellings.sizeWith(end - start) + this.#hashes.grownBytes + this.#columnBytes(1);
    if (size() > this.#maxBytes) {
      const { count } = this.#spellings;
      if (count === 0 || this.#lookups < SWEEP_LOOKUPS * count) return;
      this.#sweep();
      // A sweep gives other numbers to series.
      if (known >= 0 || size() > this.#maxBytes) return;
    }
    const spelling = this.#spellings.add(bytes, start, end);
    const series = known >= 0 ? known : this.#hashes.add(hashes, at);
    this.#seriesOfSpelling[spelling] = series;
    if (known >= 0) return;
    this.#firstSpellings[series] = spelling;
    this.#decoders[series] = decodeLabels;
    if (series >= this.#firstBytes.length) this.#growColumns();
    this.#firstBytes[series] = hashes[at];
  }

  /** Forgets spellings that were not used since the last time, and as many others as the limit asks for. */
  #sweep(): void {
    const share = this.#spellings.sizeBytes / this.sizeBytes;
    const kept = this.#spellings.keepUsed(this.#maxBytes * share * SWEPT_SHARE);
    const former = {
      series: this.#seriesOfSpelling,
      words: this.#hashes.words,
      decoders: this.#decoders,
    };
    this.#hashes = new HashIndex(this.#factors);
    this.#seriesOfSpelling = [];
    this.#firstSpellings = [];
    this.#decoders = [];
    this.#epoch++;
    this.#lookups = 0;
    kept.forEach((formerSpelling, spelling) => {
      const formerSeries = former.series[formerSpelling];
      const at = formerSeries * HASH_WORDS;
      let series = this.#hashes.find(former.words, at);
      if (series < 0) {
        series = this.#hashes.add(former.words, at);
        this.#firstSpellings[series] = spelling;
        this.#decoders[series] = former.decoders[formerSeries];
      }
      this.#seriesOfSpelling[spelling] = series;
    });
    const { capacity, words, count } = this.#hashes;
    this.#latest = new Int32Array(2 * capacity);
    this.#firstBytes = new Uint8Array(capacity);
    for (let series = 0; series < count; series++) this.#firstBytes[series] = words[series * HASH_WORDS];
  }

  #growColumns(): void {
    const latest = new Int32Array(2 * this.#hashes.capacity);
    latest.set(this.#latest);
    this.#latest = latest;
    const firstBytes = new Uint8Array(this.#hashes.capacity);
    firstBytes.set(this.#firstBytes);
    this.#firstBytes = firstBytes;
  }

  #labels(series: number): LabelSet {
    const bytes = this.#spellings.bytesOf(this.#firstSpellings[series]);
    const sent = this.#decoders[series](bytes, 0, bytes.length, this.#limits.maxLabelsPerSeries);
    const check = checkLabels(sent, this.#limits);
    if (check.ok) return check.labels;
    throw new HearthError("internal", `series registry: labels taken once are refused: ${check.reason}`);
  }

  #readLabels(batch: SampleBatch, start: number, end: number, rejections: Rejections): LabelSet | undefined {
    let sent: Label[];
    try {
      sent = batch.decodeLabels(batch.bytes, start, end, this.#limits.maxLabelsPerSeries);
    } catch (error) {
      rejections.add(() => readableLabels(batch, start, end), errorMessage(error));
      return undefined;
    }
    const check = checkLabels(sent, this.#limits);
    if (check.ok) return check.labels;
    rejections.add(() => sent, check.reason);
    return undefined;
  }
}

/** For a message; undefined for labels that are more than not UTF-8. */
function readableLabels(
  { bytes, decodeLabels }: SampleBatch,
  start: number,
  end: number,
): Label[] | undefined {
  try {
    return decodeLabels(bytes, start, end, MAX_SERIES_LABELS, true);
  } catch {
    return undefined;
  }
}
