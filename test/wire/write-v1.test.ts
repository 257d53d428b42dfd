import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { HearthError } from "../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import type { WriteBatch } from "../../lib/model/sample-batch.ts";
import { uncompress } from "../../lib/wire/snappy.ts";
import { WriteRequestDecoder } from "../../lib/wire/write-v1.ts";
import { bitsOf, encodeBody, STALE_BITS } from "../helpers/write-requests.ts";
import { atOffset, encodeMessage, fromHex } from "./prometheus-proto.ts";
import {
  decode,
  FIXTURES,
  hugeSeries,
  plain,
  refuses,
  request,
  SAMPLE_BITS,
  SEED,
} from "./write-v1-batches.ts";

test("keeps the bits of every value", () => {
  const sent = [
    { labels: [["__name__", "x"] as const], samples: SAMPLE_BITS.map((b, i) => [i, b] as const) },
  ];
  assert.deepEqual(plain(decode(encodeBody(sent))), sent);
});

test("timestamps are int64", () => {
  const timestamps = ["0", "-1", "-2251799813685248", "2251799813685248", "1795336860000", "-1795336860000"];
  const far = ["9223372036854775807", "-9223372036854775808", "72057594037927936", "-72057594037927937"];
  const farthest = ["2251799813685249", "-2251799813685249", "9007199254740993"];
  const refused = [...far, ...farthest];
  const samples = [...refused, ...timestamps].map((timestamp) => ({ timestamp }));
  const request = decode(encodeMessage("WriteRequest", { timeseries: [{ samples }] }));
  assert.deepEqual([...request.timestamps.subarray(0, request.sampleCount)], timestamps.map(Number));
  // The digits are those that came: a double holds no more than 2^53 of them.
  assert.deepEqual(
    request.rejections.reasons,
    refused.map((timestamp) => `series {}: timestamp ${timestamp} is not a time in ms`),
  );
});

/** Hex of whole requests, and what they say in short: `name=value@timestamp:value`. */
const BODIES: readonly (readonly [what: string, hex: string, expected: string])[] = [
  ["nothing", "", ""],
  ["an empty series", "0a 00", "{}"],
  ["an empty sample", "0a 02 12 00", "{} 0:0"],
  ["a label without a name or a value", "0a 02 0a 00", "{=}"],
  ["labels after the sample", "0a 0e 12 02 10 07 0a 08 0a 01 61 12 03 62 62 62", "{a=bbb} 7:0"],
  [
    "labels between samples",
    "0a 19 0a 06 0a 01 61 12 01 62 12 02 10 07 0a 07 0a 01 63 12 02 64 64 12 02 10 08",
    "{a=b,c=dd} 7:0 8:0",
  ],
  ["a label after an exemplar", "0a 0c 1a 02 18 01 0a 06 0a 01 61 12 01 62", "{a=b}"],
  ["a value that comes twice: the last counts", "0a 06 12 04 10 07 10 09", "{} 9:0"],
  ["a tag of more bytes than it needs", "8a 80 00 03 92 00 00", "{} 0:0"],
  ["the source of Cortex, field 2", "10 01 0a 02 12 00", "{} 0:0"],
  ["a field of Mimir, number 1000", "c0 3e 01 0a 02 12 00", "{} 0:0"],
  ["metadata", "1a 02 08 01 1a 00", ""],
];

function short(request: WriteBatch): string {
  return plain(request)
    .map(({ labels, samples }) => {
      const set = `{${labels.map(([name, value]) => `${name}=${value}`).join(",")}}`;
      return [set, ...samples.map(([timestamp, bits]) => `${timestamp}:${bits}`)].join(" ");
    })
    .join("; ");
}

for (const [what, hex, expected] of BODIES) {
  test(what, () => {
    assert.equal(short(decode(fromHex(hex))), expected);
  });
}

test("fields that are not known are passed over, wherever they stand", () => {
  const label = "0a 06 0a 01 61 12 01 62";
  const sample = "12 02 10 07";
  for (const unknown of [
    "28 01",
    "31 0102030405060708",
    "3a 03 ffffff",
    "43 08 01 44",
    "4d 01020304",
    "f8ff03 01",
  ]) {
    const inSeries = [unknown, label, unknown, sample, unknown].join("");
    const length = fromHex(inSeries).length.toString(16).padStart(2, "0");
    assert.equal(
      short(decode(fromHex(`${unknown} 0a ${length} ${inSeries} ${unknown}`))),
      "{a=b} 7:0",
      unknown,
    );
  }
});

/** What is malformed in a request, a series, a sample and a label. */
const MALFORMED: readonly (readonly [what: string, hex: string, message: RegExp])[] = [
  ["field number 0", "00", /field 0/],
  ["a series that is a number", "08 01", /field 1 with wire type 0/],
  ["metadata that are a number", "18 01", /field 3 with wire type 0/],
  ["labels that are a number", "0a 02 08 01", /field 1 with wire type 0/],
  ["samples as a group", "0a 02 13 14", /field 2 with wire type 3/],
  ["a value that is a varint", "0a 04 12 02 08 01", /field 1 with wire type 0/],
  ["a timestamp of 64 fixed bits", "0a 0b 12 09 11 0102030405060708", /field 2 with wire type 1/],
  ["wire type 7", "0a 02 2f 01", /wire type 7/],
  ["a group that does not end", "2b 08 01", /./],
  ["a group that was not begun", "2c", /./],
  ["a series longer than the body", "0a 05 12 00", /ends beyond its message/],
  ["a sample longer than its series", "0a 02 12 01 00", /ends beyond its message/],
  ["a length of 4 GB", "0a ff ff ff ff 0f", /ends beyond its message/],
  ["a length of 2^63", "0a 80 80 80 80 80 80 80 80 80 01", /a tag or length is -/],
  ["a length that does not end", "0a ff ff ff ff ff ff ff ff ff ff ff 01", /./],
  ["a varint of 70 bits", "0a 0d 12 0b 10 ff ff ff ff ff ff ff ff ff 02", /./],
  ["a double cut short", "0a 05 12 03 09 00 00", /a double ends beyond/],
];

for (const [what, hex, message] of MALFORMED) {
  test(`refuses ${what}`, () => refuses(fromHex(hex), "invalid", message));
}

test("refuses labels that are malformed, when they are read", () => {
  for (const hex of ["0a 04 0a 02 0a ff", "0a 05 0a 03 12 01 ff", "0a 04 0a 02 08 01", "0a 03 0a 01 0a"]) {
    const request = decode(fromHex(hex));
    const read = () => request.decodeLabels(request.bytes, request.labelStarts[0], request.labelEnds[0], 9);
    assert.throws(read, (error) => error instanceof HearthError && error.kind === "invalid", hex);
  }
});

test("reads no more labels than it is asked for, and one", () => {
  const request = decode(fromHex(`0a 14 ${"0a 00".repeat(10)}`));
  const count = (max: number) => request.decodeLabels(request.bytes, 2, 22, max).length;
  assert.deepEqual([count(4), count(9), count(10), count(1000)], [5, 10, 10, 10]);
});

test("labels keep a byte order mark", () => {
  const sent = [{ labels: [["\ufeffa", "\ufeffb"] as const], samples: [] }];
  assert.deepEqual(plain(decode(encodeBody(sent))), sent);
});

test("any request comes back as it was encoded", () => {
  fc.assert(
    fc.property(request, (sent) => {
      assert.deepEqual(plain(decode(encodeBody(sent))), sent);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test("columns grow beyond what they start with", () => {
  const sent = Array.from({ length: 5000 }, (_, s) => ({
    labels: [["n", `${s}`] as const],
    samples: [[s, bitsOf(s)] as const, [s + 1, STALE_BITS] as const],
  }));
  assert.deepEqual(plain(decode(encodeBody(sent))).at(-1), sent.at(-1));
  assert.equal(decode(encodeBody(sent)).sampleCount, 10_000);
});

test("a decoder used again keeps nothing of the request before, nor of one that failed", () => {
  const decoder = new WriteRequestDecoder();
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith(".snappy"));
  const bodies = names.map((name) => uncompress(readFileSync(new URL(name, FIXTURES)), 2 ** 25));
  for (const body of [...bodies, hugeSeries("12 00 ff").subarray(0, 100_000), ...bodies, new Uint8Array(0)]) {
    const results = [decoder, new WriteRequestDecoder()].map((one) => {
      try {
        return plain(one.decode(atOffset(body), DEFAULT_LIMITS));
      } catch (error) {
        return (error as Error).message;
      }
    });
    assert.deepEqual(results[0], results[1]);
  }
});
