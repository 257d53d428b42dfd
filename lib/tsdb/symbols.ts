/**
 * The symbol table of an index: every label name and value once, in order. Version 2 names a symbol by its number, version
 * 1 by its place in the file. Held as bytes: as strings, the symbols of two million series would be several times as large.
 *
 *     length   4 bytes
 *     count    4 bytes
 *     for each   length (uvarint), bytes
 *     CRC-32C  4 bytes
 */
import { ByteReader, decodeText } from "../storage/codec/bytes.ts";
import { damagedBlock } from "./damaged-block.ts";

/** Decoded symbols that are kept, and their characters; a label repeats from series to series. */
const MAX_KEPT = 100_000;
const MAX_KEPT_CHARACTERS = 32 * 1024 * 1024;
/** More symbols are damage: those of two million series are some five million. */
const MAX_SYMBOLS = 100_000_000;
/** Longer symbols are damage: a label value that can be stored has 16 KB. In version 1 symbols may overlap. */
const MAX_SYMBOL_BYTES = 1024 * 1024;

export class SymbolTable {
  readonly #file: string;
  readonly #bytes: Uint8Array;
  /** Where the bytes begin in the file. */
  readonly #base: number;
  /** By number, in version 2; undefined in version 1. */
  readonly #places: Uint32Array | undefined;
  readonly #kept = new Map<number, string>();
  #keptCharacters = 0;

  /** `bytes`: the section behind its length, without the checksum; it begins at `base` of the file. Throws "data". */
  constructor(file: string, version: number, bytes: Uint8Array, base: number) {
    this.#file = file;
    this.#bytes = bytes;
    this.#base = base;
    this.#places = version === 1 ? undefined : findPlaces(file, bytes);
  }

  /** Throws "data" for a symbol that is not in the table. */
  text(reference: number): string {
    const kept = this.#kept.get(reference);
    if (kept !== undefined) return kept;
    const text = this.#read(reference);
    this.#keptCharacters += text.length;
    if (this.#kept.size >= MAX_KEPT || this.#keptCharacters > MAX_KEPT_CHARACTERS) {
      this.#kept.clear();
      this.#keptCharacters = text.length;
    }
    this.#kept.set(reference, text);
    return text;
  }

  #read(reference: number): string {
    const place = this.#places === undefined ? reference - this.#base : this.#places[reference];
    if (place === undefined || !(place >= 0 && place < this.#bytes.length))
      throw damagedBlock(this.#file, `symbol ${reference} is not in the symbol table`);
    const reader = new ByteReader(this.#bytes.subarray(place), `${this.#file}: symbol`);
    const length = reader.readVarint();
    if (length > MAX_SYMBOL_BYTES)
      throw damagedBlock(
        this.#file,
        `symbol ${reference} has ${length} bytes, expected at most ${MAX_SYMBOL_BYTES}`,
      );
    return decodeText(reader.readBytes(length), `${this.#file}: symbol ${reference}`);
  }
}

function findPlaces(file: string, bytes: Uint8Array): Uint32Array {
  const count = new ByteReader(bytes, `${file}: symbol table`).readUint(4);
  // A symbol takes a byte at least.
  if (count > bytes.length) throw damagedBlock(file, `${count} symbols in ${bytes.length} bytes`);
  if (count > MAX_SYMBOLS) throw damagedBlock(file, `${count} symbols, expected at most ${MAX_SYMBOLS}`);
  const places = new Uint32Array(count);
  let at = 4;
  for (let i = 0; i < count; i++) {
    places[i] = at;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 28) throw damagedBlock(file, `symbol ${i} of ${count} has no length`);
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    at += length;
    if (at > bytes.length) throw damagedBlock(file, `symbol ${i} of ${count} passes the table's end`);
  }
  return places;
}
