/** Native histograms from the senders' requests to the readers' answers, and on the way through log, runs and chunks. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { decodeHistogramChunk } from "../../lib/chunk/histogram-chunk.ts";
import { decodeXorChunk } from "../../lib/chunk/xor-chunk.ts";
import { staleHistogram } from "../../lib/histogram/spans.ts";
import { OTLP_PATHS } from "../../lib/http/otlp-route.ts";
import type { Histogram } from "../../lib/model/histogram.ts";
import type { Label } from "../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { HOUR_MS, MINUTE_MS } from "../../lib/model/time.ts";
import { compact } from "../../lib/storage/compact/compactor.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { loadManifest } from "../../lib/storage/layout/manifest-store.ts";
import { Reader } from "../../lib/storage/read/reader.ts";
import { ProtobufReader } from "../../lib/wire/protobuf-reader.ts";
import { compress, uncompress } from "../../lib/wire/snappy.ts";
import { decodeWriteRequest } from "../../lib/wire/write-v1.ts";
import { bucketsOf, grownHistograms, histogram, histogramText } from "../helpers/histograms.ts";
import { encodeMixedV1, encodeMixedV2, type MixedSeries, otlpJson } from "../helpers/mixed-requests.ts";
import { decodeFrames } from "../helpers/read-frames.ts";
import { MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { query, TestGateway } from "../helpers/test-gateway.ts";
import { bitsOf, columnBits, STALE_BITS } from "../helpers/write-requests.ts";

const SEED = 20261123;
const START = MIDNIGHT_MS;
/** The first bucket of the day is over, and its chunks are due. */
const NOW = MIDNIGHT_MS + 9 * HOUR_MS;
const V2 = { "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request" };
const JSON_TYPE = { "Content-Type": "application/json", "Content-Encoding": undefined };
const JOBS = ["a", "b"];

type Timed<T> = readonly [timestamp: number, value: T];

/** What a store must answer: of each job and time what came last. */
class NaiveMixed {
  readonly #samples = new Map<string, Map<number, string>>();

  set(job: string, time: number, text: string): void {
    const samples = this.#samples.get(job) ?? new Map<number, string>();
    this.#samples.set(job, samples.set(time, text));
  }

  lines(minTime: number, maxTime: number): string[] {
    return [...this.#samples.keys()].sort().flatMap((job) =>
      [...this.#samples.get(job)!]
        .filter(([time]) => time >= minTime && time <= maxTime)
        .toSorted(([a], [b]) => a - b)
        .map(([time, text]) => `${job} ${time - START} ${text}`),
    );
  }
}

const floatText = (bits: bigint) => `0x${bits.toString(16)}`;
const labelsOf = (job: string): Label[] => [
  ["__name__", "lat"],
  ["job", job],
];

async function open(): Promise<TestGateway> {
  const gateway = await TestGateway.open();
  gateway.nowMs = NOW;
  return gateway;
}

/** By the decoder of write requests, whose TimeSeries are those of the answer. */
async function readSamples(gateway: TestGateway, minTime: number, maxTime: number): Promise<string[]> {
  const response = await gateway.read({ queries: [query("lat", minTime, maxTime)] });
  assert.equal(response.status, 200);
  const reader = new ProtobufReader(uncompress(new Uint8Array(await response.arrayBuffer()), 2 ** 26));
  reader.readTag();
  const batch = decodeWriteRequest(reader.readBytes().slice(), DEFAULT_LIMITS);
  assert.equal(batch.rejections.count, 0);
  const bits = columnBits(batch.values.subarray(0, batch.sampleCount));
  return Array.from({ length: batch.seriesCount }, (_, series) => {
    const [start, end] = [batch.labelStarts[series], batch.labelEnds[series]];
    const job = batch.decodeLabels(batch.bytes, start, end, 9).find(([name]) => name === "job")![1];
    const floats = bits.flatMap((one, i): Timed<string>[] =>
      batch.sampleSeries[i] === series ? [[batch.timestamps[i], floatText(one)]] : [],
    );
    const histograms = batch.histograms
      .filter((one) => one.series === series)
      .map((one): Timed<string> => [one.timestamp, histogramText(one.histogram)]);
    return [...floats, ...histograms]
      .sort(([a], [b]) => a - b)
      .map(([time, text]) => `${job} ${time - START} ${text}`);
  }).flat();
}

async function readChunks(gateway: TestGateway, minTime: number, maxTime: number): Promise<string[]> {
  const acceptedResponseTypes = ["STREAMED_XOR_CHUNKS"];
  const response = await gateway.read({ queries: [query("lat", minTime, maxTime)], acceptedResponseTypes });
  assert.equal(response.status, 200);
  return decodeFrames(new Uint8Array(await response.arrayBuffer())).flatMap(({ chunkedSeries }) =>
    // biome-ignore lint/suspicious/noExplicitAny: prometheus.ChunkedSeries
    chunkedSeries.flatMap(({ labels, chunks }: any) => {
      const job = labels[1].value;
      // biome-ignore lint/suspicious/noExplicitAny: prometheus.Chunk
      return chunks.flatMap((chunk: any) =>
        decodeChunk(chunk.type, new Uint8Array(chunk.data)).map(
          ([time, text]) => `${job} ${time - START} ${text}`,
        ),
      );
    }),
  );
}

function decodeChunk(type: number, data: Uint8Array): Timed<string>[] {
  if (type === 1) {
    const { timestamps, values } = decodeXorChunk(data);
    return columnBits(values).map((bits, i) => [timestamps[i], floatText(bits)]);
  }
  assert.ok(type === 2 || type === 3, `chunk type ${type}`);
  const { timestamps, histograms } = decodeHistogramChunk(data, type === 2 ? "integer" : "float");
  return histograms.map((one, i) => [timestamps[i], histogramText(one)]);
}

/** Compares line by line: the difference of lists takes minutes to print. */
function assertLines(actual: readonly string[], expected: readonly string[], what: string): void {
  const at = expected.findIndex((line, i) => line !== actual[i]);
  if (at >= 0) assert.equal(actual[at], expected[at], `${what}, line ${at}`);
  assert.equal(actual.length, expected.length, what);
}

async function assertRead(gateway: TestGateway, model: NaiveMixed, minTime: number, maxTime: number) {
  const expected = model.lines(minTime, maxTime);
  assertLines(await readSamples(gateway, minTime, maxTime), expected, "samples");
  assertLines(await readChunks(gateway, minTime, maxTime), expected, "chunks");
}

async function compactAll(gateway: TestGateway): Promise<void> {
  const onDay = ({ error }: { readonly error: unknown }) => {
    if (error !== undefined) throw error;
  };
  const { clock } = gateway.services;
  const deadlineMs = Number.POSITIVE_INFINITY;
  await compact(gateway.table, {
    clock,
    randomBytes,
    retentionOf: () => 0,
    deadlineMs,
    isEager: true,
    onDay,
  });
}

const minute = fc.nat(8 * 60 + 50);
const gauges = fc
  .array(fc.nat(9), { maxLength: 8 })
  .map((counts) =>
    counts.map((count) => histogram({ counterResetHint: "gauge", positive: bucketsOf([count, count]) })),
  );
const write = fc.record({
  kind: fc.constant("write" as const),
  isV2: fc.boolean(),
  job: fc.constantFrom(...JOBS),
  from: minute,
  histograms: fc.oneof({ arbitrary: grownHistograms, weight: 4 }, { arbitrary: gauges, weight: 1 }),
  floats: fc.array(fc.tuple(minute, fc.oneof(fc.double().map(bitsOf), fc.constant(STALE_BITS))), {
    maxLength: 6,
  }),
});
const otlp = fc.record({
  kind: fc.constant("otlp" as const),
  job: fc.constantFrom(...JOBS),
  from: minute,
  histograms: grownHistograms,
});
const step = fc.oneof(
  { arbitrary: write, weight: 5 },
  { arbitrary: otlp, weight: 2 },
  {
    arbitrary: fc.record({ kind: fc.constant("compact" as const), hours: fc.constantFrom(0, 0, 5) }),
    weight: 3,
  },
);

const timed = <T>(from: number, all: readonly T[]): Timed<T>[] =>
  all.map((one, i) => [START + (from + i) * MINUTE_MS, one] as const).filter(([time]) => time < NOW);

async function send(
  gateway: TestGateway,
  one: typeof write extends fc.Arbitrary<infer T> ? T : never,
  model: NaiveMixed,
) {
  const floats = one.floats.map(([m, bits]): Timed<bigint> => [START + m * MINUTE_MS, bits]);
  const histograms = timed(one.from, one.histograms);
  const request: MixedSeries[] = [{ labels: labelsOf(one.job), floats, histograms }];
  const body = compress(one.isV2 ? encodeMixedV2(request) : encodeMixedV1(request));
  const response = await gateway.post("/api/v1/write", body, one.isV2 ? V2 : {});
  assert.equal(response.status, one.isV2 ? 204 : 200, await response.text());
  for (const [time, bits] of floats) model.set(one.job, time, floatText(bits));
  for (const [time, some] of histograms) model.set(one.job, time, histogramText(some));
}

/** OpenTelemetry says no zero threshold, and has whole counts alone. */
function asOtlp(one: Histogram): Histogram {
  return { ...one, kind: "integer", zeroThreshold: 1e-128 };
}

test("what was written by any protocol comes back the same, whatever compaction has done to it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 14 }),
      fc.tuple(minute, minute),
      async (steps, [a, b]) => {
        const gateway = await open();
        const model = new NaiveMixed();
        const [minTime, maxTime] = [Math.min(a, b), Math.max(a, b)].map((m) => START + m * MINUTE_MS);
        for (const one of steps) {
          if (one.kind === "write") await send(gateway, one, model);
          else if (one.kind === "otlp") {
            const histograms = timed(one.from, one.histograms.map(asOtlp));
            const response = await gateway.post(
              OTLP_PATHS[0],
              otlpJson("lat", one.job, histograms),
              JSON_TYPE,
            );
            assert.equal(await response.text(), "{}");
            for (const [time, some] of histograms) model.set(one.job, time, histogramText(some));
          } else {
            gateway.nowMs += 2 * MINUTE_MS + one.hours * HOUR_MS;
            await Promise.all([compactAll(gateway), assertRead(gateway, model, START, NOW)]);
            await assertRead(gateway, model, START, NOW);
          }
        }
        await assertRead(gateway, model, START, NOW);
        await assertRead(gateway, model, minTime, maxTime);
      },
    ),
    { seed: SEED, numRuns: 120 },
  );
});

test("a request of many series is stored slice by slice, its histograms and exemplars with their series", async () => {
  const gateway = await open();
  const count = 12_000;
  const request = Array.from({ length: count }, (_, i): MixedSeries => {
    const labels: Label[] = [
      ["__name__", "many"],
      ["n", String(i)],
    ];
    // The last ones have no floats, and many before them no histograms.
    const floats = i < 11_000 ? ([[START + i, bitsOf(i)]] as const) : [];
    const histograms = i % 7 === 0 ? ([[START - 1 - i, histogram({ sum: i })]] as const) : [];
    return { labels, floats, histograms };
  });
  const response = await gateway.post("/api/v1/write", compress(encodeMixedV1(request)));
  assert.equal(response.status, 200, await response.text());
  const { storedSamples, storedHistograms } = gateway.lastLine.fields;
  assert.deepEqual([storedSamples, storedHistograms], [11_000, Math.ceil(count / 7)]);
  const reader = new Reader(gateway.table, { ...gateway.services, retentionMs: 0, tenant: "t" });
  let found = 0;
  for await (const one of reader.select({ matchers: [], minTime: 0, maxTime: NOW })) {
    const i = Number(one.labels[1][1]);
    assert.deepEqual([...one.values], i < 11_000 ? [i] : []);
    const { histograms, timestamps } = one.histograms ?? { histograms: [], timestamps: [] };
    assert.deepEqual(
      histograms.map(({ sum }, at) => [sum, timestamps[at]]),
      i % 7 === 0 ? [[i, START - 1 - i]] : [],
    );
    found++;
  }
  assert.equal(
    found,
    Array.from({ length: count }, (_, i) => i).filter((i) => i < 11_000 || i % 7 === 0).length,
  );
});

test("a histogram too large to be stored is refused with its size, the others are stored", async () => {
  const gateway = await open();
  const positive = bucketsOf(...Array.from({ length: 9000 }, (_, i) => [i, i + 0.5] as const));
  const large = histogram({ kind: "float", positive });
  const request: MixedSeries[] = [
    {
      labels: labelsOf("a"),
      histograms: [
        [START, large],
        [START + 1, histogram()],
      ],
    },
  ];
  const response = await gateway.post("/api/v1/write", compress(encodeMixedV2(request)), V2);
  assert.equal(response.status, 400);
  assert.equal(response.headers.get("X-Prometheus-Remote-Write-Histograms-Written"), "1");
  assert.match(await response.text(), /a histogram of \d+ bytes, at most 65536 are stored/);
  assert.deepEqual(await readSamples(gateway, START, NOW), [`a 1 ${histogramText(histogram())}`]);
});

test("hundreds of histograms over hours are cut as Prometheus cuts them, and read once chunked as before", async () => {
  const gateway = await open();
  const model = new NaiveMixed();
  for (let i = 0; i < 400; i++) {
    const time = START + i * MINUTE_MS;
    const isReset = i === 200;
    const positive = bucketsOf([0, isReset ? 1 : i + 1], [i % 5 === 0 ? 3 : 4, 0]);
    const one = i === 300 ? staleHistogram("integer", "unknown") : histogram({ positive });
    const request: MixedSeries[] = [{ labels: labelsOf("a"), histograms: [[time, one]] }];
    assert.equal((await gateway.post("/api/v1/write", compress(encodeMixedV1(request)))).status, 200);
    model.set("a", time, histogramText(one));
  }
  await assertRead(gateway, model, START, NOW);
  gateway.nowMs += 10 * MINUTE_MS;
  await compactAll(gateway);
  await assertRead(gateway, model, START, NOW);
  await assertRead(gateway, model, START + 100 * MINUTE_MS, START + 130 * MINUTE_MS);
  const { manifest } = await loadManifest(gateway.table, "t", dayOf(START));
  assert.deepEqual(
    manifest.parts.map(({ kind, samples }) => [kind, samples]),
    [["chunks", 400]],
  );
});
