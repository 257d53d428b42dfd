import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { HearthError } from "../../lib/model/errors.ts";
import type { Label } from "../../lib/model/labels.ts";
import type { Series } from "../../lib/model/samples.ts";
import { encodeReadResponse, SAMPLES_CONTENT_TYPE } from "../../lib/wire/read-response.ts";
import { compress, uncompress } from "../../lib/wire/snappy.ts";
import { decodeMessage, encodeMessage, fromHex, readFixture } from "./prometheus-proto.ts";

const SEED = 20261122;
const MAX_BYTES = 1 << 20;

interface TimeSeriesMessage {
  labels: { name: string; value: string }[];
  samples: { value: number; timestamp: number }[];
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* items;
}

function encode(results: readonly (readonly Series[])[], maxBytes = MAX_BYTES): Promise<Uint8Array> {
  return encodeReadResponse(results.map(each), maxBytes);
}

function series(labels: readonly Label[], timestamps: number[], values: Float64Array): Series {
  return { labels, timestamps: Float64Array.from(timestamps), values };
}

function toSeries({ labels, samples }: TimeSeriesMessage): Series {
  return series(
    labels.map(({ name, value }): Label => [name, value]),
    samples.map(({ timestamp }) => timestamp),
    Float64Array.from(samples, ({ value }) => value),
  );
}

for (const name of ["samples_node_load1", "default_node_cpu"]) {
  test(`encodes ${name} byte for byte as Prometheus did`, async () => {
    const golden = uncompress(readFixture(`${name}.resp.bin`), MAX_BYTES);
    const { results } = decodeMessage("ReadResponse", golden);
    const encoded = await encode(
      results.map(({ timeseries }: { timeseries: TimeSeriesMessage[] }) => timeseries.map(toSeries)),
    );
    assert.deepEqual(encoded, golden);
    assert.deepEqual(uncompress(compress(encoded), MAX_BYTES), golden);
    const { headers } = JSON.parse(Buffer.from(readFixture(`${name}.resp.headers.json`)).toString());
    assert.equal(headers["content-type"], SAMPLES_CONTENT_TYPE);
  });
}

test("every query has its result, in order, also an empty one", async () => {
  const a = series([["__name__", "a"]], [1], Float64Array.of(1));
  const b = series([["__name__", "b"]], [2], Float64Array.of(2));
  const { results } = decodeMessage("ReadResponse", await encode([[], [b, a], [], [a]]));
  const names = results.map(({ timeseries }: { timeseries: TimeSeriesMessage[] }) =>
    timeseries.map((s) => s.labels[0].value),
  );
  assert.deepEqual(names, [[], ["b", "a"], [], ["a"]]);
  assert.deepEqual(await encode([]), new Uint8Array(0));
});

test("the next query is asked when the one before is at its end", async () => {
  const log: string[] = [];
  async function* query(name: string): AsyncGenerator<Series, void, undefined> {
    log.push(`${name} asked`);
    yield series([], [1], Float64Array.of(1));
    log.push(`${name} ended`);
  }
  await encodeReadResponse([query("first"), query("second")], MAX_BYTES);
  assert.deepEqual(log, ["first asked", "first ended", "second asked", "second ended"]);
});

test("staleness markers and negative zero keep their bits; zeros are left out", async () => {
  const values = new Float64Array(fromHex("020000000000f07f 0000000000000080 0000000000000000").buffer);
  const encoded = await encode([[series([], [5, 0, -1], values)]]);
  const samples =
    "12 0b 09 020000000000f07f 10 05 | 12 09 09 0000000000000080 | 12 0b 10 ffffffffffffffffff01";
  assert.deepEqual(encoded, fromHex(`0a 27 0a 25 ${samples.replaceAll("|", "")}`));
});

test("any series are encoded as protobufjs encodes them", async () => {
  const label = fc.tuple(
    fc.string({ unit: "grapheme", minLength: 1 }),
    fc.string({ unit: "grapheme", minLength: 1 }),
  );
  const sample = fc.tuple(
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }).filter((v) => !Object.is(v, 0) && !Object.is(v, -0)),
  );
  const any = fc.record({
    labels: fc.array(label, { maxLength: 5 }),
    samples: fc.array(sample, { maxLength: 30 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(any, { maxLength: 4 }), { maxLength: 3 }), async (results) => {
      const timeseries = (s: {
        labels: [string, string][];
        samples: [number, number][];
      }): TimeSeriesMessage => ({
        labels: s.labels.map(([name, value]) => ({ name, value })),
        samples: s.samples.map(([timestamp, value]) => ({ timestamp, value })),
      });
      const messages = results.map((result) => result.map(timeseries));
      const encoded = await encode(messages.map((result) => result.map(toSeries)));
      const read = decodeMessage("ReadResponse", encoded).results;
      assert.deepEqual(
        read,
        messages.map((result) => ({
          timeseries: result.map((s) => ({ ...s, exemplars: [], histograms: [] })),
        })),
      );
      const again = read.map((r: { timeseries: TimeSeriesMessage[] }) => ({
        timeseries: r.timeseries.map(({ labels, samples }) => ({
          labels,
          samples: samples.map(leaveZerosOut),
        })),
      }));
      assert.deepEqual(encodeMessage("ReadResponse", { results: again }), encoded);
    }),
    { seed: SEED, numRuns: 200 },
  );
});

/** What proto3 leaves out and protobufjs writes when it is given. */
function leaveZerosOut(sample: { value: number; timestamp: number }): Partial<typeof sample> {
  return sample.timestamp === 0 ? { value: sample.value } : sample;
}

test("an answer past the limit is refused while it is made, and says what to do", async () => {
  const long = series([["__name__", "a"]], [1, 2, 3], Float64Array.of(1, 2, 3));
  const size = (await encode([[long]])).length;
  assert.equal((await encode([[long]], size)).length, size);
  for (const limit of [size - 1, 20, 1]) {
    await assert.rejects(
      encode([[long]], limit),
      (error) =>
        error instanceof HearthError &&
        error.kind === "too large" &&
        new RegExp(`more than ${limit} bytes.*STREAMED`).test(error.message),
    );
  }
  let asked = 0;
  async function* endless(): AsyncGenerator<Series, void, undefined> {
    for (;;) {
      asked++;
      yield long;
    }
  }
  await assert.rejects(encodeReadResponse([endless()], 10_000), /more than 10000 bytes/);
  assert.ok(asked < 1000);
});
