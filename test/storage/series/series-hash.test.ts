import assert from "node:assert/strict";
import { test } from "node:test";
import type { Label } from "../../../lib/model/labels.ts";
import { metricHash, seriesHash, textHash } from "../../../lib/storage/series/series-hash.ts";

test("the hash is SHA-256 of the metric and of the encoded labels, which tells label sets apart that look alike when joined", () => {
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

test("a metric's hash as a number is the same four bytes", () => {
  for (const metric of ["up", "", "\ufeffé", "load1"])
    assert.equal(textHash(metric), Buffer.from(metricHash(metric)).readUint32BE());
  assert.equal(textHash("up"), 0x75a288c0);
});
