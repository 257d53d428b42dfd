/** Write-ahead logs that somebody made to do harm. Each costs what its size allows, and what is good in it is imported. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Label } from "../../lib/model/labels.ts";
import { ByteWriter } from "../../lib/storage/codec/bytes.ts";
import { SampleSpool } from "../../lib/transfer/sample-spool.ts";
import { spoolHead } from "../../lib/transfer/spool-head.ts";
import { DeletedSpans } from "../../lib/tsdb/deleted-spans.ts";
import { readRecords } from "../../lib/tsdb/wal/segment.ts";
import { SeriesReferences } from "../../lib/tsdb/wal/series-references.ts";
import { crc32c } from "../../lib/wire/crc32c.ts";
import { type Compression, segmentFile, seriesRecord, walSegment } from "../helpers/storage/wal-segment.ts";

const START_MS = Date.parse("2026-11-30T08:00:00Z");
const UP: readonly Label[] = [
  ["__name__", "up"],
  ["job", "a"],
];

interface Read {
  readonly samples: number;
  readonly notes: readonly string[];
  /** Samples that the spool stored at once, at most. */
  readonly most: number;
  /** CPU, in ms. */
  readonly cpuMs: number;
}

async function read(
  records: readonly Uint8Array[],
  { compression = "none" as Compression, chunks = [] as readonly Uint8Array[], maxSamples = 4_000_000 } = {},
): Promise<Read> {
  let most = 0;
  const spool = new SampleSpool(async (_day, all) => {
    let stored = 0;
    for (const one of all) for (const { bytes } of one.chunks) stored += (bytes[0] << 8) | bytes[1];
    most = Math.max(most, stored);
  }, maxSamples);
  const files = {
    name: "wal",
    checkpoint: [],
    segments: [segmentFile(walSegment(records, compression), 0)],
    outOfOrder: [],
    chunks: chunks.map(segmentFile),
  };
  const before = process.cpuUsage();
  const { samples, notes } = await spoolHead(files, Number.NEGATIVE_INFINITY, spool);
  const { user, system } = process.cpuUsage(before);
  return { samples, notes, most, cpuMs: (user + system) / 1000 };
}

/** Samples of one series, a ms apart. */
function samples(reference: number, count: number, startMs = START_MS): Uint8Array {
  const writer = new ByteWriter().writeByte(2).writeUint(reference, 8).writeUint(startMs, 8);
  for (let i = 0; i < count; i++) writer.writeSigned(0).writeSigned(i).writeDouble(1);
  return writer.finish();
}

test("records that decompress to far more than their segment end it", async () => {
  const maxRecordBytes = 2 ** 20;
  const zeros = new Uint8Array(2 ** 19);
  const found: number[] = [];
  const segment = walSegment([zeros.subarray(1), zeros, zeros, zeros, zeros], "zstd");
  assert.ok(segment.length < 300);
  await assert.rejects(
    async () => {
      for await (const { bytes } of readRecords(segmentFile(segment, 0), maxRecordBytes))
        found.push(bytes.length);
    },
    { kind: "data", message: /does not decompress/ },
  );
  assert.deepEqual(found, [2 ** 19 - 1, 2 ** 19]);
  const whole = readRecords(
    segmentFile(walSegment([new Uint8Array(2 ** 20 + 1)], "zstd"), 0),
    maxRecordBytes,
  );
  await assert.rejects(whole.next(), { kind: "data" });
});

test("one record of many samples is stored piece by piece", async () => {
  const { samples: found, most } = await read([seriesRecord(1, ...UP), samples(1, 300_000)], {
    maxSamples: 1000,
  });
  assert.equal(found, 300_000);
  assert.ok(most <= 60_000, `${most} samples at once`);
});

test("many deletions of a series cost each sample little", async () => {
  const deletions = new ByteWriter().writeByte(3);
  for (let i = 0; i < 300_000; i++)
    deletions
      .writeUint(1, 8)
      .writeSigned(START_MS + 2 * i)
      .writeSigned(START_MS + 2 * i);
  const { samples: found, cpuMs } = await read([
    seriesRecord(1, ...UP),
    deletions.finish(),
    samples(1, 100_000),
  ]);
  assert.equal(found, 50_000);
  assert.ok(cpuMs < 5000, `${cpuMs} ms`);
});

test("deletions of a series with long labels do not copy them", async () => {
  const label: Label = ["long", "x".repeat(500_000)];
  const deletions = new ByteWriter().writeByte(3);
  for (let i = 0; i < 30_000; i++)
    deletions
      .writeUint(1, 8)
      .writeSigned(START_MS + i)
      .writeSigned(START_MS + i);
  const { cpuMs } = await read([seriesRecord(1, ...UP, label), deletions.finish()]);
  assert.ok(cpuMs < 3000, `${cpuMs} ms`);
});

test("a series with labels of megabytes is left out, and its record named", async () => {
  const long: Label = ["long", "x".repeat(2 * 1024 * 1024)];
  const { samples: found, notes } = await read([
    seriesRecord(1, ...UP),
    seriesRecord(2, ...UP, long),
    samples(1, 3),
    samples(2, 3),
  ]);
  assert.equal(found, 3);
  assert.match(
    notes[0],
    /record at \d+: a series has 2097\d+ bytes of labels, expected at most 1048576.*; the record is left out$/,
  );
  assert.match(notes[1], /3 samples of series that the write-ahead log does not name/);
});

test("samples of times that are none are counted, and the others imported", async () => {
  const far = new ByteWriter()
    .writeByte(2)
    .writeUint(1, 8)
    .writeBytes(Uint8Array.of(0x7f, ...new Array(7).fill(0xff)))
    .writeBytes(Uint8Array.of(0, 0))
    .writeDouble(1)
    .finish();
  const { samples: found, notes } = await read([seriesRecord(1, ...UP), samples(1, 3), far]);
  assert.equal(found, 3);
  assert.deepEqual(notes, ["wal: 1 samples of times past the year 70,000; left out"]);
});

test("samples of more days than metrics have end the import", async () => {
  const writer = new ByteWriter().writeByte(2).writeUint(1, 8).writeUint(0, 8);
  for (let day = 0; day < 40_000; day++)
    writer
      .writeSigned(0)
      .writeSigned(day * 86_400_000)
      .writeDouble(1);
  await assert.rejects(read([seriesRecord(1, ...UP), writer.finish()]), {
    kind: "too large",
    message: /samples of more than 36525 days/,
  });
});

test("records that cannot be read are counted up to a bound, then their segment is left out", async () => {
  const bad = Uint8Array.of(2, 0);
  const { notes } = await read(new Array(11_000).fill(bad));
  assert.equal(notes.length, 7);
  assert.match(notes[5], /more than 10000 records cannot be read/);
});

test("more series or labels than memory holds end the import", () => {
  const few = new SeriesReferences("wal", { series: 2, labelBytes: 100 });
  const labels = new Uint8Array(30);
  few.set(1, labels);
  few.set(2, labels);
  assert.throws(() => few.set(3, labels), { kind: "too large", message: /more than 2 series/ });
  const long = new SeriesReferences("wal", { series: 9, labelBytes: 100 });
  const change = () => {
    for (let i = 0; i < 9; i++) long.set(1, new Uint8Array(30).fill(i));
  };
  assert.throws(change, { kind: "too large", message: /100 bytes of labels/ });
});

/** A file of one chunk: two samples of 1, 15 s apart. */
function headChunk(minTime: number, maxTime: number): Uint8Array {
  const chunk = new ByteWriter().writeUint(1, 8).writeUint(minTime, 8).writeUint(maxTime, 8).writeByte(1);
  const content = new ByteWriter().writeUint(2, 2).writeSigned(START_MS).writeDouble(1).writeVarint(15_000);
  const bytes = content.writeByte(0).finish();
  chunk.writeVarint(bytes.length).writeBytes(bytes);
  const body = chunk.finish();
  const file = new ByteWriter().writeUint(0x0130bc91, 4).writeByte(1).writeBytes(new Uint8Array(3));
  return file.writeBytes(body).writeUint(crc32c(body), 4).finish();
}

test("a chunk that claims a later end hides nothing of the log", async () => {
  const records = [seriesRecord(1, ...UP), samples(1, 3)];
  const right = await read(records, { chunks: [headChunk(START_MS, START_MS + 15_000)] });
  assert.deepEqual([right.samples, right.notes], [2, []]);
  const late = await read(records, { chunks: [headChunk(START_MS, START_MS + 10 ** 12)] });
  assert.equal(late.samples, 3);
  assert.match(late.notes.join(), /a chunk of series 1 has other times than its head says/);
});

test("spans of deletions are those that a list says, whatever their order and overlaps", () => {
  let seed = 241;
  const next = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  for (let round = 0; round < 200; round++) {
    const spans = new DeletedSpans();
    const all = Array.from({ length: next(12) }, () => {
      const start = next(60);
      return [start, start + next(9) - 2] as const;
    });
    for (const [start, end] of all) {
      spans.add(start, end);
      const time = next(70);
      spans.has(time);
    }
    if (next(3) === 0) spans.add(Number.NEGATIVE_INFINITY, -5);
    for (let time = 0; time < 70; time++) {
      const expected = all.some(([start, end]) => time >= start && time <= end);
      assert.equal(spans.has(time), expected, `seed 241 round ${round}: ${JSON.stringify(all)} at ${time}`);
    }
  }
});
