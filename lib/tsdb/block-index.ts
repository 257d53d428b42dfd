/**
 * The index of a block, versions 1 and 2, read series by series.
 * https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/index.md
 *
 *     magic 4 bytes, version 1 byte; symbols; series; label indices; postings; offset tables; table of contents 52 bytes
 *
 *     series   length (uvarint), then so many bytes, then their CRC-32C; in version 2 at multiples of 16
 *       labels   uvarint, then for each two symbols (uvarint)
 *       chunks   uvarint; the first: minTime (zigzag varint), maxTime (uvarint, less minTime), place (uvarint);
 *                each further: minTime (uvarint, less the maxTime before), maxTime, place (zigzag varint, less the one before);
 *                where chunks are out of order or overlap, the uvarint of minTime wraps around
 */
import type { Label } from "../model/labels.ts";
import { ByteReader } from "../storage/codec/bytes.ts";
import { crc32c } from "../wire/crc32c.ts";
import { damagedBlock } from "./damaged-block.ts";
import type { BlockFile } from "./files.ts";
import { RecordCursor } from "./record-cursor.ts";
import { SymbolTable } from "./symbols.ts";

export const INDEX_MAGIC = 0xbaaad700;
export const HEADER_BYTES = 5;
export const CHECKSUM_BYTES = 4;
/** Six offsets and a checksum. */
const CONTENTS_BYTES = 6 * 8 + CHECKSUM_BYTES;
/** Version 2 aligns series to it. */
export const SERIES_ALIGNMENT = 16;
/** Bytes read at once by a scan, and about what one series takes. */
const SCAN_BYTES = 1024 * 1024;
const SERIES_BYTES = 1024;
/** Of a series' length, as a varint. */
const MAX_LENGTH_BYTES = 5;
/** A longer series entry is damage: a year at one sample a second has 260,000 chunks in 2 MB. */
const MAX_SERIES_BYTES = 8 * 1024 * 1024;
/** Longer symbols are damage: those of two million series take 100 MB. */
const MAX_SYMBOLS_BYTES = 1024 * 1024 * 1024;
/** More labels of a series are damage: Prometheus' own limits are below a hundred. */
const MAX_LABELS = 10_000;
const READ_BYTES = 64 * 1024 * 1024;

/** Where a chunk is, and its first and last sample's time (ms). */
export interface ChunkPlace {
  readonly minTime: number;
  readonly maxTime: number;
  /** The number of its file times 2^32, and its offset there. */
  readonly reference: number;
}

export interface IndexedSeries {
  /** Its offset in the file. */
  readonly offset: number;
  /** As stored: sorted by name. */
  readonly labels: readonly Label[];
  /** By time and not overlapping, but for blocks of an old or damaged writer. */
  readonly chunks: readonly ChunkPlace[];
}

export class BlockIndex {
  readonly version: number;
  readonly #file: BlockFile;
  readonly #symbols: SymbolTable;
  readonly #start: number;
  readonly #end: number;

  private constructor(file: BlockFile, version: number, symbols: SymbolTable, start: number, end: number) {
    this.#file = file;
    this.version = version;
    this.#symbols = symbols;
    this.#start = start;
    this.#end = end;
  }

  /** Reads the symbols. Throws "data" for what is not an index of version 1 or 2, or is damaged. */
  static async open(file: BlockFile): Promise<BlockIndex> {
    if (file.sizeBytes < HEADER_BYTES + CONTENTS_BYTES)
      throw damagedBlock(file.name, `${file.sizeBytes} bytes, expected an index`);
    const header = new ByteReader(await file.read(0, HEADER_BYTES), file.name);
    const magic = header.readUint(4);
    if (magic !== INDEX_MAGIC)
      throw damagedBlock(file.name, `begins with ${hex(magic)}, expected ${hex(INDEX_MAGIC)}`);
    const version = header.readByte();
    if (version !== 1 && version !== 2)
      throw damagedBlock(file.name, `index of version ${version}, expected 1 or 2`);
    const offsets = await readContents(file);
    const [symbolsAt, seriesAt] = offsets;
    const after = offsets.filter((offset) => offset > seriesAt);
    const end = Math.min(file.sizeBytes - CONTENTS_BYTES, ...after);
    const symbols = new SymbolTable(file.name, version, await readSection(file, symbolsAt), symbolsAt + 4);
    return new BlockIndex(file, version, symbols, seriesAt, end);
  }

  /** All series, in the order of the file, which is that of their label sets. */
  async *series(): AsyncGenerator<IndexedSeries, void, void> {
    let window: Uint8Array = new Uint8Array(0);
    let base = this.#start;
    let at = this.#start;
    const need = async (length: number) => {
      if (at + length <= base + window.length) return;
      const wanted = Math.max(length, SCAN_BYTES);
      base = at;
      window = await this.#file.read(at, Math.min(wanted, this.#file.sizeBytes - at));
      if (window.length < length)
        throw damagedBlock(this.#file.name, `series at ${at} passes the file's end`);
    };
    while (true) {
      at = this.#align(at);
      if (at >= this.#end) return;
      await need(MAX_LENGTH_BYTES);
      if (window[at - base] === 0) {
        // Padding.
        at++;
        continue;
      }
      const { length, headBytes } = this.#lengthAt(window, at - base, at);
      const total = headBytes + length + CHECKSUM_BYTES;
      await need(total);
      const from = at - base;
      yield this.#decode(window.subarray(from + headBytes, from + total), at);
      at += total;
    }
  }

  /** One series, by its offset. */
  async seriesAt(offset: number): Promise<IndexedSeries> {
    const first = await this.#file.read(offset, Math.min(SERIES_BYTES, this.#file.sizeBytes - offset));
    const { length, headBytes } = this.#lengthAt(first, 0, offset);
    const total = headBytes + length + CHECKSUM_BYTES;
    const bytes = total <= first.length ? first : await this.#file.read(offset, total);
    return this.#decode(bytes.subarray(headBytes, total), offset);
  }

  #align(at: number): number {
    return this.version === 1 ? at : Math.ceil(at / SERIES_ALIGNMENT) * SERIES_ALIGNMENT;
  }

  #lengthAt(bytes: Uint8Array, place: number, offset: number) {
    const reader = new ByteReader(bytes.subarray(place), `${this.#file.name}: series at ${offset}`);
    const before = reader.remaining;
    const length = reader.readVarint();
    if (length > MAX_SERIES_BYTES)
      throw damagedBlock(this.#file.name, `series at ${offset} has ${length} bytes`);
    return { length, headBytes: before - reader.remaining };
  }

  /** `checked`: the entry's content and its checksum. */
  #decode(checked: Uint8Array, offset: number): IndexedSeries {
    const body = checked.subarray(0, checked.length - CHECKSUM_BYTES);
    expectChecksum(this.#file.name, `series at ${offset}`, body, checked);
    const cursor = new RecordCursor(body, `${this.#file.name}: series at ${offset}`);
    const labels: Label[] = [];
    const labelCount = cursor.readCount(2);
    if (labelCount > MAX_LABELS)
      throw damagedBlock(
        this.#file.name,
        `series at ${offset} has ${labelCount} labels, expected at most ${MAX_LABELS}`,
      );
    for (let count = labelCount; count > 0; count--)
      labels.push([this.#symbols.text(cursor.readUvarint()), this.#symbols.text(cursor.readUvarint())]);
    const chunks: ChunkPlace[] = [];
    let [time, reference] = [0, 0];
    for (let count = cursor.readCount(3); count > 0; count--) {
      const isFirst = chunks.length === 0;
      const minTime = isFirst ? cursor.readVarint() : time + cursor.readWrappedVarint();
      time = minTime + cursor.readUvarint();
      reference = isFirst ? cursor.readUvarint() : reference + cursor.readVarint();
      chunks.push({ minTime, maxTime: time, reference });
    }
    return { offset, labels, chunks };
  }
}

/** Offsets of symbols, series, label indices, label offsets, postings and postings offsets; 0: there is no such section. */
async function readContents(file: BlockFile): Promise<number[]> {
  const bytes = await file.read(file.sizeBytes - CONTENTS_BYTES, CONTENTS_BYTES);
  const body = bytes.subarray(0, CONTENTS_BYTES - CHECKSUM_BYTES);
  expectChecksum(file.name, "table of contents", body, bytes);
  const reader = new ByteReader(body, `${file.name}: table of contents`);
  const offsets = Array.from({ length: 6 }, () => reader.readUint(8));
  for (const offset of offsets)
    if (offset > file.sizeBytes)
      throw damagedBlock(
        file.name,
        `table of contents: a section at ${offset}, the file has ${file.sizeBytes} bytes`,
      );
  return offsets;
}

/** A section behind its length of 4 bytes; its checksum is compared. */
async function readSection(file: BlockFile, offset: number): Promise<Uint8Array> {
  const length = new ByteReader(await file.read(offset, 4), file.name).readUint(4);
  const total = length + CHECKSUM_BYTES;
  if (offset + 4 + total > file.sizeBytes)
    throw damagedBlock(file.name, `section at ${offset} of ${length} bytes passes the file's end`);
  if (length > MAX_SYMBOLS_BYTES)
    throw damagedBlock(file.name, `symbols of ${length} bytes, expected at most ${MAX_SYMBOLS_BYTES}`);
  const bytes = new Uint8Array(total);
  for (let at = 0; at < total; at += READ_BYTES)
    bytes.set(await file.read(offset + 4 + at, Math.min(READ_BYTES, total - at)), at);
  const body = bytes.subarray(0, length);
  expectChecksum(file.name, `section at ${offset}`, body, bytes);
  return body;
}

/** Throws "data" unless the last four bytes of `checked` are the CRC-32C of `body`. */
export function expectChecksum(file: string, what: string, body: Uint8Array, checked: Uint8Array): void {
  const expected = new ByteReader(checked.subarray(checked.length - CHECKSUM_BYTES), file).readUint(4);
  const actual = crc32c(body);
  if (actual !== expected)
    throw damagedBlock(file, `${what}: checksum ${hex(actual)}, expected ${hex(expected)}`);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
