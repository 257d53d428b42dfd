/** Whatever samples there are: written as a block, imported, exported and imported again they are the same bits. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ChunkedSeries } from "../../lib/chunk/cut.ts";
import { sortColumns } from "../../lib/chunk/merge-mixed.ts";
import { SampleColumns } from "../../lib/chunk/sample-columns.ts";
import type { Histogram } from "../../lib/model/histogram.ts";
import { compareLabelSets, type LabelSet } from "../../lib/model/labels.ts";
import { newMatcher } from "../../lib/model/matcher.ts";
import type { MixedSamples } from "../../lib/model/samples.ts";
import { DAY_MS, HOUR_MS } from "../../lib/model/time.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { cutMixedChunks } from "../../lib/storage/parts/mixed-chunks.ts";
import { selectAny } from "../../lib/transfer/merge-selections.ts";
import { newUlid } from "../../lib/tsdb/ulid.ts";
import { writeBlock } from "../../lib/tsdb/write/block-writer.ts";
import { anyHistogram, grownHistograms, histogramText } from "../helpers/histograms.ts";
import { type BlockBytes, MemoryOutput } from "../helpers/storage/block-files.ts";
import { Engine, MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { ALL_TIME } from "../helpers/storage/naive-store.ts";
import { runImport } from "../helpers/storage/run-import.ts";
import { columnBits } from "../helpers/write-requests.ts";

const SEED = 20261130;
const RUNS = 25;
/** Within two days, so that some chunks lie across midnight. */
const START_MS = MIDNIGHT_MS - DAY_MS - 3 * HOUR_MS;
const SPAN_MS = 8 * HOUR_MS;

interface PlainSeries {
  readonly labels: LabelSet;
  readonly samples: readonly (readonly [timeMs: number, sample: bigint | Histogram])[];
}

const value: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 0x7ff0000000000002n, 0x7ff8000000000001n, 0x8000000000000000n, 0x4059000000000000n),
);
const times = fc
  .uniqueArray(fc.integer({ min: 0, max: SPAN_MS }), { maxLength: 40 })
  .map((all) => all.sort((a, b) => a - b));
const regular = fc.record({
  step: fc.constantFrom(1000, 15_000, 60_000),
  count: fc.nat(300),
  from: fc.nat(SPAN_MS),
});
const timeline = fc.oneof(
  times,
  regular.map(({ step, count, from }) => Array.from({ length: count }, (_, i) => from + i * step)),
);
const sample = fc.oneof({ arbitrary: value, weight: 3 }, { arbitrary: anyHistogram, weight: 1 });
const samples = fc.oneof(
  timeline.chain((at) =>
    fc.array(sample, { minLength: at.length, maxLength: at.length }).map((all) => zip(at, all)),
  ),
  timeline.chain((at) =>
    fc.array(value, { minLength: at.length, maxLength: at.length }).map((all) => zip(at, all)),
  ),
  grownHistograms.map((all) =>
    zip(
      all.map((_, i) => i * 15_000),
      all,
    ),
  ),
);

function zip<T>(at: readonly number[], all: readonly T[]): (readonly [number, T])[] {
  return at.map((time, i) => [START_MS + time, all[i]] as const);
}

const text = fc.string({ minLength: 1, maxLength: 5, unit: "binary" }).filter((one) => one.isWellFormed());
const labelSet = fc
  .dictionary(
    text.filter((name) => name !== "__name__"),
    text,
    { maxKeys: 4, noNullPrototype: true },
  )
  .chain((labels) => fc.constantFrom("up", "cpu", "äö").map((name) => ({ ...labels, __name__: name })))
  .map(
    (labels) =>
      Object.entries(labels).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))) as LabelSet,
  );
const allSeries = fc
  .uniqueArray(fc.record({ labels: labelSet, samples }), {
    selector: ({ labels }) => JSON.stringify(labels),
    maxLength: 12,
  })
  .map((all): PlainSeries[] => all.sort((a, b) => compareLabelSets(a.labels, b.labels)));

/** The samples of both kinds, sorted. */
function mixedSamples({ samples }: PlainSeries): MixedSamples {
  const columns = new SampleColumns();
  for (const [timeMs, one] of samples) {
    if (typeof one === "bigint") columns.appendSample(timeMs, Number(one >> 32n), Number(one & 0xffffffffn));
    else columns.appendHistogram(timeMs, one);
  }
  return sortColumns(columns);
}

function printMixed(labels: LabelSet, { timestamps, values, histograms }: MixedSamples): string[] {
  const name = JSON.stringify(labels);
  const bits = columnBits(values);
  return [
    ...Array.from(timestamps, (time, i) => `${name} ${time} 0x${bits[i].toString(16)}`),
    ...(histograms === undefined
      ? []
      : Array.from(
          histograms.timestamps,
          (time, i) => `${name} ${time} ${histogramText(histograms.histograms[i])}`,
        )),
  ];
}

async function blockOf(
  series: Iterable<ChunkedSeries> | AsyncIterable<ChunkedSeries>,
): Promise<BlockBytes[]> {
  const output = new MemoryOutput();
  const ulid = newUlid(START_MS, (count) => new Uint8Array(count));
  return (await writeBlock(output, ulid, series, () => {})) === undefined ? [] : [output.files];
}

async function linesOf(engine: Engine): Promise<string[]> {
  const lines: string[] = [];
  for await (const { labels, ...samples } of engine.reader().select({ matchers: [], ...ALL_TIME }))
    lines.push(...printMixed(labels, samples));
  return lines;
}

async function exported(engine: Engine): Promise<BlockBytes[]> {
  const blocks: BlockBytes[] = [];
  for (let day = dayOf(START_MS); day <= dayOf(START_MS + 2 * SPAN_MS); day++) {
    const range = { minTime: day * DAY_MS, maxTime: (day + 1) * DAY_MS - 1 };
    const { signal } = new AbortController();
    const halves = [[newMatcher("=~", "__name__", "up|cpu")], [newMatcher("!=", "__name__", "up")]];
    const [block] = await blockOf(selectAny(engine.reader(), halves, range, signal));
    if (block === undefined) continue;
    // Each in the name of its day: what is imported under one name is known.
    const meta = new TextDecoder().decode(block.get("meta.json"));
    const name = newUlid(day * DAY_MS, (count) => new Uint8Array(count));
    block.set("meta.json", new TextEncoder().encode(meta.replaceAll(/[0-9A-Z]{26}/g, name)));
    blocks.push(block);
  }
  return blocks;
}

test("bit for bit through block, table, block and table", async () => {
  await fc.assert(
    fc.asyncProperty(allSeries, async (all) => {
      const chunked = all.map((one) => ({ labels: one.labels, chunks: cutMixedChunks(mixedSamples(one)) }));
      const expected = all.flatMap((one) => printMixed(one.labels, mixedSamples(one)));
      const first = new Engine();
      await runImport(first, await blockOf(chunked));
      assert.deepEqual(await linesOf(first), expected);
      const second = new Engine();
      await runImport(second, await exported(first));
      assert.deepEqual(await linesOf(second), expected);
    }),
    { seed: SEED, numRuns: RUNS },
  );
});
