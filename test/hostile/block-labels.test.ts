/** Blocks whose series have labels that no Prometheus writes, and chunks in an order that none has. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cutChunks } from "../../lib/chunk/cut.ts";
import { type Label, printLabels } from "../../lib/model/labels.ts";
import { newMatcher } from "../../lib/model/matcher.ts";
import { ALL_TIME } from "../../lib/model/time.ts";
import { newUlid } from "../../lib/tsdb/ulid.ts";
import { writeBlock } from "../../lib/tsdb/write/block-writer.ts";
import { crc32c } from "../../lib/wire/crc32c.ts";
import { type BlockBytes, MemoryOutput } from "../helpers/block-files.ts";
import { Engine } from "../helpers/engine.ts";
import { runImport } from "../helpers/run-import.ts";

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
