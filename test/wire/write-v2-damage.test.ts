/** Remote write 2.0: bodies that are cut, damaged, or made to be expensive. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { HearthError } from "../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { WriteV2Decoder } from "../../lib/wire/write-v2.ts";
import { encodeV2, encodeV2Message } from "../helpers/write-v2-requests.ts";
import { fromHex } from "./prometheus-proto.ts";
import { decode, FULL, SEED, short, UP } from "./write-v2-batches.ts";

test("cut at every length: refused, or with less in it", () => {
  const whole = decode(FULL);
  for (let length = 0; length < FULL.length; length++) {
    try {
      const { seriesCount } = decode(FULL.subarray(0, length));
      assert.ok(seriesCount < whole.seriesCount, `${length}`);
    } catch (error) {
      assert.ok(error instanceof HearthError && error.kind === "invalid", `${error}`);
    }
  }
});

test("damaged bodies decode or are refused", () => {
  const edit = fc.tuple(fc.nat(FULL.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const body = FULL.slice();
      for (const [at, byte] of edits) body[at] = byte;
      try {
        short(decode(body));
      } catch (error) {
        assert.ok(error instanceof HearthError && error.kind === "invalid", `${error}`);
      }
    }),
    { seed: SEED, numRuns: 3000 },
  );
});

// They end: what takes the square of such a length does not, on any day of CI.
describe("made to cost as much as possible", () => {
  const SIZE = 2 ** 25;
  const huge = (unit: string) => new Uint8Array(Buffer.alloc(SIZE, fromHex(unit)));
  const oneSeries = (unit: string) => {
    const series = Buffer.alloc(SIZE - 8, fromHex(unit));
    return new Uint8Array(Buffer.concat([fromHex("22 00 2a f8 ff ff 0f"), series]));
  };
  const CASES: readonly (readonly [string, () => Uint8Array, RegExp])[] = [
    ["symbols of nothing", () => huge("22 00"), /more than 1000000 symbols/],
    [
      "series of nothing",
      () => new Uint8Array(Buffer.concat([fromHex("22 00"), huge("2a 00")])),
      /more than 50000 series/,
    ],
    ["samples of nothing", () => oneSeries("12 00"), /more than 2000000 samples/],
    ["histograms of nothing", () => oneSeries("1a 00"), /more than 50000 histograms/],
    ["exemplars of nothing", () => oneSeries("22 00"), /^0 refused$/],
    ["references", () => oneSeries("08 00"), /^1 refused$/],
    ["groups within groups", () => huge("33"), /nested groups/],
    [
      "the same long label in every series",
      () =>
        encodeV2Message({
          symbols: ["", "v".repeat(60_000)],
          timeseries: Array(20_000).fill({ labelsRefs: [1, 0] }),
        }),
      /labels are more than 33554432 bytes/,
    ],
    [
      "ten thousand symbols that nothing refers to",
      () =>
        encodeV2(
          [UP],
          Array.from({ length: 10_000 }, (_, i) => `unused ${i}`),
        ),
      /^0 refused$/,
    ],
  ];
  for (const [what, newBody, message] of CASES) {
    test(what, () => {
      const body = newBody();
      let outcome: string;
      try {
        outcome = `${new WriteV2Decoder(DEFAULT_LIMITS).decode(body).rejections.count} refused`;
      } catch (error) {
        outcome = (error as Error).message;
      }
      assert.match(outcome, message);
    });
  }
});
