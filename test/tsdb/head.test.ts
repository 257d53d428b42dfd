/**
 * The data directory of a Prometheus 3.16 that was killed (test/peers/prometheus/record-head.ts): blocks, a checkpoint, a write-ahead
 * log, finished chunks, out-of-order samples, deletions in blocks and in the log. The samples beside it are those that the
 * same Prometheus gave once it was started again.
 */
import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findInDirectory } from "../../cli/transfer/data-directory.ts";
import { openLocalHead } from "../../cli/transfer/local-head.ts";
import { BlockSpool } from "../../cli/transfer/spool.ts";
import { sortColumns } from "../../lib/chunk/merge-mixed.ts";
import { SampleColumns } from "../../lib/chunk/sample-columns.ts";
import { isStaleMarker } from "../../lib/model/stale-marker.ts";
import { ALL_TIME } from "../../lib/model/time.ts";
import { Block } from "../../lib/tsdb/block.ts";
import { readHeadChunks } from "../../lib/tsdb/wal/head-chunks.ts";
import { fixturePath } from "../helpers/storage/block-files.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";

const DIRECTORY = fixturePath("prometheus-3.16-head");
const silent = { print() {}, tell() {} };

type Line = string;

/** `name time value`, of histograms their count and sum; as an import of the directory has them. */
async function linesOf(directory: string): Promise<{ lines: Set<Line>; notes: readonly string[] }> {
  await using spool = await BlockSpool.open(() => 0);
  const { blocks, notes } = await findInDirectory(directory, spool, silent);
  const lines = new Set<Line>();
  for (const { folder, meta } of blocks) {
    const block = await Block.open(folder, meta);
    for await (const series of block.index.series()) {
      const columns = new SampleColumns();
      await block.appendSamples(series, ALL_TIME, columns);
      addLines(lines, new Map(series.labels).get("__name__")!, columns);
    }
    await block.close();
  }
  return { lines, notes };
}

function addLines(lines: Set<Line>, name: string, columns: SampleColumns): void {
  const { timestamps, values, histograms } = sortColumns(columns);
  timestamps.forEach((time, i) => {
    if (!isStaleMarker(values, i)) lines.add(`${name} ${time} ${values[i]}`);
  });
  histograms?.histograms.forEach(({ count, sum, customBounds }, i) => {
    lines.add(`${name} ${histograms.timestamps[i]} ${count} ${sum}`);
    assert.equal(customBounds.length, name === "customs" ? 3 : 0);
  });
}

function expectedLines(): Set<Line> {
  const answer = JSON.parse(readFileSync(`${DIRECTORY}.json`, "utf8")) as readonly {
    readonly metric: { readonly __name__: string };
    readonly points: readonly (readonly [number, string])[];
  }[];
  return new Set(
    answer.flatMap(({ metric: { __name__: name }, points }) =>
      points.map(([seconds, text]) => {
        if (!text.startsWith("{")) return `${name} ${seconds * 1000} ${text}`;
        const { count, sum } = JSON.parse(text) as { count: string; sum: string };
        return `${name} ${seconds * 1000} ${count} ${sum}`;
      }),
    ),
  );
}

const difference = (a: Set<Line>, b: Set<Line>) =>
  [...a]
    .filter((line) => !b.has(line))
    .sort()
    .slice(0, 10);

test("has every sample that Prometheus has, and none that was deleted", async () => {
  const { lines, notes } = await linesOf(DIRECTORY);
  const expected = expectedLines();
  assert.deepEqual(notes, []);
  assert.deepEqual(difference(expected, lines), []);
  assert.deepEqual(difference(lines, expected), []);
});

test("the directory has each kind of file, and each counts", async () => {
  using head = (await openLocalHead(DIRECTORY))!;
  assert.ok(head.checkpoint.length > 0 && head.segments.length > 1);
  assert.ok(head.outOfOrder.some(({ sizeBytes }) => sizeBytes > 0));
  let chunks = 0;
  for (const file of head.chunks) for await (const _ of readHeadChunks(file, true)) chunks++;
  assert.ok(chunks > 0);
  const expected = expectedLines();
  for (const folder of ["wal", "wbl"]) {
    await using root = await newTemporaryDirectory("head");
    cpSync(DIRECTORY, root.path, { recursive: true });
    rmSync(join(root.path, folder), { recursive: true });
    const { lines } = await linesOf(root.path);
    assert.ok(difference(expected, lines).length > 0, folder);
  }
});

test("a block of out-of-order samples says nothing of what the log has that a block lacks", async () => {
  await using root = await newTemporaryDirectory("head");
  cpSync(DIRECTORY, root.path, { recursive: true });
  const name = readdirSync(root.path).find((folder) => /^01/.test(folder))!;
  const path = join(root.path, name, "meta.json");
  const meta = JSON.parse(readFileSync(path, "utf8"));
  const late = { ...meta, maxTime: meta.maxTime + 3_600_000 };
  writeFileSync(path, JSON.stringify(late));
  const expected = expectedLines();
  assert.ok(difference(expected, (await linesOf(root.path)).lines).length > 0);
  const hinted = { ...late, compaction: { ...meta.compaction, hints: ["from-out-of-order"] } };
  writeFileSync(path, JSON.stringify(hinted));
  assert.deepEqual(difference(expected, (await linesOf(root.path)).lines), []);
});

test("starts are kept, of floats and of histograms", async () => {
  await using spool = await BlockSpool.open(() => 0);
  const { blocks } = await findInDirectory(DIRECTORY, spool, silent);
  const starts = new Map<string, Set<number>>();
  for (const { folder, meta } of blocks) {
    const block = await Block.open(folder, meta);
    for await (const series of block.index.series()) {
      const columns = new SampleColumns();
      await block.appendSamples(series, ALL_TIME, columns);
      const { count, startTimestamps } = columns;
      const name = new Map(series.labels).get("__name__")!;
      const known = starts.get(name) ?? new Set();
      for (let i = 0; i < count; i++) known.add(startTimestamps?.[i] ?? 0);
      starts.set(name, known);
    }
    await block.close();
  }
  const start = Date.parse("2026-11-30T08:00:00Z") - 1000;
  for (const name of ["counted_total", "integers"]) assert.ok(starts.get(name)!.has(start), name);
  assert.deepEqual(starts.get("integers"), new Set([start]));
  // Its out-of-order samples were sent without.
  assert.deepEqual(starts.get("counted_total"), new Set([start, 0]));
  for (const name of ["temperature", "customs"]) assert.deepEqual(starts.get(name), new Set([0]));
});

test("finished chunks are not needed, and damaged ones are said", async () => {
  const expected = expectedLines();
  await using root = await newTemporaryDirectory("head");
  cpSync(DIRECTORY, root.path, { recursive: true });
  const folder = join(root.path, "chunks_head");
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name));
    bytes[40] ^= 1;
    writeFileSync(join(folder, name), bytes);
  }
  const damaged = await linesOf(root.path);
  assert.match(damaged.notes.join("\n"), /chunks_head.*checksum.*write-ahead log is read in its place/);
  assert.deepEqual(difference(expected, damaged.lines), []);
  rmSync(folder, { recursive: true });
  const { lines, notes } = await linesOf(root.path);
  assert.deepEqual(notes, []);
  assert.deepEqual([difference(expected, lines), difference(lines, expected)], [[], []]);
});

test("a log cut anywhere in its last segment is read up to there", async () => {
  await using root = await newTemporaryDirectory("head");
  cpSync(DIRECTORY, root.path, { recursive: true });
  rmSync(join(root.path, "chunks_head"), { recursive: true });
  const wal = join(root.path, "wal");
  const last = readdirSync(wal)
    .filter((name) => /^\d+$/.test(name))
    .sort()
    .at(-1)!;
  const whole = readFileSync(join(wal, last));
  const expected = expectedLines();
  let before = expected.size + 1;
  for (let length = whole.length; length > 0; length -= Math.ceil(whole.length / 12)) {
    truncateSync(join(wal, last), length);
    const { lines, notes } = await linesOf(root.path);
    // Without the log's last records deletions are missing, too.
    const found = [...lines].filter((line) => expected.has(line)).length;
    assert.ok(found <= before, `${length} bytes`);
    before = found;
    if (notes.length > 0) assert.match(notes.join("\n"), /the last record is not whole yet; left out/);
  }
  assert.ok(before < expected.size);
});

test("damage in the log is named, and the segments after it count", async () => {
  await using root = await newTemporaryDirectory("head");
  cpSync(DIRECTORY, root.path, { recursive: true });
  rmSync(join(root.path, "chunks_head"), { recursive: true });
  const wal = join(root.path, "wal");
  const names = readdirSync(wal).filter((name) => /^\d+$/.test(name));
  const [path] = names
    .sort()
    .slice(-2)
    .map((name) => join(wal, name));
  const bytes = readFileSync(path);
  bytes[20] ^= 1;
  writeFileSync(path, bytes);
  const { lines, notes } = await linesOf(root.path);
  assert.match(notes.join("\n"), /damaged, the rest of this segment is left out: .*checksum 0x.*expected 0x/);
  const expected = expectedLines();
  assert.ok(difference(expected, lines).length > 0);
  assert.ok(lines.has("counted_total 1796026615000 203"));
  rmSync(path);
  assert.match((await linesOf(root.path)).notes.join("\n"), /segment \d+ is missing, the next is/);
});
