/** A reset of a counter histogram is seen though the samples right after it are gone: deleted, or hidden by a block's tombstones. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { sortColumns } from "../../../lib/chunk/merge-mixed.ts";
import { SampleColumns } from "../../../lib/chunk/sample-columns.ts";
import { isReset } from "../../../lib/histogram/reset.ts";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { newMatcher } from "../../../lib/model/matcher.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { ByteWriter } from "../../../lib/storage/codec/bytes.ts";
import { deleteSeries } from "../../../lib/storage/erase/delete-series.ts";
import { cutMixedChunks } from "../../../lib/storage/parts/mixed-chunks.ts";
import { Block, readMeta } from "../../../lib/tsdb/block.ts";
import { newUlid } from "../../../lib/tsdb/ulid.ts";
import { writeBlock } from "../../../lib/tsdb/write/block-writer.ts";
import { crc32c } from "../../../lib/wire/crc32c.ts";
import { decodeWriteRequest } from "../../../lib/wire/write-v1.ts";
import { bucketsOf, histogram } from "../../helpers/histograms.ts";
import { encodeMixedV1 } from "../../helpers/mixed-requests.ts";
import { type BlockBytes, MemoryFolder, MemoryOutput } from "../../helpers/storage/block-files.ts";
import { runCompactor } from "../../helpers/storage/compaction.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { ALL_TIME } from "../../helpers/storage/naive-store.ts";
import { runImport } from "../../helpers/storage/run-import.ts";

const LABELS = [["__name__", "latency"]] as const;
const FIRST_MS = MIDNIGHT_MS - DAY_MS + HOUR_MS;
/** A reset between 12 and 2. */
const COUNTS = [10, 12, 2, 3, 5];
const TIMES = COUNTS.map((_, i) => FIRST_MS + i * MINUTE_MS);
const HISTOGRAMS = COUNTS.map((count) => histogram({ positive: bucketsOf([1, count]) }));
/** The sample right after the reset. */
const GONE = { minTime: TIMES[2], maxTime: TIMES[2] };
const LEFT = { counts: [10, 12, 3, 5], resets: [false, true, false] };

/** What is found, and before which of the samples after the first a reset is seen. */
async function found(engine: Engine): Promise<{ counts: number[]; resets: boolean[] }> {
  const counts: number[] = [];
  const resets: boolean[] = [];
  for await (const { histograms } of engine.reader().select({ matchers: [], ...ALL_TIME })) {
    const all = Array.from(histograms!.histograms);
    counts.push(...all.map(({ count }) => count));
    for (let i = 1; i < all.length; i++) resets.push(isReset(all[i], all[i - 1]));
  }
  return { counts, resets };
}

async function newBlock(): Promise<BlockBytes> {
  const columns = new SampleColumns();
  for (const [i, one] of HISTOGRAMS.entries()) columns.appendHistogram(TIMES[i], one);
  const output = new MemoryOutput();
  const ulid = newUlid(FIRST_MS, (count) => new Uint8Array(count));
  await writeBlock(
    output,
    ulid,
    [{ labels: LABELS, chunks: cutMixedChunks(sortColumns(columns)) }],
    () => {},
  );
  return output.files;
}

async function deleteGone(engine: Engine): Promise<void> {
  const { table, clock } = engine;
  const options = { table, clock, randomBytes, tenant: "t", retentionMs: 0, accessKeyId: "" };
  await deleteSeries(options, [[newMatcher("=", "__name__", "latency")]], GONE);
}

const FORMS: Readonly<Record<string, () => Promise<Engine>>> = {
  "in a run of few samples": async () => {
    const engine = new Engine();
    await runImport(engine, [await newBlock()]);
    return engine;
  },
  "in chunks": async () => {
    const engine = new Engine();
    const body = encodeMixedV1([{ labels: LABELS, histograms: HISTOGRAMS.map((one, i) => [TIMES[i], one]) }]);
    const batch = decodeWriteRequest(body, DEFAULT_LIMITS);
    await engine.newWriters().appender({ tenant: "t", retentionMs: 0 }, engine.table).append(batch);
    engine.nowMs += 6 * HOUR_MS;
    await engine.compact();
    return engine;
  },
};

for (const [form, newEngine] of Object.entries(FORMS))
  test(`deleted ${form}: the reset is seen at once and once they are erased`, async () => {
    const engine = await newEngine();
    assert.deepEqual(await found(engine), { counts: COUNTS, resets: [false, true, false, false] });
    await deleteGone(engine);
    assert.deepEqual(await found(engine), LEFT, "at once");
    engine.nowMs += HOUR_MS;
    assert.deepEqual((await runCompactor(engine)).errors, []);
    assert.deepEqual(await found(engine), LEFT, "erased");
  });

test("hidden by tombstones of a block that is imported", async () => {
  const files = await newBlock();
  const folder = new MemoryFolder("block", files);
  const block = await Block.open(folder, (await readMeta(folder))!);
  let reference = 0;
  for await (const { offset } of block.index.series()) reference = offset / 16;
  const body = new ByteWriter()
    .writeVarint(reference)
    .writeSigned(GONE.minTime)
    .writeSigned(GONE.maxTime)
    .finish();
  const stones = new ByteWriter().writeUint(0x0130ba30, 4).writeByte(1).writeBytes(body);
  files.set("tombstones", stones.writeUint(crc32c(body), 4).finish());
  const engine = new Engine();
  await runImport(engine, [files]);
  assert.deepEqual(await found(engine), LEFT);
});
