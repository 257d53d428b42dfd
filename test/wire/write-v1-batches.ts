/** Requests of remote write 1.0 as the tests decode and print them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { HearthError } from "../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import type { WriteBatch } from "../../lib/model/sample-batch.ts";
import { uncompress } from "../../lib/wire/snappy.ts";
import { decodeWriteRequest } from "../../lib/wire/write-v1.ts";
import { bitsOf, columnBits, type SentSeries, STALE_BITS } from "../helpers/write-requests.ts";
import { atOffset, fromHex } from "./prometheus-proto.ts";

export const SEED = 20261122;

export const FIXTURES = new URL("../fixtures/rw1/", import.meta.url);

/** A copy each time, since decoding may move labels about in the body. */
export function decode(body: Uint8Array, limits = DEFAULT_LIMITS): WriteBatch {
  return decodeWriteRequest(atOffset(body), limits);
}

/** A request as data: each series' labels, and its samples with their bits. */
export function plain(request: WriteBatch): SentSeries[] {
  const bits = columnBits(request.values.subarray(0, request.sampleCount));
  return Array.from({ length: request.seriesCount }, (_, s) => ({
    labels: request.decodeLabels(request.bytes, request.labelStarts[s], request.labelEnds[s], 1000),
    samples: bits.flatMap((b, i) =>
      request.sampleSeries[i] === s ? [[request.timestamps[i], b] as const] : [],
    ),
  }));
}

export function refuses(body: Uint8Array, kind: string, message: RegExp, limits = DEFAULT_LIMITS): void {
  assert.throws(
    () => decode(body, limits),
    (error) => error instanceof HearthError && error.kind === kind && message.test(error.message),
  );
}

export function fixture(name: string): Uint8Array {
  return uncompress(new Uint8Array(readFileSync(new URL(name, FIXTURES))), 2 ** 25);
}

export const SAMPLE_BITS = [
  0n,
  1n,
  STALE_BITS,
  0x7ff8000000000001n,
  0xfff0000000000001n,
  0x8000000000000000n,
].concat([1.5, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, 5e-324].map(bitsOf));

export const label = fc.tuple(fc.string({ maxLength: 6, unit: "grapheme" }), fc.string({ maxLength: 140 }));

export const bits = fc.oneof(fc.constantFrom(...SAMPLE_BITS), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));

export const storable = fc.bigInt({ min: -(2n ** 51n), max: 2n ** 51n }).map(Number);

export const timestamp = fc.oneof(storable, fc.integer({ min: -300, max: 300 }));

export const request = fc.array(
  fc.record(
    {
      labels: fc.array(label, { maxLength: 4 }),
      samples: fc.array(fc.tuple(timestamp, bits), { maxLength: 5 }),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 6 },
);

/** One series of 32 MiB, the most that is decompressed: a unit over and over. */
export function hugeSeries(unit: string): Uint8Array {
  const body = new Uint8Array(2 ** 25 - 3);
  Buffer.from(body.buffer).fill(fromHex(unit), 5);
  body.set(fromHex("0a f8 ff ff 0f"));
  return body;
}
