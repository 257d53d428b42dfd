/**
 * The files of Prometheus' blocks. Their checksums are made right after a mutation, so that it reaches what
 * lies behind them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SampleColumns } from "../../lib/chunk/sample-columns.ts";
import { ALL_TIME } from "../../lib/model/time.ts";
import { SampleSpool } from "../../lib/transfer/sample-spool.ts";
import { spoolHead } from "../../lib/transfer/spool-head.ts";
import { Block, readMeta } from "../../lib/tsdb/block.ts";
import { ChunkFiles } from "../../lib/tsdb/chunk-files.ts";
import { decodeTo } from "../../lib/tsdb/decode-chunk.ts";
import type { BlockFile } from "../../lib/tsdb/files.ts";
import { readHeadChunks } from "../../lib/tsdb/wal/head-chunks.ts";
import { decodeLabels, decodeRecord, type RecordSink } from "../../lib/tsdb/wal/records.ts";
import { readRecords, TornRecord } from "../../lib/tsdb/wal/segment.ts";
import { crc32c } from "../../lib/wire/crc32c.ts";
import { type BlockBytes, fixturePath, MemoryFolder, readBlocks } from "../helpers/storage/block-files.ts";
import { walSegment } from "../helpers/storage/wal-segment.ts";
import { BrokenProperty, type Target } from "./target.ts";

const ERRORS = ["data", "unsupported"] as const;
const CONTENTS_BYTES = 52;
const HEAD = fixturePath("prometheus-3.16-head");

/** Blocks whose files are replaced one at a time. */
export async function blockTargets(): Promise<Target[]> {
  const blocks = [...readBlocks(fixturePath("promtool")), ...readBlocks(fixturePath("prometheus-3.16"))];
  const [block] = blocks;
  const target = (name: string, corpus: readonly Uint8Array[], run: Target["run"]): Target => {
    return { name, corpus, errors: ERRORS, run };
  };
  const file = (path: string) => blocks.map((files) => files.get(path)!);
  return [
    target("index of a block as read", file("index"), (input) => readBlock(block, "index", input)),
    target("index of a block", file("index"), (input) => readBlock(block, "index", sealIndex(input))),
    target("tombstones of a block", file("tombstones"), (input) =>
      readBlock(block, "tombstones", sealEnd(input, 5)),
    ),
    ...(await headTargets(target)),
    target("chunk files of a block", file("chunks/000001"), (input) =>
      readBlock(block, "chunks/000001", input),
    ),
    target("chunks of blocks", await chunksOf(blocks), ([encoding = 0, ...bytes]) => {
      const columns = new SampleColumns();
      const place = { minTime: 0, maxTime: 0, reference: 0 };
      decodeTo({ ...place, encoding, bytes: Uint8Array.from(bytes) }, columns);
      if (columns.count > 65_535) throw new BrokenProperty(`a chunk has ${columns.count} samples`);
      return columns.count;
    }),
  ];
}

type NewTarget = (name: string, corpus: readonly Uint8Array[], run: Target["run"]) => Target;

/** The write-ahead log and the finished chunks of a data directory. */
async function headTargets(target: NewTarget): Promise<Target[]> {
  const files = (folder: string) =>
    readdirSync(join(HEAD, folder))
      .filter((name) => /^\d+$/.test(name))
      .map((name) => new Uint8Array(readFileSync(join(HEAD, folder, name))));
  const segments = ["wal", "wal/checkpoint.00000001", "wbl"].flatMap(files);
  const records: Uint8Array[] = [];
  for (const segment of segments)
    for await (const { bytes } of readRecords(fileOf(segment))) records.push(bytes.slice());
  const named = records.find(([type]) => type === 1)!;
  return [
    target("segments of a write-ahead log", segments, async (input) => {
      let count = 0;
      try {
        for await (const _ of readRecords(fileOf(input))) count++;
      } catch (error) {
        if (!(error instanceof TornRecord)) throw error;
      }
      return count;
    }),
    target("records of a write-ahead log, imported", records, async (input) => {
      const spool = new SampleSpool(async (_day, series) => void [...series].length);
      const files = { name: "wal", checkpoint: [], outOfOrder: [], chunks: [] };
      const segment = fileOf(walSegment([named, input]));
      const report = await spoolHead({ ...files, segments: [segment] }, Number.NEGATIVE_INFINITY, spool);
      return `${report.samples} ${report.notes.length}`;
    }),
    target("records of a write-ahead log", records, (input) => {
      let count = 0;
      const sink: RecordSink = {
        onSeries: (_reference, labels) => {
          count += decodeLabels(labels, "series").length;
        },
        onSample: () => count++,
        onHistogram: () => count++,
        onTombstone: () => count++,
        onMinValidTime: () => count++,
      };
      for (const _ of decodeRecord(input, "record", sink)) count++;
      return count;
    }),
    target("head chunks", files("chunks_head"), async (input) => {
      let count = 0;
      for await (const _ of readHeadChunks(fileOf(input), input.length % 2 === 0)) count++;
      return count;
    }),
  ];
}

function fileOf(bytes: Uint8Array): BlockFile {
  const read = (offset: number, length: number) => bytes.slice(offset, offset + length);
  return { name: "file", sizeBytes: bytes.length, read };
}

/** Goes through a block in which one file is another. Returns its samples. */
async function readBlock(files: BlockBytes, path: string, bytes: Uint8Array): Promise<number> {
  const folder = new MemoryFolder("block", new Map([...files, [path, bytes]]));
  const block = await Block.open(folder, (await readMeta(folder))!);
  let samples = 0;
  for await (const series of block.index.series()) {
    const columns = new SampleColumns();
    await block.appendSamples(series, ALL_TIME, columns);
    samples += columns.count;
  }
  return samples;
}

/** The chunks of blocks, each after its encoding. */
async function chunksOf(blocks: readonly BlockBytes[]): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (const files of blocks) {
    const folder = new MemoryFolder("block", files);
    const { index } = await Block.open(folder, (await readMeta(folder))!);
    const chunks = await ChunkFiles.open(folder);
    for await (const series of index.series())
      for await (const { encoding, bytes } of chunks.chunks(series.chunks))
        found.push(Uint8Array.from([encoding, ...bytes]));
  }
  return found;
}

/** With the checksum of everything from a place on at its end. */
function sealEnd(input: Uint8Array, from: number): Uint8Array {
  const sealed = input.slice();
  if (sealed.length >= from + 4) writeChecksum(sealed, from, sealed.length - 4);
  return sealed;
}

/** With the checksums of symbols, series and contents, as far as their lengths lead. */
function sealIndex(input: Uint8Array): Uint8Array {
  const sealed = sealEnd(input, Math.max(0, input.length - CONTENTS_BYTES));
  if (sealed.length < CONTENTS_BYTES) return sealed;
  const view = new DataView(sealed.buffer);
  const at = (place: number) => Number(view.getBigUint64(sealed.length - CONTENTS_BYTES + 8 * place));
  const symbols = at(0);
  if (symbols + 8 < sealed.length) {
    const end = symbols + 4 + view.getUint32(symbols);
    if (end + 4 <= sealed.length) writeChecksum(sealed, symbols + 4, end);
  }
  for (let series = Math.ceil(at(1) / 16) * 16; series + 2 < sealed.length; ) {
    const [low, high] = [sealed[series], sealed[series + 1]];
    if (low === 0) {
      series += 16;
      continue;
    }
    const isLong = low >= 0x80;
    const from = series + (isLong ? 2 : 1);
    const end = from + (isLong ? (low & 0x7f) + 128 * (high & 0x7f) : low);
    if (end + 4 > sealed.length - CONTENTS_BYTES) break;
    writeChecksum(sealed, from, end);
    series = Math.ceil((end + 4) / 16) * 16;
  }
  return sealed;
}

function writeChecksum(bytes: Uint8Array, from: number, to: number): void {
  new DataView(bytes.buffer).setUint32(to, crc32c(bytes.subarray(from, to)));
}
