/**
 * The labels of a request's series, encoded one after the other. Replaces the body for protocols whose
 * body does not contain encoded labels. A writer recognises a series by these bytes, so they hold all of
 * its labels and nothing else: symbol numbers differ from request to request.
 *
 *     series := 0x00, labels
 *     labels := (length of name: uvarint, name, length of value: uvarint, value)*
 *
 * Labels are in the order of the sender, in UTF-8 as sent. The zero distinguishes these bytes from the
 * labels of a remote write 1.0 body, which start with 0x0a and are encoded differently.
 */
import { HearthError } from "../model/errors.ts";
import type { Label } from "../model/labels.ts";
import { decodeLossy, decodeUtf8, ProtobufReader } from "./protobuf-reader.ts";

const INITIAL_BYTES = 64 * 1024;
const INITIAL_LABEL_BYTES = 256;
/** Bytes per step of a copy. */
const WORD_BYTES = 8;
const MAX_LENGTH_BYTES = 5;
const SERIES_BEGIN = 0;

const utf8 = new TextEncoder();

export class LabelArena {
  readonly #maxBytes: number;
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  /** The arena holds at most `maxBytes`. */
  constructor(maxBytes: number, initialBytes: number = INITIAL_BYTES) {
    this.#maxBytes = maxBytes;
    this.#bytes = new Uint8Array(initialBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Replaced when it grows. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  get length(): number {
    return this.#length;
  }

  /** Starts a series and returns its offset. Throws "too large" past the limit. */
  beginSeries(): number {
    this.reserve(1);
    this.#bytes[this.#length] = SERIES_BEGIN;
    return this.#length++;
  }

  /** Drops everything after `length`. Keeps the memory. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** Appends a name or a value, `source[start..end)`. Throws "too large" past the limit. */
  writeBytes(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start + MAX_LENGTH_BYTES);
    this.#writeLength(end - start);
    this.writeReserved(source, start, end);
  }

  /** Appends bytes unchanged. The caller has reserved room. */
  writeReserved(source: Uint8Array, start: number, end: number): void {
    this.#bytes.set(source.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  /**
   * Appends `count` spans of `source`, by their numbers, unchanged; `sizeBytes` is their total. Throws
   * "too large" past the limit. Copies by words, which is twice as fast as by bytes or blocks. The last
   * word of a span writes past its end; the next span overwrites that.
   */
  writeSpans(
    source: DataView,
    starts: Int32Array,
    ends: Int32Array,
    numbers: Uint32Array,
    count: number,
    sizeBytes: number,
  ): void {
    this.reserve(sizeBytes);
    const target = this.#view;
    const lastTarget = target.byteLength - WORD_BYTES;
    const lastSource = source.byteLength - WORD_BYTES;
    let at = this.#length;
    for (let n = 0; n < count; n++) {
      const end = ends[numbers[n]];
      let from = starts[numbers[n]];
      const next = at + end - from;
      for (; from < end && from <= lastSource && at <= lastTarget; from += WORD_BYTES, at += WORD_BYTES)
        target.setBigUint64(at, source.getBigUint64(from, true), true);
      for (; from < end; from++, at++) target.setUint8(at, source.getUint8(from));
      at = next;
    }
    this.#length = at;
  }

  /** Appends a name or a value. Throws "too large" past the limit. */
  writeText(text: string): void {
    const start = this.#length;
    this.reserve(text.length + MAX_LENGTH_BYTES);
    this.#writeLength(text.length);
    const bytes = this.#bytes;
    const first = this.#length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) {
        this.#rewriteText(text, start);
        return;
      }
      bytes[first + i] = code;
    }
    this.#length = first + text.length;
  }

  /** Appends a string that is not all ASCII. An encoder allocates per string, so ASCII has a faster loop. */
  #rewriteText(text: string, start: number): void {
    this.#length = start;
    const encoded = utf8.encode(text);
    this.writeBytes(encoded, 0, encoded.length);
  }

  /** Appends labels that `encodeLabels` encoded. Throws "too large" past the limit. */
  writeEncoded(labels: Uint8Array): void {
    this.reserve(labels.length);
    this.writeReserved(labels, 0, labels.length);
  }

  #writeLength(length: number): void {
    let rest = length;
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  /** Makes room for `extra` more bytes. Throws "too large" past the limit. */
  reserve(extra: number): void {
    const needed = this.#length + extra;
    if (needed > this.#maxBytes) {
      throw new HearthError(
        "too large",
        `write request: its labels are more than ${this.#maxBytes} bytes; send fewer series a request`,
      );
    }
    if (needed <= this.#bytes.length) return;
    this.#bytes = new Uint8Array(this.#bytes.buffer.transfer(Math.max(2 * this.#bytes.length, needed)));
    this.#view = new DataView(this.#bytes.buffer);
  }
}

const labelArena = new LabelArena(Number.POSITIVE_INFINITY, INITIAL_LABEL_BYTES);

/** Encodes labels as in an arena. Returns a view that is valid until the next call. */
export function encodeLabels(labels: readonly Label[]): Uint8Array {
  labelArena.truncate(0);
  for (const [name, value] of labels) {
    labelArena.writeText(name);
    labelArena.writeText(value);
  }
  return labelArena.bytes.subarray(0, labelArena.length);
}

/** Decodes the labels of a series in an arena. See `SampleBatch`. */
export function decodeArenaLabels(
  bytes: Uint8Array,
  start: number,
  end: number,
  maxLabels = Number.POSITIVE_INFINITY,
  isLossy = false,
): Label[] {
  const labels: Label[] = [];
  const decode = isLossy ? decodeLossy : decodeUtf8;
  const reader = new ProtobufReader(bytes, start + 1, end);
  while (reader.hasMore() && labels.length <= maxLabels)
    labels.push([reader.readString(decode), reader.readString(decode)]);
  return labels;
}
