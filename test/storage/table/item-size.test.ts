import assert from "node:assert/strict";
import { it } from "node:test";
import {
  itemSizeBytes,
  numberSizeBytes,
  readUnits,
  writeUnits,
} from "../../../lib/storage/table/item-size.ts";

it("counts names and values", () => {
  const item = { pk: new Uint8Array(10), sk: new Uint8Array(20), value: new Uint8Array(300) };
  assert.equal(itemSizeBytes(item), "pk".length + 10 + "sk".length + 20 + "v".length + 300);
  assert.equal(itemSizeBytes({ ...item, expiresAtSeconds: 1_712_345_678 }), 335 + "ttl".length + 6);
});

it("counts a number by pairs of digits", () => {
  const sizes = {
    0: 1,
    1: 2,
    10: 2,
    12: 2,
    100: 2,
    101: 3,
    110: 3,
    1000: 2,
    1234: 3,
    12345: 4,
    100000001: 6,
  };
  for (const [value, size] of Object.entries(sizes))
    assert.equal(numberSizeBytes(Number(value)), size, value);
});

it("rounds units up, from one", () => {
  const sizes = [0, 1, 1024, 1025, 4096, 4097, 409_600];
  assert.deepEqual(sizes.map(writeUnits), [1, 1, 1, 2, 4, 5, 400]);
  assert.deepEqual(
    sizes.map((size) => readUnits(size, true)),
    [1, 1, 1, 1, 1, 2, 100],
  );
  assert.deepEqual(
    sizes.map((size) => readUnits(size, false)),
    [0.5, 0.5, 0.5, 0.5, 0.5, 1, 50],
  );
});
