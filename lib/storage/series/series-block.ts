/**
 * Label sets, one after another: what a series record and an item of the index hold. Each label is written out once, where it
 * comes first, and is named by its number after that; labels that a label set begins with as the one before it did are only
 * counted. So neighbours should be alike.
 *
 *     frame      see packed.ts; in its body for each label set
 *       shared     varint, labels that are those of the label set before, from the first on
 *       own        varint, labels that follow
 *         label      varint: 1 + its number, or 0 and then name and value behind their lengths
 *
 * On the recorded label sets, sorted, 1,000 at a time, this takes 2.0 bytes a label set; tables of strings and of labels ahead
 * of them 2.1, the label sets written out 5.5. A hash of 20 bytes for each would be ten times that: it is computed instead.
 */
import { HearthError } from "../../model/errors.ts";
import type { Label, LabelSet } from "../../model/labels.ts";
import { type ByteReader, ByteWriter } from "../codec/bytes.ts";
import {
  decodePacked,
  encodePacked,
  expectEnd,
  MAX_PACKED_BYTES,
  readPackedHeader,
} from "../codec/packed.ts";

/** What a label takes beside its text at most: a number or 0, and two lengths. */
const MAX_LABEL_OVERHEAD_BYTES = 8;
/** A label set takes two counts at least. */
const MIN_LABEL_SET_BYTES = 2;

const WHAT = "series block";

/** Gathers a block. */
export class SeriesBlockWriter {
  #body = new ByteWriter();
  readonly #numbers = new Map<string, number>();
  #previous: LabelSet = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Before deflating. */
  get sizeBytes(): number {
    return this.#body.length;
  }

  /** Whether the block stays within its limit with these labels too. An empty one takes any label set there can be. */
  hasRoomFor(labels: LabelSet): boolean {
    if (this.#count === 0) return true;
    let bytes = 2 * MAX_LABEL_OVERHEAD_BYTES;
    // A UTF-16 code unit is at most three bytes of UTF-8.
    for (const [name, value] of labels) bytes += MAX_LABEL_OVERHEAD_BYTES + 3 * (name.length + value.length);
    return this.#body.length + bytes <= MAX_PACKED_BYTES;
  }

  add(labels: LabelSet): void {
    let shared = 0;
    while (shared < labels.length && isSameLabel(labels[shared], this.#previous[shared])) shared++;
    this.#body.writeVarint(shared).writeVarint(labels.length - shared);
    for (let i = shared; i < labels.length; i++) this.#writeLabel(labels[i]);
    this.#previous = labels;
    this.#count++;
  }

  #writeLabel([name, value]: Label): void {
    const key = `${name.length}/${name}${value}`;
    const number = this.#numbers.get(key);
    if (number !== undefined) {
      this.#body.writeVarint(number + 1);
      return;
    }
    this.#numbers.set(key, this.#numbers.size);
    this.#body.writeVarint(0).writeString(name).writeString(value);
  }

  /** The block; the writer is done with. */
  finish(): Uint8Array {
    return encodePacked(this.#count, this.#body.finish());
  }
}

function isSameLabel(a: Label, b: Label | undefined): boolean {
  return b !== undefined && a[0] === b[0] && a[1] === b[1];
}

/** How many label sets a block has, and how many bytes once it is inflated: text that deflates 1000:1 shows here. Throws "data". */
export function readSeriesBlockHeader(bytes: Uint8Array): { count: number; sizeBytes: number } {
  return readPackedHeader(bytes, WHAT);
}

/** Throws "data" for bytes that a `SeriesBlockWriter` cannot have made. */
export function decodeSeriesBlock(bytes: Uint8Array): LabelSet[] {
  const { count, body } = decodePacked(bytes, MIN_LABEL_SET_BYTES, WHAT);
  const labels: Label[] = [];
  const sets: LabelSet[] = [];
  for (let i = 0; i < count; i++) sets.push(readLabelSet(body, labels, sets[i - 1] ?? []));
  expectEnd(body, WHAT);
  return sets;
}

function readLabelSet(reader: ByteReader, labels: Label[], previous: LabelSet): LabelSet {
  const shared = reader.readVarint();
  if (shared > previous.length) throw damaged(`${shared} of ${previous.length} labels are shared`);
  const set = previous.slice(0, shared);
  for (let own = reader.readVarint(); own > 0; own--) {
    const number = reader.readVarint();
    if (number === 0) labels.push([reader.readString(), reader.readString()]);
    const label = number === 0 ? labels[labels.length - 1] : labels[number - 1];
    if (label === undefined) throw damaged(`label ${number - 1} of ${labels.length}`);
    set.push(label);
  }
  return set;
}

function damaged(reason: string): HearthError {
  return new HearthError("data", `${WHAT}: ${reason}`);
}
