import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HearthError } from "../../lib/model/errors.ts";
import type { Label } from "../../lib/model/labels.ts";
import { seriesHash } from "../../lib/storage/series-hash.ts";
import { decodeLabelSet, encodeLabelSet } from "../../lib/storage/series-item.ts";
import { atOffset } from "../wire/prometheus-proto.ts";

const SEED = 20261122;
const LABELS: Label[] = [
  ["__name__", "up"],
  ["instance", "a:9100"],
  ["zone", "z".repeat(200)],
];
const text = fc.string({ unit: "grapheme" });

test("any label set comes back", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text)), (labels) => {
      assert.deepEqual(decodeLabelSet(atOffset(encodeLabelSet(labels))), labels);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test("a byte order mark is a character like any other", () => {
  const labels: Label[] = [
    ["__name__", "\ufeffup"],
    ["\ufeffa", "\ufeff"],
  ];
  assert.deepEqual(decodeLabelSet(encodeLabelSet(labels)), labels);
});

test("an item cut at every length, or that is not UTF-8, is damaged", () => {
  const bytes = encodeLabelSet(LABELS);
  const isDamaged = (error: unknown) => error instanceof HearthError && error.kind === "data";
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodeLabelSet(atOffset(bytes.subarray(0, length))), isDamaged, `${length}`);
  }
  assert.throws(() => decodeLabelSet(bytes.with(3, 0xff)), isDamaged);
});

test("the hash is SHA-256 of the metric and of the item, which tells label sets apart that look alike when joined", () => {
  assert.equal(
    Buffer.from(seriesHash([["__name__", "up"]])).toString("hex"),
    // printf up | sha256sum | cut -c 1-8; printf '\x01\x08__name__\x02up' | sha256sum | cut -c 1-32
    "75a288c0007ba9065301bd83c7cbe4e1de0b21c6",
  );
  const alike: Label[][] = [
    [["a", "bc"]],
    [["ab", "c"]],
    [
      ["a", "b"],
      ["c", ""],
    ],
    [
      ["a", ""],
      ["b", "c"],
    ],
    [["abc", ""]],
    [],
  ];
  assert.equal(new Set(alike.map((labels) => Buffer.from(seriesHash(labels)).toString("hex"))).size, 6);
});
