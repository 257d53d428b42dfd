/**
 * Writes a block of Prometheus' TSDB from existing chunks, which have the same format: a week of samples
 * in seconds, which a server would take half an hour to receive.
 * https://github.com/prometheus/prometheus/tree/main/tsdb/docs/format
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Chunk } from "../../lib/chunk/cut.ts";
import { compareBytewise, type LabelSet } from "../../lib/model/labels.ts";
import { ByteWriter } from "../../lib/storage/codec/bytes.ts";
import { crc32c } from "../../lib/wire/crc32c.ts";

const INDEX_MAGIC = 0xbaaad700;
const INDEX_VERSION = 2;
const CHUNKS_MAGIC = 0x85bd40dd;
const CHUNKS_VERSION = 1;
/** The prefix of a block's directory name, a time that does not matter here. */
const ULID_LENGTH = 26;
/** A series' reference is its offset divided by 16. */
const SERIES_ALIGNMENT = 16;
const POSTINGS_ALIGNMENT = 4;
/** In the order of encoding numbers: floats, integer histograms, float histograms. */
const ENCODINGS = { integer: 2, float: 3 } as const;
const FLOAT_ENCODING = 1;

/** Samples of a series in one block, by time. */
export interface BlockSeries {
  readonly labels: LabelSet;
  readonly chunks: readonly Chunk[];
}

/** `series`: sorted by label set; `number` names the block, `end` is after the last sample. */
export function writeBlock(
  directory: string,
  number: number,
  series: readonly BlockSeries[],
  { start, end }: { readonly start: number; readonly end: number },
): void {
  const ulid = String(number).padStart(ULID_LENGTH, "0");
  const block = join(directory, ulid);
  mkdirSync(join(block, "chunks"), { recursive: true });
  const references = writeChunks(join(block, "chunks/000001"), series);
  writeFileSync(join(block, "index"), encodeIndex(series, references));
  const numChunks = references.reduce((total, each) => total + each.length, 0);
  const meta = {
    ulid,
    minTime: start,
    maxTime: end,
    stats: { numSeries: series.length, numChunks },
    compaction: { level: 1, sources: [ulid] },
    version: 1,
  };
  writeFileSync(join(block, "meta.json"), JSON.stringify(meta));
}

/** The offset of each chunk of each series; of one file: segments end at 512 MB, a day has 80. */
function writeChunks(path: string, series: readonly BlockSeries[]): number[][] {
  const file = openSync(path, "w");
  const head = new ByteWriter()
    .writeUint(CHUNKS_MAGIC, 4)
    .writeUint(CHUNKS_VERSION, 1)
    .writeUint(0, 3)
    .finish();
  writeSync(file, head);
  let offset = head.length;
  const references = series.map(({ chunks }) => {
    const writer = new ByteWriter();
    const offsets = chunks.map(({ kind, bytes }) => {
      const at = offset + writer.length;
      const encoding = kind === undefined ? FLOAT_ENCODING : ENCODINGS[kind];
      const checked = new ByteWriter().writeByte(encoding).writeBytes(bytes).finish();
      writer.writeVarint(bytes.length).writeBytes(checked).writeUint(crc32c(checked), 4);
      return at;
    });
    writeSync(file, writer.finish());
    offset += writer.length;
    return offsets;
  });
  closeSync(file);
  return references;
}

function encodeIndex(series: readonly BlockSeries[], references: readonly number[][]): Uint8Array {
  const index = new ByteWriter().writeUint(INDEX_MAGIC, 4).writeByte(INDEX_VERSION);
  const symbolsAt = index.length;
  const numbers = writeSymbols(index, series);
  align(index, SERIES_ALIGNMENT);
  const seriesAt = index.length;
  const postings = new Postings();
  series.forEach((one, i) => {
    align(index, SERIES_ALIGNMENT);
    postings.add(one.labels, index.length / SERIES_ALIGNMENT);
    writeSeries(index, one, references[i], numbers);
  });
  align(index, POSTINGS_ALIGNMENT);
  const postingsAt = index.length;
  const table = new ByteWriter();
  const lists = postings.sorted();
  table.writeUint(lists.length, 4);
  for (const { name, value, references } of lists) {
    align(index, POSTINGS_ALIGNMENT);
    table.writeVarint(2).writeString(name).writeString(value).writeVarint(index.length);
    const list = new ByteWriter().writeUint(references.length, 4);
    for (const reference of references) list.writeUint(reference, 4);
    writeSection(index, list);
  }
  const tableAt = index.length;
  writeSection(index, table);
  const contents = new ByteWriter();
  // Label indices no longer exist.
  for (const at of [symbolsAt, seriesAt, 0, 0, postingsAt, tableAt]) contents.writeUint(at, 8);
  return index.writeBytes(contents.finish()).writeUint(crc32c(contents.finish()), 4).finish();
}

/** The number of each text. */
function writeSymbols(index: ByteWriter, series: readonly BlockSeries[]): ReadonlyMap<string, number> {
  const symbols = [...new Set(["", ...series.flatMap(({ labels }) => labels.flat())])].sort(compareBytewise);
  const body = new ByteWriter().writeUint(symbols.length, 4);
  for (const symbol of symbols) body.writeString(symbol);
  writeSection(index, body);
  return new Map(symbols.map((symbol, i) => [symbol, i]));
}

function writeSeries(
  index: ByteWriter,
  { labels, chunks }: BlockSeries,
  references: readonly number[],
  numbers: ReadonlyMap<string, number>,
): void {
  const body = new ByteWriter().writeVarint(labels.length);
  for (const text of labels.flat()) body.writeVarint(numbers.get(text)!);
  body.writeVarint(chunks.length);
  chunks.forEach(({ minTime, maxTime }, i) => {
    if (i === 0) body.writeSigned(minTime);
    else body.writeVarint(minTime - chunks[i - 1].maxTime);
    body.writeVarint(maxTime - minTime);
    if (i === 0) body.writeVarint(references[0]);
    else body.writeSigned(references[i] - references[i - 1]);
  });
  const bytes = body.finish();
  index.writeVarint(bytes.length).writeBytes(bytes).writeUint(crc32c(bytes), 4);
}

/** Length, content, checksum. */
function writeSection(index: ByteWriter, body: ByteWriter): void {
  const bytes = body.finish();
  index.writeUint(bytes.length, 4).writeBytes(bytes).writeUint(crc32c(bytes), 4);
}

function align(index: ByteWriter, size: number): void {
  while (index.length % size !== 0) index.writeByte(0);
}

interface PostingsList {
  readonly name: string;
  readonly value: string;
  readonly references: number[];
}

/** Postings of each label; those of the empty one have all series. */
class Postings {
  readonly #lists = new Map<string, PostingsList>();

  add(labels: LabelSet, reference: number): void {
    for (const [name, value] of [["", ""] as const, ...labels]) {
      const key = `${name}\0${value}`;
      const list = this.#lists.get(key);
      if (list === undefined) this.#lists.set(key, { name, value, references: [reference] });
      else list.references.push(reference);
    }
  }

  sorted(): PostingsList[] {
    return [...this.#lists.values()].sort(
      (a, b) => compareBytewise(a.name, b.name) || compareBytewise(a.value, b.value),
    );
  }
}
