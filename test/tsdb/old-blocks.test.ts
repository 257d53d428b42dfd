/** What blocks may have beside plain series and chunks: tombstones, as Prometheus 2.42 wrote them, and an index of version 1. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { SampleColumns } from "../../lib/chunk/sample-columns.ts";
import { printLabels } from "../../lib/model/labels.ts";
import { ALL_TIME } from "../../lib/model/time.ts";
import { ByteWriter } from "../../lib/storage/codec/bytes.ts";
import { Block, readMeta } from "../../lib/tsdb/block.ts";
import { BlockIndex, type IndexedSeries } from "../../lib/tsdb/block-index.ts";
import { crc32c } from "../../lib/wire/crc32c.ts";
import { type BlockBytes, fixturePath, MemoryFolder, readBlocks } from "../helpers/storage/block-files.ts";

const NAMES = readdirSync(fixturePath("promtool")).sort();
/** What was deleted: of one series a span, both ends included, and another series whole. */
const DELETED = { from: 1_795_904_400_000, to: 1_795_906_200_000 };

async function samplesOf(files: BlockBytes): Promise<Record<string, number[]>> {
  const folder = new MemoryFolder("block", files);
  const block = await Block.open(folder, (await readMeta(folder))!);
  const found: Record<string, number[]> = {};
  for await (const series of block.index.series()) {
    const columns = new SampleColumns();
    await block.appendSamples(series, ALL_TIME, columns);
    found[printLabels(series.labels)] = [...columns.samples().timestamps];
  }
  return found;
}

test("deleted samples are left out", async () => {
  for (const [i, files] of readBlocks(fixturePath("promtool")).entries()) {
    const whole = await samplesOf(files);
    files.set("tombstones", new Uint8Array(readFileSync(fixturePath(`promtool-tombstones-${NAMES[i]}`))));
    const kept = Object.fromEntries(
      Object.entries(whole).map(([name, times]) => {
        if (name === 'temp_celsius{zone="b"}') return [name, []];
        const isSpan = name === 'shop_requests_total{zone="a"}';
        return [name, times.filter((time) => !isSpan || time < DELETED.from || time > DELETED.to)];
      }),
    );
    assert.deepEqual(await samplesOf(files), kept);
  }
});

test("damaged tombstones are refused", async () => {
  const [files] = readBlocks(fixturePath("promtool"));
  const stones = new Uint8Array(readFileSync(fixturePath(`promtool-tombstones-${NAMES[0]}`)));
  for (let at = 0; at < stones.length; at++) {
    const damaged = stones.slice();
    damaged[at] ^= 0x10;
    files.set("tombstones", damaged);
    await assert.rejects(samplesOf(files), /tombstones/, `byte ${at}`);
  }
});

/** The series of an index as one of version 1: symbols by their place in the file, series one behind another. */
function encodeVersion1(all: readonly IndexedSeries[]): Uint8Array {
  const index = new ByteWriter().writeUint(0xbaaad700, 4).writeByte(1);
  const texts = [...new Set(all.flatMap(({ labels }) => labels.flat()))].sort();
  const symbolsAt = index.length;
  const symbols = new ByteWriter().writeUint(texts.length, 4);
  const places = new Map<string, number>();
  for (const text of texts) {
    places.set(text, symbolsAt + 4 + symbols.length);
    symbols.writeString(text);
  }
  const section = symbols.finish();
  index.writeUint(section.length, 4).writeBytes(section).writeUint(crc32c(section), 4);
  const seriesAt = index.length;
  for (const { labels, chunks } of all) {
    const body = new ByteWriter().writeVarint(labels.length);
    for (const text of labels.flat()) body.writeVarint(places.get(text)!);
    body.writeVarint(chunks.length);
    chunks.forEach(({ minTime, maxTime, reference }, i) => {
      if (i === 0)
        body
          .writeSigned(minTime)
          .writeVarint(maxTime - minTime)
          .writeVarint(reference);
      else
        body
          .writeVarint(minTime - chunks[i - 1].maxTime)
          .writeVarint(maxTime - minTime)
          .writeSigned(reference - chunks[i - 1].reference);
    });
    const bytes = body.finish();
    index.writeVarint(bytes.length).writeBytes(bytes).writeUint(crc32c(bytes), 4);
  }
  const postingsAt = index.length;
  index.writeUint(0, 4);
  const contents = new ByteWriter();
  for (const at of [symbolsAt, seriesAt, 0, 0, postingsAt, 0]) contents.writeUint(at, 8);
  const bytes = contents.finish();
  return index.writeBytes(bytes).writeUint(crc32c(bytes), 4).finish();
}

test("an index of version 1", async () => {
  const [files] = readBlocks(fixturePath("promtool"));
  const expected = await samplesOf(files);
  const all: IndexedSeries[] = [];
  const index = await BlockIndex.open((await new MemoryFolder("block", files).open("index"))!);
  for await (const series of index.series()) all.push(series);
  files.set("index", encodeVersion1(all));
  const old = await BlockIndex.open((await new MemoryFolder("block", files).open("index"))!);
  assert.equal(old.version, 1);
  assert.deepEqual(await samplesOf(files), expected);
});
