/**
 * The index of a new block, version 2; its bytes are described in block-index.ts. Symbols come first in the file and are known
 * last: series are spooled with numbers of their own until then.
 */
import type { LabelSet } from "../../model/labels.ts";
import { compareBytewise } from "../../model/labels.ts";
import { ByteReader, ByteWriter } from "../../storage/codec/bytes.ts";
import { crc32c } from "../../wire/crc32c.ts";
import { type ChunkPlace, INDEX_MAGIC, SERIES_ALIGNMENT } from "../block-index.ts";
import { type BlockOutput, BufferedFile } from "./output.ts";
import { Postings } from "./postings.ts";

const VERSION = 2;
const POSTINGS_ALIGNMENT = 4;
const SPOOL_FILE = "index.spool";
const SPOOL_READ_BYTES = 1024 * 1024;

export class IndexWriter {
  readonly #output: BlockOutput;
  readonly #spool: BufferedFile;
  readonly #entry = new ByteWriter();
  readonly #body = new ByteWriter();
  /** By text, in the order in which they came. */
  readonly #symbols = new Map<string, number>([["", 0]]);
  #count = 0;

  private constructor(output: BlockOutput, spool: BufferedFile) {
    this.#output = output;
    this.#spool = spool;
  }

  static async open(output: BlockOutput): Promise<IndexWriter> {
    return new IndexWriter(output, new BufferedFile(await output.create(SPOOL_FILE)));
  }

  /** Series written so far. */
  get count(): number {
    return this.#count;
  }

  /** Label sets ascend, and so do the places of their chunks. */
  async add(labels: LabelSet, chunks: readonly ChunkPlace[]): Promise<void> {
    const body = this.#body;
    body.clear();
    body.writeVarint(labels.length);
    for (const [name, value] of labels) body.writeVarint(this.#number(name)).writeVarint(this.#number(value));
    const labelBytes = body.length;
    writeChunks(body, chunks);
    this.#entry.clear();
    this.#entry.writeVarint(labelBytes).writeVarint(body.length).writeBytes(body.finish());
    await this.#spool.add(this.#entry.finish());
    this.#count++;
  }

  async finish(): Promise<void> {
    await this.#spool.close();
    const texts = [...this.#symbols.keys()];
    const sorted = texts.toSorted(compareBytewise);
    const finalNumbers = new Uint32Array(texts.length);
    sorted.forEach((text, number) => {
      finalNumbers[this.#symbols.get(text)!] = number;
    });
    const file = new BufferedFile(await this.#output.create("index"));
    await file.add(new ByteWriter().writeUint(INDEX_MAGIC, 4).writeByte(VERSION).finish());
    const symbolsAt = file.length;
    await writeSymbols(file, sorted);
    await file.align(SERIES_ALIGNMENT);
    const seriesAt = file.length;
    const postings = await this.#writeSeries(file, texts, finalNumbers);
    await this.#output.remove(SPOOL_FILE);
    const { postingsAt, tableAt } = await writePostings(file, postings);
    const contents = new ByteWriter();
    // Label indices and their table are not read any more.
    for (const at of [symbolsAt, seriesAt, 0, 0, postingsAt, tableAt]) contents.writeUint(at, 8);
    const bytes = contents.finish();
    await file.add(new ByteWriter().writeBytes(bytes).writeUint(crc32c(bytes), 4).finish());
    await file.close();
  }

  #number(text: string): number {
    const known = this.#symbols.get(text);
    if (known !== undefined) return known;
    const number = this.#symbols.size;
    this.#symbols.set(text, number);
    return number;
  }

  async #writeSeries(
    file: BufferedFile,
    texts: readonly string[],
    finalNumbers: Uint32Array,
  ): Promise<Postings> {
    const postings = new Postings();
    const body = new ByteWriter();
    for await (const entry of readSpool(this.#output)) {
      await file.align(SERIES_ALIGNMENT);
      const reference = file.length / SERIES_ALIGNMENT;
      postings.add("", "", reference);
      body.clear();
      const labels = new ByteReader(entry.labels, SPOOL_FILE);
      const count = labels.readVarint();
      body.writeVarint(count);
      for (let i = 0; i < count; i++) {
        const [name, value] = [labels.readVarint(), labels.readVarint()];
        postings.add(texts[name], texts[value], reference);
        body.writeVarint(finalNumbers[name]).writeVarint(finalNumbers[value]);
      }
      const bytes = body.writeBytes(entry.chunks).finish();
      const head = new ByteWriter().writeVarint(bytes.length).writeBytes(bytes).writeUint(crc32c(bytes), 4);
      await file.add(head.finish());
    }
    return postings;
  }
}

function writeChunks(body: ByteWriter, chunks: readonly ChunkPlace[]): void {
  body.writeVarint(chunks.length);
  chunks.forEach(({ minTime, maxTime, reference }, i) => {
    if (i === 0) body.writeSigned(minTime);
    else body.writeVarint(minTime - chunks[i - 1].maxTime);
    body.writeVarint(maxTime - minTime);
    if (i === 0) body.writeVarint(reference);
    else body.writeSigned(reference - chunks[i - 1].reference);
  });
}

async function* readSpool(output: BlockOutput) {
  const spool = await output.open(SPOOL_FILE);
  let window: Uint8Array = new Uint8Array(0);
  let at = 0;
  for (let base = 0; base + at < spool.sizeBytes; ) {
    const reader = new ByteReader(window.subarray(at), SPOOL_FILE);
    const isShort = reader.remaining < 20;
    const heads = isShort ? undefined : { labels: reader.readVarint(), total: reader.readVarint() };
    if (heads === undefined || reader.remaining < heads.total) {
      const left = spool.sizeBytes - base - at;
      const isAll = window.length - at === left;
      if (!isAll) {
        base += at;
        at = 0;
        const wanted = Math.max(SPOOL_READ_BYTES, (heads?.total ?? 0) + 20);
        window = await spool.read(base, Math.min(wanted, left));
        continue;
      }
    }
    const entry = new ByteReader(window.subarray(at), SPOOL_FILE);
    const [labelBytes, total] = [entry.readVarint(), entry.readVarint()];
    const bytes = entry.readBytes(total);
    yield { labels: bytes.subarray(0, labelBytes), chunks: bytes.subarray(labelBytes) };
    at = window.length - entry.remaining;
  }
}

async function writeSymbols(file: BufferedFile, sorted: readonly string[]): Promise<void> {
  const body = new ByteWriter().writeUint(sorted.length, 4);
  for (const symbol of sorted) body.writeString(symbol);
  await writeSection(file, body.finish());
}

async function writePostings(file: BufferedFile, postings: Postings) {
  await file.align(POSTINGS_ALIGNMENT);
  const postingsAt = file.length;
  const table = new ByteWriter();
  let count = 0;
  for (const { name, value, references } of postings.sorted()) {
    await file.align(POSTINGS_ALIGNMENT);
    table.writeVarint(2).writeString(name).writeString(value).writeVarint(file.length);
    const list = new ByteWriter().writeUint(references.length, 4);
    for (const reference of references) list.writeUint(reference, 4);
    await writeSection(file, list.finish());
    count++;
  }
  const tableAt = file.length;
  await writeSection(file, new ByteWriter().writeUint(count, 4).writeBytes(table.finish()).finish());
  return { postingsAt, tableAt };
}

/** Length, content, checksum. */
async function writeSection(file: BufferedFile, bytes: Uint8Array): Promise<void> {
  await file.add(new ByteWriter().writeUint(bytes.length, 4).finish());
  await file.add(bytes);
  await file.add(new ByteWriter().writeUint(crc32c(bytes), 4).finish());
}
