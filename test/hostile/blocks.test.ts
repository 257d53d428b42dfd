/**
 * Blocks that somebody made to do harm: their checksums are right. Each is refused in words before it takes
 * time or memory; an import of one would not end, or would end the process.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_TIME, DAY_MS } from "../../lib/model/time.ts";
import { ByteWriter } from "../../lib/storage/codec/bytes.ts";
import { planDays } from "../../lib/transfer/survey.ts";
import { BlockIndex } from "../../lib/tsdb/block-index.ts";
import { parseBlockMeta } from "../../lib/tsdb/block-meta.ts";
import type { BlockFile } from "../../lib/tsdb/files.ts";
import { readTombstones } from "../../lib/tsdb/tombstones.ts";
import { crc32c } from "../../lib/wire/crc32c.ts";
import { fixturePath, foundBlocks, MemoryFolder, readBlocks } from "../helpers/storage/block-files.ts";
import { Engine } from "../helpers/storage/engine.ts";
import { runImport } from "../helpers/storage/run-import.ts";

const ULID = "01F8VYXX6QZ0Q0Q0Q0Q0Q0Q0Q0";
const META = { ulid: ULID, minTime: 0, maxTime: 1, version: 1 };

const fileOf = (bytes: Uint8Array): BlockFile => {
  const read = (offset: number, length: number) => bytes.slice(offset, offset + length);
  return { name: "index", sizeBytes: bytes.length, read };
};

/** A file that says it is very large, and must not be read whole. */
function largeFile(name: string, sizeBytes: number, head: Uint8Array): BlockFile {
  const read = (offset: number, length: number) => {
    assert.ok(length < 1_000_000, `${length} bytes of ${name} are read`);
    return Uint8Array.from({ length }, (_, i) => head[offset + i] ?? 0);
  };
  return { name, sizeBytes, read };
}

function sealed(body: Uint8Array): Uint8Array {
  return new ByteWriter().writeBytes(body).writeUint(crc32c(body), 4).finish();
}

/** An index of version 2 with these symbols and series entries, each with the right checksum. */
function indexOf(symbols: Uint8Array, entry: Uint8Array, length = entry.length): BlockFile {
  const index = new ByteWriter().writeUint(0xbaaad700, 4).writeByte(2);
  const symbolsAt = index.length;
  index.writeUint(symbols.length, 4).writeBytes(sealed(symbols));
  while (index.length % 16 !== 0) index.writeByte(0);
  const seriesAt = index.length;
  index.writeVarint(length).writeBytes(sealed(entry));
  const contents = new ByteWriter().writeUint(symbolsAt, 8).writeUint(seriesAt, 8);
  for (let i = 0; i < 4; i++) contents.writeUint(0, 8);
  return fileOf(index.writeBytes(sealed(contents.finish())).finish());
}

async function seriesOf(file: BlockFile) {
  const index = await BlockIndex.open(file);
  let count = 0;
  for await (const { labels, chunks } of index.series()) count += labels.length + chunks.length;
  return count;
}

const SYMBOLS = new ByteWriter().writeUint(2, 4).writeString("a").writeString("b").finish();

test("times of all the world's days", () => {
  const text = JSON.stringify({ ...META, maxTime: Number.MAX_SAFE_INTEGER });
  assert.throws(() => parseBlockMeta(text, "meta.json"), { kind: "data", message: /at most 100 years/ });
});

test("counts that are no counts", async () => {
  for (const numSamples of [-5, 1e308, 0.5, "9", null, {}]) {
    const text = JSON.stringify({ ...META, maxTime: DAY_MS, stats: { numSamples, numChunks: numSamples } });
    const meta = parseBlockMeta(text, "meta.json");
    const folder = new MemoryFolder("block", new Map());
    const [day] = planDays([{ folder, meta }], ALL_TIME.minTime, ALL_TIME.maxTime);
    assert.deepEqual(day.samples, [0, 0, 0]);
  }
});

test("an index of more symbols, labels or chunks than it has bytes for", async () => {
  const many = new ByteWriter().writeUint(0xffff_ffff, 4).writeString("a").finish();
  await assert.rejects(seriesOf(indexOf(many, new Uint8Array(4))), {
    kind: "data",
    message: /4294967295 symbols in/,
  });
  const counted = (write: (entry: ByteWriter) => ByteWriter) => write(new ByteWriter()).finish();
  const cases = {
    labels: counted((entry) => entry.writeVarint(2 ** 40)),
    chunks: counted((entry) => entry.writeVarint(0).writeVarint(2 ** 40)),
    symbol: counted((entry) => entry.writeVarint(1).writeVarint(7).writeVarint(0).writeVarint(0)),
  };
  for (const [what, entry] of Object.entries(cases))
    await assert.rejects(seriesOf(indexOf(SYMBOLS, entry)), { kind: "data" }, what);
});

test("lengths that lead out of the file, or to all memory", async () => {
  for (const length of [200, 8 * 1024 * 1024 + 1, 2 ** 40])
    await assert.rejects(
      seriesOf(indexOf(SYMBOLS, Uint8Array.of(0, 0), length)),
      { kind: "data" },
      `series of ${length} bytes`,
    );
  // Four GiB of symbols, in a file that could have them: only their length is read.
  const head = new ByteWriter().writeUint(0xbaaad700, 4).writeByte(2).writeUint(0xffff_fff0, 4).finish();
  const contents = new ByteWriter().writeUint(5, 8).writeUint(2 ** 33, 8);
  for (let i = 0; i < 4; i++) contents.writeUint(0, 8);
  const sizeBytes = 2 ** 34;
  const tail = sealed(contents.finish());
  const file = largeFile("index", sizeBytes, head);
  const read = (offset: number, length: number) =>
    offset === sizeBytes - tail.length ? tail : file.read(offset, length);
  await assert.rejects(BlockIndex.open({ ...file, read }), {
    kind: "data",
    message: /symbols of 4294967280 bytes/,
  });
});

test("tombstones that fill memory", async () => {
  await assert.rejects(readTombstones(largeFile("tombstones", 2 ** 33, new Uint8Array(0)), 2), {
    kind: "data",
    message: /compact the block first/,
  });
});

test("chunks that lie about themselves import nothing that counts", async () => {
  const [files] = readBlocks(fixturePath("promtool"));
  const chunks = files.get("chunks/000001")!;
  // The first chunk says that it has 65,535 samples.
  const lying = chunks.slice();
  const from = 8 + 1;
  const length = lying[8];
  new DataView(lying.buffer).setUint16(from + 1, 0xffff);
  new DataView(lying.buffer).setUint32(from + 1 + length, crc32c(lying.subarray(from, from + 1 + length)));
  const engine = new Engine();
  engine.nowMs = Date.parse("2026-12-02T00:00:00Z");
  await assert.rejects(runImport(engine, [new Map([...files, ["chunks/000001", lying]])]), { kind: "data" });
  const found = await engine.reader().series({ matchers: [], ...ALL_TIME });
  assert.deepEqual(found, []);
  assert.equal((await foundBlocks([files])).length, 1);
});
