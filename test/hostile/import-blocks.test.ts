/**
 * Blocks that somebody made to do harm, imported: each ends in words or costs what its size allows, and nothing of a
 * refused one counts.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LocalFolder } from "../../cli/transfer/local-files.ts";
import { BlockSpool } from "../../cli/transfer/spool.ts";
import { spoolText } from "../../cli/transfer/text-source.ts";
import { encodeHistogramChunk } from "../../lib/chunk/histogram-chunk.ts";
import { planHistogramChunks } from "../../lib/chunk/histogram-plan.ts";
import type { Label } from "../../lib/model/labels.ts";
import { ALL_TIME, DAY_MS } from "../../lib/model/time.ts";
import { ByteWriter } from "../../lib/storage/codec/bytes.ts";
import { newMeter } from "../../lib/storage/table/table.ts";
import { Block, readMeta } from "../../lib/tsdb/block.ts";
import { crc32c } from "../../lib/wire/crc32c.ts";
import { histogram as newHistogram } from "../helpers/histograms.ts";
import type { BlockBytes } from "../helpers/storage/block-files.ts";
import { Engine } from "../helpers/storage/engine.ts";
import { runImport } from "../helpers/storage/run-import.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";

const ULID = "01F8VYXX6QZ0Q0Q0Q0Q0Q0Q0Q0";
const START_MS = Date.parse("2026-11-28T22:00:00Z");
const UP: readonly Label[] = [
  ["__name__", "up"],
  ["job", "a"],
];

interface RawChunk {
  readonly encoding?: number;
  readonly bytes: Uint8Array;
}

/** Of the index: the number of a chunk, and the times that it is said to have. */
type Place = readonly [chunk: number, minTime: number, maxTime: number];

interface RawBlock {
  readonly chunks: readonly RawChunk[];
  readonly series: readonly { readonly labels: readonly Label[]; readonly places: readonly Place[] }[];
  readonly meta?: object;
  /** Offsets of the table of contents. */
  readonly contents?: readonly number[];
}

const sealed = (body: Uint8Array) => new ByteWriter().writeBytes(body).writeUint(crc32c(body), 4).finish();

function writeWrapped(writer: ByteWriter, value: number): void {
  let left = BigInt.asUintN(64, BigInt(value));
  for (; left >= 0x80n; left >>= 7n) writer.writeByte(Number(left & 0x7fn) | 0x80);
  writer.writeByte(Number(left));
}

/** A block as it is described, true or not, with the right checksums. */
function rawBlock({ chunks, series, meta, contents }: RawBlock): BlockBytes {
  const file = new ByteWriter().writeUint(0x85bd40dd, 4).writeByte(1).writeBytes(new Uint8Array(3));
  const references = chunks.map(({ encoding = 1, bytes }) => {
    const at = file.length;
    file.writeVarint(bytes.length).writeBytes(sealed(Uint8Array.from([encoding, ...bytes])));
    return at;
  });
  const texts = [...new Set(series.flatMap(({ labels }) => labels.flat()))];
  const numbers = new Map(texts.map((text, i) => [text, i]));
  const symbols = new ByteWriter().writeUint(texts.length, 4);
  for (const text of texts) symbols.writeString(text);
  const index = new ByteWriter().writeUint(0xbaaad700, 4).writeByte(2);
  index.writeUint(symbols.length, 4).writeBytes(sealed(symbols.finish()));
  while (index.length % 16 !== 0) index.writeByte(0);
  const seriesAt = index.length;
  for (const { labels, places } of series) {
    const entry = new ByteWriter().writeVarint(labels.length);
    for (const text of labels.flat()) entry.writeVarint(numbers.get(text)!);
    entry.writeVarint(places.length);
    let [time, reference] = [0, 0];
    places.forEach(([chunk, minTime, maxTime], i) => {
      if (i === 0) entry.writeSigned(minTime);
      else writeWrapped(entry, minTime - time);
      entry.writeVarint(maxTime - minTime);
      if (i === 0) entry.writeVarint(references[chunk]);
      else entry.writeSigned(references[chunk] - reference);
      [time, reference] = [maxTime, references[chunk]];
    });
    const body = entry.finish();
    index.writeVarint(body.length).writeBytes(sealed(body));
    while (index.length % 16 !== 0) index.writeByte(0);
  }
  const table = new ByteWriter();
  for (const offset of contents ?? [5, seriesAt, 0, 0, 0, 0]) table.writeUint(offset, 8);
  index.writeBytes(sealed(table.finish()));
  const said = { ulid: ULID, version: 1, minTime: START_MS, maxTime: START_MS + 7_200_000, ...meta };
  return new Map([
    ["index", index.finish()],
    ["chunks/000001", file.finish()],
    ["meta.json", new TextEncoder().encode(JSON.stringify(said))],
  ]);
}

/** Samples of one value, a ms apart: an XOR chunk of two bits each. */
function steadyChunk(count: number, startMs = START_MS): RawChunk {
  const bytes = new ByteWriter().writeUint(count, 2).writeSigned(startMs).writeDouble(1).writeVarint(1);
  return { bytes: bytes.writeBytes(new Uint8Array(Math.ceil((1 + 2 * (count - 2)) / 8))).finish() };
}

function newEngine(): Engine {
  const engine = new Engine();
  engine.nowMs = Date.parse("2026-12-02T00:00:00Z");
  return engine;
}

async function samplesOf(engine: Engine): Promise<number> {
  let samples = 0;
  const all = engine.reader().select({ matchers: [], ...ALL_TIME });
  for await (const { timestamps } of all) samples += timestamps.length;
  return samples;
}

/** Runs an import that is refused; nothing of it counts. */
async function expectRefused(block: RawBlock, message: RegExp): Promise<void> {
  const engine = newEngine();
  const began = process.cpuUsage();
  await assert.rejects(runImport(engine, [rawBlock(block)]), (error: Error) => {
    assert.match(error.message, message);
    assert.ok(error.message.length < 10_000, `${error.message.length} characters`);
    assert.ok(["data", "invalid"].includes((error as Error & { kind: string }).kind));
    return true;
  });
  const { user, system } = process.cpuUsage(began);
  assert.ok(user + system < 10e6, `${(user + system) / 1e6} CPU s`);
  assert.equal(await samplesOf(engine), 0);
}

const MANY = steadyChunk(65_535);
const MANY_PLACE: Place = [0, START_MS, START_MS + 65_534];

test("a block as it should be is imported, so that the others fail for what is wrong", async () => {
  const engine = newEngine();
  await runImport(engine, [rawBlock({ chunks: [MANY], series: [{ labels: UP, places: [MANY_PLACE] }] })]);
  assert.equal(await samplesOf(engine), 65_535);
});

test("a series that names one chunk many times", () =>
  expectRefused(
    { chunks: [MANY], series: [{ labels: UP, places: new Array(50_000).fill(MANY_PLACE) }] },
    /the index names more bytes of chunks than the \d+ of their files: some several times/,
  ));

test("many series that share one chunk", () =>
  expectRefused(
    {
      chunks: [MANY],
      series: Array.from({ length: 3000 }, (_, i) => ({
        labels: [...UP, ["zone", `${i}`]] as Label[],
        places: [MANY_PLACE],
      })),
    },
    /some several times/,
  ));

test("a series of more samples in a day than are held", () =>
  expectRefused(
    {
      chunks: new Array(160).fill(MANY),
      series: [
        { labels: UP, places: Array.from({ length: 160 }, (_, i) => [i, ...MANY_PLACE.slice(1)] as never) },
      ],
    },
    /has \d+ samples in 0 bytes of histograms within a day, expected at most 10000000/,
  ));

test("chunks that say to reach over a century", () => {
  const century: Place = [0, START_MS - 36_000 * DAY_MS, START_MS + 65_534];
  return expectRefused(
    {
      chunks: [MANY],
      series: Array.from({ length: 50 }, (_, i) => ({
        labels: [...UP, ["zone", `${i}`]] as Label[],
        places: [century],
      })),
      meta: { minTime: START_MS - 36_000 * DAY_MS },
    },
    /the index gives its series more days than \d+ bytes of chunks can have samples of/,
  );
});

test("a block that claims a century and has two hours costs nothing of the other days", async () => {
  const series = Array.from({ length: 100 }, (_, i) => ({
    labels: [...UP, ["zone", `${i}`]] as Label[],
    places: [[i, START_MS, START_MS + 9]] as Place[],
  }));
  const chunks = series.map(() => steadyChunk(10));
  const units: number[] = [];
  for (const days of [0, 500]) {
    const engine = newEngine();
    const meter = newMeter();
    const block = rawBlock({ chunks, series, meta: { minTime: START_MS - days * DAY_MS } });
    const reports = await runImport(engine, [block], { table: engine.table.metered(meter) });
    assert.equal(reports.filter(({ outcome }) => outcome === "imported").length, 1);
    assert.equal(await samplesOf(engine), 1000);
    units.push(meter.writeUnits);
  }
  assert.equal(units[1], units[0]);
});

test("labels of megabytes, and thousands of them, have a short error", async () => {
  const places = [[0, START_MS, START_MS + 9]] as Place[];
  const many = Array.from({ length: 3000 }, (_, i): Label => [`l${i}`, "x".repeat(16_000)]);
  await expectRefused(
    { chunks: [steadyChunk(10)], series: [{ labels: [...UP, ...many], places }] },
    /cannot be stored/,
  );
  await expectRefused(
    { chunks: [steadyChunk(10)], series: [{ labels: [...UP, ["a", "x".repeat(2 ** 21)]], places }] },
    /symbol \d+ has 2097152 bytes, expected at most 1048576/,
  );
  await expectRefused(
    { chunks: [steadyChunk(10)], series: [{ labels: new Array(20_000).fill(["a", "b"]), places }] },
    /has 20000 labels, expected at most 10000/,
  );
});

test("sections past the end of the file, by more than numbers hold", async () => {
  await using root = await newTemporaryDirectory("blocks");
  for (const offset of [2 ** 63, 2 ** 53, 10_000]) {
    const block = rawBlock({ chunks: [], series: [], contents: [offset, 16, 0, 0, 0, 0] });
    mkdirSync(join(root.path, "chunks"), { recursive: true });
    for (const [path, bytes] of block) writeFileSync(join(root.path, path), bytes);
    const folder = new LocalFolder(root.path);
    await assert.rejects(Block.open(folder, (await readMeta(folder))!), {
      kind: "data",
      message: /a section at \d+, the file has \d+ bytes/,
    });
    await folder.close();
  }
});

test("pipes in place of files are refused, and not waited for", async (t) => {
  if (process.platform === "win32") return t.skip("no pipes in folders");
  await using root = await newTemporaryDirectory("blocks");
  const folder = new LocalFolder(root.path);
  for (const name of ["index", "meta.json"]) execFileSync("mkfifo", [join(root.path, name)]);
  await assert.rejects(folder.open("index"), { kind: "data", message: /index: expected a file/ });
  await assert.rejects(folder.readText("meta.json"), {
    kind: "data",
    message: /meta\.json: expected a file/,
  });
});

test("a histogram whose zero threshold is no number", async () => {
  const histogram = newHistogram({ zeroThreshold: Number.NaN });
  const samples = { timestamps: Float64Array.of(START_MS), histograms: [histogram] };
  const [plan] = planHistogramChunks(samples.histograms, 0, 1);
  const chunk = { encoding: plan.kind === "integer" ? 2 : 3, bytes: encodeHistogramChunk(samples, plan) };
  await expectRefused(
    { chunks: [chunk], series: [{ labels: UP, places: [[0, START_MS, START_MS]] }] },
    /a zero threshold of NaN/,
  );
});

test("text without an end of a line", async () => {
  await using root = await newTemporaryDirectory("text");
  const path = join(root.path, "endless.om");
  writeFileSync(path, "x".repeat(3 * 2 ** 20));
  await using spool = await BlockSpool.open(() => 0);
  await assert.rejects(spoolText(path, spool), {
    kind: "invalid",
    message: /a line of more than 1048576 characters/,
  });
});

const METAS: Readonly<Record<string, readonly [meta: object, message: RegExp]>> = {
  "a version without a text": [{ version: { toString: 1 } }, /version {"toString":1}, expected 1/],
  "times without a text": [{ minTime: { valueOf: null } }, /minTime {"valueOf":null} and maxTime/],
  "a name of a megabyte": [{ ulid: "A".repeat(2 ** 20) }, /ulid "AAA/],
  "labels without a text": [
    { thanos: { labels: { a: { toString: null } } } },
    /external label "a" is {"toString":null}/,
  ],
};

for (const [what, [meta, message]] of Object.entries(METAS))
  test(`a meta.json with ${what}`, () => expectRefused({ chunks: [], series: [], meta }, message));
