/**
 * A block of Prometheus 3.16 with every encoding of chunks that it has: XOR2, native histograms with start timestamps, what
 * random series have made of them. The samples beside it are those that Prometheus was sent.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { sortColumns } from "../../lib/chunk/merge-mixed.ts";
import { SampleColumns } from "../../lib/chunk/sample-columns.ts";
import { HearthError } from "../../lib/model/errors.ts";
import type { Histogram } from "../../lib/model/histogram.ts";
import { type LabelSet, printLabels } from "../../lib/model/labels.ts";
import type { MixedSamples } from "../../lib/model/samples.ts";
import { ALL_TIME } from "../../lib/model/time.ts";
import { Block, readMeta } from "../../lib/tsdb/block.ts";
import { ChunkFiles, type RawChunk } from "../../lib/tsdb/chunk-files.ts";
import { decodeTo } from "../../lib/tsdb/decode-chunk.ts";
import { writeBlock } from "../../lib/tsdb/write/block-writer.ts";
import { cutStartedChunks } from "../../lib/tsdb/write/started-chunks.ts";
import { histogramText } from "../helpers/histograms.ts";
import { fixturePath, MemoryFolder, MemoryOutput, readBlocks } from "../helpers/storage/block-files.ts";
import { columnBits } from "../helpers/write-requests.ts";

const [FILES] = readBlocks(fixturePath("prometheus-3.16"));

async function openBlock() {
  const folder = new MemoryFolder("block", FILES);
  const block = await Block.open(folder, (await readMeta(folder))!);
  return { block, chunks: await ChunkFiles.open(folder) };
}

function linesOf(name: string, columns: SampleColumns): string[] {
  const { timestamps, values, startTimestamps, histograms } = sortColumns(columns);
  const bits = columnBits(values);
  const line = (time: number, start: number, value: string) => `${name} ${time} ${start} ${value}`;
  const floats = Array.from(timestamps, (time, i) =>
    line(time, startTimestamps?.[i] ?? 0, `0x${bits[i].toString(16)}`),
  );
  const others = (histograms?.histograms ?? []).map((one, i) =>
    line(
      histograms!.timestamps[i],
      histograms!.startTimestamps?.[i] ?? 0,
      histogramText(one).replaceAll(/\s+/g, " "),
    ),
  );
  return [...floats, ...others];
}

test("every sample that Prometheus was sent is read, with its start", async () => {
  const { block } = await openBlock();
  const lines: string[] = [];
  for await (const series of block.index.series()) {
    const columns = new SampleColumns();
    await block.appendSamples(series, ALL_TIME, columns);
    lines.push(...linesOf(printLabels(series.labels), columns));
  }
  const sent = brotliDecompressSync(readFileSync(fixturePath("prometheus-3.16.samples.br")))
    .toString()
    .split("\n");
  assert.equal(lines.length, sent.length);
  assert.deepEqual(lines.sort(), sent.sort());
  assert.equal(lines.length, block.meta.samples);
});

async function chunksOf(): Promise<RawChunk[]> {
  const { block, chunks } = await openBlock();
  const all: RawChunk[] = [];
  for await (const series of block.index.series())
    for await (const chunk of chunks.chunks(series.chunks)) all.push(chunk);
  return all;
}

test("samples that are written again keep their starts", async () => {
  const { block } = await openBlock();
  const read = async (from: Block) => {
    const found = new Map<string, MixedSamples & { labels: LabelSet }>();
    for await (const { labels, ...series } of from.index.series()) {
      const columns = new SampleColumns();
      await from.appendSamples({ labels, ...series }, ALL_TIME, columns);
      found.set(printLabels(labels), { labels, ...sortColumns(columns) });
    }
    return found;
  };
  const all = await read(block);
  const output = new MemoryOutput();
  const series = [...all.values()].map(({ labels, ...samples }) => {
    return { labels, chunks: cutStartedChunks(samples) };
  });
  const written = await writeBlock(output, "01ARZ3NDEKTSV4RRFFQ69G5FAV", series, () => {});
  assert.equal(written?.samples, block.meta.samples);
  const folder = new MemoryFolder("again", output.files);
  const again = await read(await Block.open(folder, (await readMeta(folder))!));
  const lines = (found: typeof all) =>
    [...found].flatMap(([name, { timestamps, values, startTimestamps, histograms }]) => {
      const columns = new SampleColumns();
      columns.appendSamples({ timestamps, values, startTimestamps });
      histograms?.histograms.forEach((one, i) => {
        // A chunk's first histogram does not know the one before.
        columns.appendHistogram(histograms.timestamps[i], withoutHint(one));
        columns.setStart(histograms.startTimestamps?.[i] ?? 0);
      });
      return linesOf(name, columns);
    });
  const expected = lines(all);
  assert.ok(expected.some((line) => !/ 0 \S+$/.test(line)));
  assert.deepEqual(lines(again), expected);
});

const withoutHint = (one: Histogram): Histogram => {
  return one.counterResetHint === "gauge" ? one : { ...one, counterResetHint: "unknown" };
};

test("the block has chunks of XOR2 and of both kinds of histograms with starts", async () => {
  const encodings = new Set((await chunksOf()).map(({ encoding }) => encoding));
  assert.deepEqual([...encodings].sort(), [4, 5, 6]);
});

test("a chunk that is cut anywhere is refused, or read as what it says", async () => {
  const smallest = new Map<number, RawChunk>();
  for (const chunk of await chunksOf()) {
    const known = smallest.get(chunk.encoding);
    const isSmaller = known === undefined || chunk.bytes.length < known.bytes.length;
    if (chunk.bytes.length > 60 && isSmaller) smallest.set(chunk.encoding, chunk);
  }
  for (const chunk of smallest.values()) {
    for (let length = 0; length < chunk.bytes.length - 1; length++) {
      const columns = new SampleColumns();
      assert.throws(
        () => decodeTo({ ...chunk, bytes: chunk.bytes.subarray(0, length) }, columns),
        (error) => error instanceof HearthError && error.kind === "data",
        `encoding ${chunk.encoding} cut at ${length}`,
      );
      assert.equal(columns.count, 0, `encoding ${chunk.encoding} cut at ${length}`);
    }
  }
});

test("an encoding that is not known is named", () => {
  const chunk = { encoding: 255, bytes: new Uint8Array(9), minTime: 0, maxTime: 0, reference: 8 };
  assert.throws(() => decodeTo(chunk, new SampleColumns()), /encoding 255, expected 1, 2, 3, 4, 5, 6/);
});
