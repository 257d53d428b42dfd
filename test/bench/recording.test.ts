import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { loadRecording } from "../../bench/recorded-series.ts";
import { decodeRecording, encodeRecording, type RecordedSamples } from "../../bench/recording/format.ts";
import { loadWholeRecording } from "../../bench/recording/load.ts";
import type { Label } from "../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { uncompress } from "../../lib/wire/snappy.ts";
import { decodeWriteRequest } from "../../lib/wire/write-v1.ts";

const SEED = 20261130;
const BODIES = new URL("../fixtures/rw1/", import.meta.url);

/** Every sample as a line, its value as bits. */
function linesOf(series: readonly RecordedSamples[]): string[] {
  return series.flatMap(({ labels, timestamps, values }) => {
    const bits = new BigUint64Array(values.buffer, values.byteOffset, values.length);
    const name = printLabels(labels);
    return Array.from(bits, (one, i) => `${name} ${timestamps[i]} ${one.toString(16)}`);
  });
}

function printLabels(labels: readonly Label[]): string {
  return JSON.stringify(labels);
}

/** The samples of recorded remote write bodies, as `linesOf` prints them. */
function linesOfBodies(): string[] {
  const names = readdirSync(BODIES).filter((name) => /^\d+\.snappy$/.test(name));
  return names.flatMap((name) => {
    const body = uncompress(readFileSync(new URL(name, BODIES)), DEFAULT_LIMITS.maxDecompressedBytes);
    const batch = decodeWriteRequest(body, DEFAULT_LIMITS);
    const bits = new BigUint64Array(batch.values.buffer, batch.values.byteOffset, batch.sampleCount);
    return Array.from(bits, (one, i) => {
      const series = batch.sampleSeries[i];
      const [start, end] = [batch.labelStarts[series], batch.labelEnds[series]];
      const labels = batch.decodeLabels(batch.bytes, start, end, DEFAULT_LIMITS.maxLabelsPerSeries);
      return `${printLabels(labels)} ${batch.timestamps[i]} ${one.toString(16)}`;
    });
  });
}

test("the recording has every sample of the recorded bodies, bit for bit", () => {
  const { series } = loadWholeRecording();
  const recorded = new Set(linesOf(series));
  assert.equal(recorded.size, 385_116);
  assert.equal(series.length, 2183);
  const sent = linesOfBodies();
  assert.equal(sent.length, 4600);
  assert.deepEqual(
    sent.filter((line) => !recorded.has(line)),
    [],
  );
});

test("workloads take every third sample, and no staleness marker", () => {
  const { series, title } = loadRecording();
  assert.equal(series.length, 2183);
  const samples = series.reduce((total, { values }) => total + values.length, 0);
  assert.equal(samples, 128_695);
  assert.match(title, /^bench\/recording\/\S+: Prometheus 2\.42 .*; 2183 series, 385116 samples$/);
});

const word = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(
    0n,
    1n << 63n,
    0x7ff0000000000002n,
    0x7ff8000000000001n,
    0x7ff0000000000000n,
    0xfff0dead0000beefn,
  ),
  fc.integer({ min: -1000, max: 1000 }).map((value) => new BigUint64Array(Float64Array.of(value).buffer)[0]),
);
const sample = fc.record({ step: fc.integer({ min: 1, max: 100_000 }), word });
const oneSeries = fc
  .record({
    labels: fc.dictionary(fc.stringMatching(/^[a-z_]{1,9}$/), fc.string({ unit: "binary" })),
    first: fc.integer({ min: -(2 ** 40), max: 2 ** 42 }),
    samples: fc.array(sample, { minLength: 1, maxLength: 20 }),
  })
  .map(({ labels, first, samples }): RecordedSamples => {
    let time = first;
    return {
      labels: Object.entries(labels).sort(),
      timestamps: Float64Array.from(samples, ({ step }) => (time += step)),
      values: new Float64Array(BigUint64Array.from(samples, (one) => one.word).buffer),
    };
  });

test(`any series come back bit for bit, seed ${SEED}`, () => {
  fc.assert(
    fc.property(fc.array(oneSeries, { maxLength: 5 }), (series) => {
      const back = decodeRecording(encodeRecording({ source: "any", series }));
      assert.equal(back.source, "any");
      assert.deepEqual(linesOf(back.series), linesOf(series));
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test("another format, and a series with a value too few, are refused", () => {
  const series = { labels: [], timestamps: Float64Array.of(1, 2), values: Float64Array.of(1, 2) };
  const text = gunzipSync(encodeRecording({ source: "s", series: [series] })).toString();
  const decode = (changed: string) => () => decodeRecording(gzipSync(changed));
  assert.throws(
    decode(text.replace("recording 1", "recording 2")),
    /begins with hearth recording 2, expected/,
  );
  assert.throws(decode(text.replace("1 2\n", "1\n")), /has 1 values, times=0/);
});
