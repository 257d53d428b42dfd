/** The series a warm writer knows: encoded labels as senders spell them -> series number -> hash. Numbers count from 0. */
import { errorMessage, HearthError } from "../../model/errors.ts";
import { checkLabels } from "../../model/label-rules.ts";
import { compareLabelSets, type Label, type LabelSet } from "../../model/labels.ts";
import type { Limits } from "../../model/limits.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import type { Rejections } from "../../model/rejections.ts";
import type { SampleBatch } from "../../model/sample-batch.ts";
import { HASH_BYTES } from "../layout/keys.ts";
import { LabelCache } from "./label-cache.ts";
import { hashHex, type SeriesHash } from "./series-hash.ts";

/** What `resolve` answers for a series that cannot be stored. */
export const REJECTED = -1;

const INITIAL_SERIES = 1024;

/** What a series takes beside its label bytes, about: its hash, the map from it, and its place in two columns. */
const SERIES_OVERHEAD_BYTES = 200;

export class SeriesRegistry {
  readonly #limits: Limits;
  readonly #hash: SeriesHash;
  /** By the bytes a sender uses; several spellings may mean one series. */
  readonly #spellings: LabelCache;
  readonly #seriesOfSpelling: number[] = [];
  readonly #seriesOfHash = new Map<string, number>();
  readonly #hashes: Uint8Array[] = [];
  /** The first byte of each hash, for `shardOf`. */
  #firstBytes = new Uint8Array(INITIAL_SERIES);
  /** By series: the spelling it came in first, and how to read that. Label sets are not kept beside: they are as large. */
  readonly #firstSpellings: number[] = [];
  readonly #decoders: SampleBatch["decodeLabels"][] = [];

  constructor(limits: Limits, hash: SeriesHash, randomBytes: RandomBytes) {
    this.#spellings = new LabelCache(randomBytes);
    this.#limits = limits;
    this.#hash = hash;
  }

  get sizeBytes(): number {
    return this.#spellings.sizeBytes + this.#hashes.length * SERIES_OVERHEAD_BYTES;
  }

  /** The number of a series of a batch; REJECTED, with a word to `rejections`, if its labels name none. */
  resolve(batch: SampleBatch, index: number, rejections: Rejections): number {
    const start = batch.labelStarts[index];
    const end = batch.labelEnds[index];
    const spelling = this.#spellings.find(batch.bytes, start, end);
    if (spelling >= 0) return this.#seriesOfSpelling[spelling];
    const series = this.#identify(batch, start, end, rejections);
    if (series === REJECTED) return REJECTED;
    const added = this.#spellings.add(batch.bytes, start, end);
    this.#seriesOfSpelling[added] = series;
    if (series === this.#firstSpellings.length) {
      this.#firstSpellings.push(added);
      this.#decoders.push(batch.decodeLabels);
    }
    return series;
  }

  hash(series: number): Uint8Array {
    return this.#hashes[series];
  }

  /** The shard of a series at a level; without a look at its hash, which lies anywhere in memory. */
  shardOf(series: number, bits: number): number {
    return this.#firstBytes[series] >>> (8 - bits);
  }

  labels(series: number): LabelSet {
    const bytes = this.#spellings.bytesOf(this.#firstSpellings[series]);
    const sent = this.#decoders[series](bytes, 0, bytes.length, this.#limits.maxLabelsPerSeries);
    const check = checkLabels(sent, this.#limits);
    if (check.ok) return check.labels;
    throw new HearthError("internal", `series registry: labels taken once are refused: ${check.reason}`);
  }

  #identify(batch: SampleBatch, start: number, end: number, rejections: Rejections): number {
    let sent: Label[];
    try {
      sent = batch.decodeLabels(batch.bytes, start, end, this.#limits.maxLabelsPerSeries);
    } catch (error) {
      rejections.add("invalid", () => undefined, errorMessage(error));
      return REJECTED;
    }
    const check = checkLabels(sent, this.#limits);
    if (check.ok) return this.#identifyLabelSet(check.labels, rejections);
    rejections.add(check.kind, () => sent, check.reason);
    return REJECTED;
  }

  #identifyLabelSet(labels: LabelSet, rejections: Rejections): number {
    const hash = this.#hash(labels);
    const key = hashHex(hash);
    const known = this.#seriesOfHash.get(key);
    if (known === undefined) return this.#addSeries(key, hash);
    if (compareLabelSets(this.labels(known), labels) === 0) return known;
    const other = `its hash ${key} (${HASH_BYTES} bytes) is that of another series, and the two are not mixed`;
    rejections.add("invalid", () => labels, other);
    return REJECTED;
  }

  #addSeries(key: string, hash: Uint8Array): number {
    const series = this.#hashes.length;
    this.#hashes.push(hash);
    if (series === this.#firstBytes.length) {
      const grown = new Uint8Array(series * 2);
      grown.set(this.#firstBytes);
      this.#firstBytes = grown;
    }
    this.#firstBytes[series] = hash[0];
    this.#seriesOfHash.set(key, series);
    return series;
  }
}
