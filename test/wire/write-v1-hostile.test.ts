/** Remote write 1.0: bodies that are damaged, or made to be expensive. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HearthError } from "../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { decodeWriteRequest } from "../../lib/wire/write-v1.ts";
import { fromHex } from "./prometheus-proto.ts";
import { decode, fixture, hugeSeries, plain, SEED } from "./write-v1-batches.ts";

test("damaged bodies decode or are refused", () => {
  const valid = fixture("prom2.42-exemplars_histograms.snappy").subarray(0, 3000);
  const edit = fc.tuple(fc.nat(valid.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const body = valid.slice();
      for (const [at, byte] of edits) body[at] = byte;
      try {
        plain(decode(body));
      } catch (error) {
        assert.ok(error instanceof HearthError && error.kind === "invalid", `${error}`);
      }
    }),
    { seed: SEED, numRuns: 1000 },
  );
});

/** Made to cost as much as possible. */
const HOSTILE: readonly (readonly [what: string, body: () => Uint8Array, message: RegExp])[] = [
  [
    "series of nothing",
    () => new Uint8Array(Buffer.alloc(2 ** 25, fromHex("0a 00"))),
    /more than 50000 series/,
  ],
  ["samples of nothing", () => hugeSeries("12 00"), /more than 2000000 samples/],
  ["samples and labels by turns", () => hugeSeries("12 00 0a 00"), /more than 2000000 samples/],
  ["exemplars and labels by turns", () => hugeSeries("1a 00 0a 00"), /^none$/],
  ["histograms and labels by turns", () => hugeSeries("22 00 0a 00"), /more than 50000 histograms/],
  [
    "bucket counts",
    () => hugeSeries("22 04 62 02 02 02"),
    /more than 4000000 buckets|more than 50000 histograms/,
  ],
  [
    "metadata of nothing",
    () => new Uint8Array(Buffer.alloc(2 ** 25, fromHex("1a 00"))),
    /more than 50000 metadata/,
  ],
  ["labels of nothing", () => hugeSeries("0a 00"), /^none$/],
  ["groups within groups", () => new Uint8Array(2 ** 25).fill(0x2b), /nested groups/],
];

for (const [what, newBody, message] of HOSTILE) {
  // What takes the square of such a length does not, on any day of CI.
  test(`32 MiB of ${what} end`, () => {
    const body = newBody();
    let outcome = "none";
    try {
      const request = decodeWriteRequest(body, DEFAULT_LIMITS);
      request.decodeLabels(body, request.labelStarts[0], request.labelEnds[0], 128);
    } catch (error) {
      outcome = (error as Error).message;
    }
    assert.match(outcome, message);
  });
}
