/** Remote read as a client: what Hearth's own server responds, in both forms, is what was stored. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SampleColumns } from "../../lib/chunk/sample-columns.ts";
import { HearthError } from "../../lib/model/errors.ts";
import { printLabels } from "../../lib/model/labels.ts";
import { newMatcher } from "../../lib/model/matcher.ts";
import { decodeTo } from "../../lib/tsdb/decode-chunk.ts";
import { decodeFrames, decodeReadResponse, encodeReadRequest } from "../../lib/wire/read-client.ts";
import { decodeReadRequest } from "../../lib/wire/read-request.ts";
import { compress, uncompress } from "../../lib/wire/snappy.ts";
import { histogram, histogramText } from "../helpers/histograms.ts";
import { encodeMixedV1 } from "../helpers/mixed-requests.ts";
import { basic, TestGateway } from "../helpers/test-gateway.ts";
import { bitsOf } from "../helpers/write-requests.ts";

const MATCHERS = [newMatcher("=~", "__name__", "a|b"), newMatcher("!=", "zone", "x")];

async function openGateway() {
  const gateway = await TestGateway.open();
  const at = gateway.nowMs - 60_000;
  const request = [
    {
      labels: [["__name__", "a"]] as const,
      floats: [
        [at, bitsOf(1.5)],
        [at + 1000, 0x7ff0000000000002n],
      ] as const,
    },
    {
      labels: [
        ["__name__", "b"],
        ["zone", "y"],
      ] as const,
      histograms: [
        [at, histogram()],
        [at + 1000, histogram({ kind: "float" })],
      ] as const,
    },
    {
      labels: [
        ["__name__", "b"],
        ["zone", "x"],
      ] as const,
      floats: [[at, bitsOf(1)]] as const,
    },
  ];
  const response = await gateway.post("/api/v1/write", compress(encodeMixedV1(request)));
  assert.ok(response.ok, await response.text());
  const expected = [
    `a{} ${at} 0x3ff8000000000000`,
    `a{} ${at + 1000} 0x7ff0000000000002`,
    `b{zone="y"} ${at} ${histogramText(histogram())}`,
    `b{zone="y"} ${at + 1000} ${histogramText(histogram({ kind: "float" }))}`,
  ];
  return { gateway, range: { minTime: at, maxTime: at + 5000 }, expected };
}

function linesOf(name: string, columns: SampleColumns): string[] {
  return Array.from({ length: columns.count }, (_, i) => {
    const one = columns.histograms?.get(i);
    const bits = (BigInt(columns.words[2 * i + 1]) << 32n) | BigInt(columns.words[2 * i]);
    return `${name} ${columns.timestamps[i]} ${one === undefined ? `0x${bits.toString(16)}` : histogramText(one)}`;
  });
}

async function ask(gateway: TestGateway, body: Uint8Array): Promise<Response> {
  const headers = {
    Authorization: basic("HKA"),
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
  };
  return gateway.fetch("/api/v1/read", {
    method: "POST",
    body: compress(body) as Uint8Array<ArrayBuffer>,
    headers,
  });
}

test("a request says what is wanted, and both types of response", () => {
  const { queries, acceptedResponseTypes } = decodeReadRequest(
    encodeReadRequest(MATCHERS, { minTime: -5, maxTime: 9 }),
    {
      maxQueries: 1,
    },
  );
  const [{ matchers, minTime, maxTime }] = queries;
  assert.deepEqual(
    matchers.map(({ type, name, value }) => [type, name, value]),
    MATCHERS.map(({ type, name, value }) => [type, name, value]),
  );
  assert.deepEqual([minTime, maxTime], [-5, 9]);
  assert.deepEqual(acceptedResponseTypes, ["streamed-xor-chunks", "samples"]);
});

test("streamed chunks", async () => {
  const { gateway, range, expected } = await openGateway();
  const response = await ask(gateway, encodeReadRequest(MATCHERS, range));
  assert.match(response.headers.get("content-type")!, /^application\/x-streamed-protobuf/);
  const lines: string[] = [];
  for await (const { labels, chunks } of decodeFrames(response.body!)) {
    const columns = new SampleColumns();
    for (const chunk of chunks) decodeTo({ ...chunk, reference: 0 }, columns);
    lines.push(...linesOf(printLabels(labels), columns));
  }
  assert.deepEqual(lines, expected);
});

test("samples, of a server that does not stream", async () => {
  const { gateway, range, expected } = await openGateway();
  // The accepted types are the request's last bytes: tag, length, two numbers.
  const request = encodeReadRequest(MATCHERS, range).slice(0, -4);
  const response = await ask(gateway, request);
  assert.equal(response.headers.get("content-type"), "application/x-protobuf");
  const body = uncompress(new Uint8Array(await response.arrayBuffer()), 1e6);
  const all: [string, SampleColumns][] = [];
  decodeReadResponse(body, (labels) => {
    const columns = new SampleColumns();
    all.push([printLabels(labels), columns]);
    return columns;
  });
  assert.deepEqual(
    all.flatMap(([name, columns]) => linesOf(name, columns)),
    expected,
  );
});

test("a stream that is cut or damaged is refused, in whatever pieces it comes", async () => {
  const { gateway, range } = await openGateway();
  const response = await ask(gateway, encodeReadRequest(MATCHERS, range));
  const whole = new Uint8Array(await response.arrayBuffer());
  const count = async (bytes: Uint8Array, piece: number) => {
    let series = 0;
    const pieces = async function* () {
      for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
    };
    for await (const _ of decodeFrames(pieces())) series++;
    return series;
  };
  for (const piece of [1, 7, 4096]) assert.equal(await count(whole, piece), 2);
  const isRefused = (error: unknown) => error instanceof HearthError && error.kind === "data";
  for (let length = 1; length < whole.length; length++) {
    const series = await count(whole.subarray(0, length), 4096).catch((error: unknown) => {
      assert.ok(isRefused(error));
      return undefined;
    });
    // Between two frames nothing shows that there should be more.
    assert.ok(series === undefined || series === 1, `cut at ${length}`);
  }
  for (let at = 1; at < whole.length; at += 3) {
    const damaged = whole.slice();
    damaged[at] ^= 1;
    await assert.rejects(count(damaged, 4096), isRefused, `bit at ${at}`);
  }
});

test("an error that a server writes behind its frames is quoted", async () => {
  const read = async (text: string) => {
    const pieces = async function* () {
      yield new TextEncoder().encode(text);
    };
    for await (const _ of decodeFrames(pieces()));
  };
  const words = "iterate chunk while re-encoding: detected unexpected counter reset in histogram";
  const message = /; the server says "iterate chunk while re-encoding: detected/;
  await assert.rejects(read(`${words}\n`), { kind: "data", message });
  // So long that its first letter, as a length, lies within it.
  await assert.rejects(read(`${words}: ${words}\n`), { kind: "data", message });
  await assert.rejects(read("\u0069\u0001"), { message: /2 bytes of it came$/ });
});
