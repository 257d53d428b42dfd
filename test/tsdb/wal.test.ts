/** The rules by which a write-ahead log is read, on logs that are made here, record by record. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Chunk, cutChunks } from "../../lib/chunk/cut.ts";
import { SampleColumns } from "../../lib/chunk/sample-columns.ts";
import { ByteWriter } from "../../lib/storage/codec/bytes.ts";
import { SampleSpool } from "../../lib/transfer/sample-spool.ts";
import { type HeadReport, spoolHead } from "../../lib/transfer/spool-head.ts";
import { decodeTo } from "../../lib/tsdb/decode-chunk.ts";
import type { HeadFiles } from "../../lib/tsdb/wal/head-files.ts";
import { crc32c } from "../../lib/wire/crc32c.ts";
import { segmentFile, seriesRecord, walSegment } from "../helpers/storage/wal-segment.ts";

const START_MS = Date.parse("2026-11-30T08:00:00Z");

const series = seriesRecord;
const up = (reference: number, job: string) => series(reference, ["__name__", "up"], ["job", job]);

/** Samples at steps of a second after the start. */
const samples = (reference: number, ...all: (readonly [second: number, value: number])[]) => {
  const writer = new ByteWriter().writeByte(2).writeUint(reference, 8).writeUint(START_MS, 8);
  for (const [second, value] of all)
    writer
      .writeSigned(0)
      .writeSigned(second * 1000)
      .writeDouble(value);
  return writer.finish();
};
const tombstone = (reference: number, from: number, to: number) =>
  new ByteWriter()
    .writeByte(3)
    .writeUint(reference, 8)
    .writeSigned(START_MS + from * 1000)
    .writeSigned(START_MS + to * 1000)
    .finish();
/** From the least to the largest integer of 64 bits. */
const moved = (reference: number) => {
  const end = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
  const least = Uint8Array.of(...end);
  const largest = Uint8Array.of(0xfe, ...end.slice(1));
  const writer = new ByteWriter().writeByte(3).writeUint(reference, 8);
  return writer.writeBytes(least).writeBytes(largest).finish();
};
const minValidTime = (second: number) =>
  new ByteWriter()
    .writeByte(14)
    .writeUint(START_MS + second * 1000, 8)
    .finish();

const encodingOf = (chunk: Chunk) => ("hasStart" in chunk && chunk.hasStart ? 4 : 1);

interface Read extends HeadReport {
  /** `job second=value …` */
  readonly lines: readonly string[];
}

async function read(
  segments: readonly Uint8Array[],
  more: {
    readonly outOfOrder?: readonly Uint8Array[];
    readonly chunks?: readonly Uint8Array[];
    readonly minSecond?: number;
  } = {},
): Promise<Read> {
  const lines: string[] = [];
  const spool = new SampleSpool(async (_day, all) => {
    for (const { labels, chunks } of all) {
      const columns = new SampleColumns();
      for (const chunk of chunks) {
        const { minTime, maxTime, bytes } = chunk;
        decodeTo({ minTime, maxTime, bytes, encoding: encodingOf(chunk), reference: 0 }, columns);
      }
      const { timestamps, values, startTimestamps } = columns.samples();
      const found = Array.from(timestamps, (time, i) => {
        const start = startTimestamps?.[i] ?? 0;
        return `${(time - START_MS) / 1000}=${values[i]}${start === 0 ? "" : `@${(start - START_MS) / 1000}`}`;
      });
      lines.push([new Map(labels).get("job"), ...found].join(" "));
    }
  });
  const { outOfOrder = [], chunks = [], minSecond = Number.NEGATIVE_INFINITY } = more;
  const files: HeadFiles = {
    name: "wal",
    checkpoint: [],
    segments: segments.map(segmentFile),
    outOfOrder: outOfOrder.map(segmentFile),
    chunks: chunks.map(segmentFile),
  };
  return { lines, ...(await spoolHead(files, START_MS + minSecond * 1000, spool)) };
}

for (const compression of ["none", "snappy", "zstd"] as const) {
  test(`records of many pages, ${compression}`, async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => [i, Math.sin(i)] as const);
    const { lines, notes } = await read([walSegment([up(1, "a"), samples(1, ...many)], compression)]);
    assert.deepEqual(notes, []);
    assert.deepEqual(lines, [`a ${many.map(([second, value]) => `${second}=${value}`).join(" ")}`]);
  });
}

test("a sample that is not after the others of its series comes from the out-of-order log alone", async () => {
  const log = walSegment([up(1, "a"), samples(1, [5, 1], [3, 2], [5, 3], [6, 4])]);
  assert.deepEqual((await read([log])).lines, ["a 5=1 6=4"]);
  const outOfOrder = [walSegment([samples(1, [3, 2])])];
  assert.deepEqual((await read([log], { outOfOrder })).lines, ["a 3=2 5=1 6=4"]);
});

test("samples that a block has are passed over, but those out of order", async () => {
  const log = walSegment([up(1, "a"), samples(1, [1, 1], [2, 2], [3, 3])]);
  const outOfOrder = [walSegment([samples(1, [0, 9])])];
  assert.deepEqual((await read([log], { minSecond: 2, outOfOrder })).lines, ["a 0=9 2=2 3=3"]);
  // A checkpoint may know a later time.
  const checkpoint = walSegment([minValidTime(3), up(1, "a"), samples(1, [1, 1], [2, 2], [3, 3])]);
  assert.deepEqual((await read([checkpoint], { minSecond: 2 })).lines, ["a 3=3"]);
});

test("a deletion hides what came before it and after it, under each reference of the series", async () => {
  const log = walSegment([
    up(1, "a"),
    samples(1, [1, 1], [2, 2]),
    up(2, "a"),
    tombstone(1, 2, 3),
    samples(2, [3, 3], [4, 4]),
    up(3, "b"),
    samples(3, [2, 2]),
  ]);
  assert.deepEqual((await read([log])).lines, ["a 1=1 4=4", "b 2=2"]);
});

test("a series that has moved into a block counts again under another reference", async () => {
  const log = walSegment([up(1, "a"), samples(1, [1, 1]), moved(1), up(2, "a"), samples(2, [5, 5])]);
  assert.deepEqual(await read([log]), { lines: ["a 5=5"], samples: 1, notes: [] });
});

test("a reference that is given out again means the later series from there on", async () => {
  const log = walSegment([up(1, "a"), samples(1, [1, 1]), up(1, "b"), samples(1, [1, 2])]);
  assert.deepEqual((await read([log])).lines, ["a 1=1", "b 1=2"]);
});

test("samples of a series that the log does not name are counted", async () => {
  const { lines, notes } = await read([
    walSegment([samples(9, [1, 1], [2, 2]), up(1, "a"), samples(1, [1, 1])]),
  ]);
  assert.deepEqual(lines, ["a 1=1"]);
  assert.match(notes.join(), /2 samples of series that the write-ahead log does not name; left out/);
});

test("of a record that cannot be read nothing is taken, and the next one is", async () => {
  const cut = samples(1, [1, 1], [2, 2]).slice(0, -3);
  const unknown = Uint8Array.of(99, 1, 2, 3);
  const { lines, notes } = await read([walSegment([up(1, "a"), cut, unknown, samples(1, [3, 3])])]);
  assert.deepEqual(lines, ["a 3=3"]);
  assert.match(
    notes.join(),
    /segment-0: record at \d+: 4 more bytes expected, 1 left .*; the record is left out/,
  );
  const bad = Array.from({ length: 8 }, () => cut);
  assert.match(
    (await read([walSegment([up(1, "a"), ...bad])])).notes.join(),
    /3 more records cannot be read/,
  );
});

test("a segment that ends within a record", async () => {
  const whole = walSegment([up(1, "a"), samples(1, [1, 1]), samples(1, [2, 2])]);
  for (
    let length = whole.length - 1;
    length > walSegment([up(1, "a"), samples(1, [1, 1])]).length;
    length--
  ) {
    const last = await read([whole.slice(0, length)]);
    assert.deepEqual(last.lines, ["a 1=1"], `${length}`);
    assert.match(last.notes.join(), /the last record is not whole yet/);
  }
  const next = walSegment([samples(1, [3, 3])]);
  const between = await read([whole.slice(0, -1), next]);
  assert.deepEqual(between.lines, ["a 1=1 3=3"]);
  assert.match(between.notes.join(), /damaged, the rest of this segment is left out/);
});

/** A file of finished chunks, with the zeros that it is made larger by. */
function headChunks(...all: readonly (readonly [reference: number, ...seconds: number[]])[]): Uint8Array {
  const file = new ByteWriter().writeUint(0x0130bc91, 4).writeByte(1).writeUint(0, 3);
  for (const [reference, ...seconds] of all) {
    const times = Float64Array.from(seconds, (second) => START_MS + second * 1000);
    const [{ minTime, maxTime, bytes }] = cutChunks({
      timestamps: times,
      values: Float64Array.from(seconds),
    });
    const chunk = new ByteWriter().writeUint(reference, 8).writeUint(minTime, 8).writeUint(maxTime, 8);
    chunk.writeByte(1).writeVarint(bytes.length).writeBytes(bytes);
    file.writeBytes(chunk.finish()).writeUint(crc32c(chunk.finish()), 4);
  }
  return file.writeBytes(new Uint8Array(100)).finish();
}

test("of finished chunks, what a block has and what is deleted is left out", async () => {
  const log = walSegment([up(1, "a"), tombstone(1, 4, 5), samples(1, [6, 6], [7, 7])]);
  const chunks = [headChunks([1, 1, 2, 3, 4, 5, 6])];
  assert.deepEqual(await read([log], { chunks, minSecond: 2 }), {
    lines: ["a 2=2 3=3 6=6 7=7"],
    // The log's sample of second 6 is not read again.
    samples: 4,
    notes: [],
  });
});

test("in place of damaged chunks the whole log is read", async () => {
  const log = walSegment([up(1, "a"), samples(1, [1, 1], [2, 2], [3, 3], [4, 4])]);
  // The chunk of seconds 1 and 2 is damaged, that of 3 comes before it.
  const damaged = headChunks([1, 3], [1, 1, 2]);
  damaged[damaged.length - 110] ^= 1;
  const { lines, notes } = await read([log], { chunks: [damaged] });
  assert.deepEqual(lines, ["a 1=1 2=2 3=3 4=4"]);
  assert.match(
    notes.join(),
    /another checksum than the file says.*; the write-ahead log is read in its place/,
  );
});

test("starts of several series in one record", async () => {
  const writer = new ByteWriter().writeByte(11);
  const time = (second: number) => START_MS + second * 1000;
  writer.writeSigned(1).writeSigned(time(10)).writeSigned(time(1)).writeDouble(1);
  // Another start, the same again, none, and once more the one before, which is none.
  writer.writeSigned(1).writeSigned(0).writeByte(2).writeSigned(4000).writeDouble(2);
  writer.writeSigned(1).writeSigned(1000).writeByte(1).writeDouble(3);
  writer.writeSigned(1).writeSigned(2000).writeByte(0).writeDouble(4);
  writer.writeSigned(-3).writeSigned(3000).writeByte(1).writeDouble(5);
  const log = walSegment([up(1, "a"), up(2, "b"), up(3, "c"), up(4, "d"), writer.finish()]);
  const { lines } = await read([log]);
  assert.deepEqual(lines, ["a 10=1@1 13=5", "b 10=2@5", "c 11=3@5", "d 12=4"]);
});
