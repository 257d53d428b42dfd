/** Blocks whose series have labels, or an order of chunks, that a Prometheus of today does not write. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cutChunks } from "../../lib/chunk/cut.ts";
import { type Label, printLabels } from "../../lib/model/labels.ts";
import { newMatcher } from "../../lib/model/matcher.ts";
import { ALL_TIME } from "../../lib/model/time.ts";
import { ByteReader, ByteWriter } from "../../lib/storage/codec/bytes.ts";
import { BlockIndex } from "../../lib/tsdb/block-index.ts";
import { newUlid } from "../../lib/tsdb/ulid.ts";
import { writeBlock } from "../../lib/tsdb/write/block-writer.ts";
import { crc32c } from "../../lib/wire/crc32c.ts";
import { type BlockBytes, MemoryFolder, MemoryOutput } from "../helpers/storage/block-files.ts";
import { Engine } from "../helpers/storage/engine.ts";
import { runImport } from "../helpers/storage/run-import.ts";

const START_MS = Date.parse("2026-11-28T22:00:00Z");

async function blockOf(...labelSets: readonly (readonly Label[])[]): Promise<BlockBytes> {
  const output = new MemoryOutput();
  const samples = { timestamps: Float64Array.of(START_MS, START_MS + 15_000), values: Float64Array.of(1, 2) };
  const series = labelSets.map((labels) => ({ labels, chunks: cutChunks(samples) }));
  await writeBlock(
    output,
    newUlid(START_MS, (count) => new Uint8Array(count)),
    series,
    () => {},
  );
  return output.files;
}

function newEngine(): Engine {
  const engine = new Engine();
  engine.nowMs = Date.parse("2026-12-02T00:00:00Z");
  return engine;
}

async function seriesOf(engine: Engine): Promise<string[]> {
  return (await engine.reader().series({ matchers: [], ...ALL_TIME })).map((labels) => printLabels(labels));
}

const GOOD: readonly Label[] = [
  ["__name__", "up"],
  ["job", "a"],
];

const REFUSED: Readonly<Record<string, readonly [labels: readonly Label[], reason: RegExp]>> = {
  "no labels at all": [[], /series \{\} cannot be stored: label __name__ is missing or empty/],
  "no name": [[["job", "b"]], /label __name__ is missing/],
  "a name twice": [
    [
      ["__name__", "up"],
      ["job", "b"],
      ["job", "c"],
    ],
    /label name "job" appears twice/,
  ],
  "an empty name": [
    [
      ["", "x"],
      ["__name__", "up"],
      ["job", "b"],
    ],
    /a label has an empty name/,
  ],
};

for (const [name, [labels, reason]] of Object.entries(REFUSED)) {
  test(`a series with ${name} is refused, and left out by a matcher`, async () => {
    const block = await blockOf(labels, GOOD);
    const engine = newEngine();
    await assert.rejects(runImport(engine, [block]), { kind: "invalid", message: reason });
    assert.deepEqual(await seriesOf(engine), []);
    await runImport(engine, [block], { matcherSets: [[newMatcher("=", "job", "a")]] });
    assert.deepEqual(await seriesOf(engine), ['up{job="a"}']);
  });
}

test("labels in another order are the same series", async () => {
  const engine = newEngine();
  await runImport(engine, [await blockOf(GOOD.toReversed())]);
  assert.deepEqual(await seriesOf(engine), ['up{job="a"}']);
  await runImport(engine, [await blockOf(GOOD)], { choiceWords: ["again"] });
  assert.deepEqual(await seriesOf(engine), ['up{job="a"}']);
  const found = await engine
    .reader()
    .select({ matchers: [], ...ALL_TIME })
    .next();
  assert.equal(found.value?.timestamps.length, 2);
});

test("a label that is not UTF-8 ends the import with its place", async () => {
  const block = await blockOf([...GOOD, ["zone", "Zürich"]]);
  const index = block.get("index")!.slice();
  const at = Buffer.from(index).indexOf("Zürich") + 1;
  index[at] = 0xff;
  const length = new DataView(index.buffer).getUint32(5);
  new DataView(index.buffer).setUint32(9 + length, crc32c(index.subarray(9, 9 + length)));
  const engine = newEngine();
  await assert.rejects(runImport(engine, [new Map([...block, ["index", index]])]), {
    kind: "data",
    message: /index: symbol \d+: 7 bytes are not UTF-8/,
  });
  assert.deepEqual(await seriesOf(engine), []);
});

/** The index of a block of one series, with its chunks in another order. */
async function reordered(block: BlockBytes, order: readonly number[]): Promise<BlockBytes> {
  const file = (await new MemoryFolder("block", block).open("index"))!;
  const { value: series } = await (await BlockIndex.open(file)).series().next();
  if (series === undefined) throw new Error("no series");
  const index = block.get("index")!;
  const symbolsEnd = 5 + 4 + new DataView(index.buffer, index.byteOffset).getUint32(5) + 4;
  const symbols = new ByteReader(index.subarray(9, symbolsEnd), "symbols");
  const texts = Array.from({ length: symbols.readUint(4) }, () => symbols.readString());
  const entry = new ByteWriter().writeVarint(series.labels.length);
  for (const text of series.labels.flat()) entry.writeVarint(texts.indexOf(text));
  entry.writeVarint(order.length);
  let [time, reference] = [0, 0];
  order.forEach((number, i) => {
    const chunk = series.chunks[number];
    if (i === 0) entry.writeSigned(chunk.minTime);
    else writeWrapped(entry, chunk.minTime - time);
    entry.writeVarint(chunk.maxTime - chunk.minTime);
    if (i === 0) entry.writeVarint(chunk.reference);
    else entry.writeSigned(chunk.reference - reference);
    [time, reference] = [chunk.maxTime, chunk.reference];
  });
  const body = entry.finish();
  const made = new ByteWriter().writeBytes(index.subarray(0, symbolsEnd));
  while (made.length % 16 !== 0) made.writeByte(0);
  const seriesAt = made.length;
  made.writeVarint(body.length).writeBytes(body).writeUint(crc32c(body), 4);
  const contents = new ByteWriter().writeUint(5, 8).writeUint(seriesAt, 8);
  for (let i = 0; i < 4; i++) contents.writeUint(0, 8);
  made.writeBytes(contents.finish()).writeUint(crc32c(contents.finish()), 4);
  return new Map([...block, ["index", made.finish()]]);
}

/** As Go writes an unsigned integer of 64 bits. */
function writeWrapped(writer: ByteWriter, value: number): void {
  let left = BigInt.asUintN(64, BigInt(value));
  for (; left >= 0x80n; left >>= 7n) writer.writeByte(Number(left & 0x7fn) | 0x80);
  writer.writeByte(Number(left));
}

test("chunks out of order, as old Thanos compactors left them, give their samples in order", async () => {
  const output = new MemoryOutput();
  const timestamps = Float64Array.from({ length: 400 }, (_, i) => START_MS + i * 15_000);
  const chunks = cutChunks({ timestamps, values: timestamps.map((_, i) => i) });
  const ulid = newUlid(START_MS, (count) => new Uint8Array(count));
  await writeBlock(output, ulid, [{ labels: GOOD, chunks }], () => {});
  for (const order of [
    [0, 1, 2, 3],
    [2, 0, 3, 1],
    [3, 2, 1, 0],
  ]) {
    const engine = newEngine();
    await runImport(engine, [await reordered(output.files, order)]);
    const found: number[] = [];
    for await (const { values } of engine.reader().select({ matchers: [], ...ALL_TIME }))
      found.push(...values);
    assert.deepEqual(found, Array.from(timestamps.keys()), order.join());
  }
});
