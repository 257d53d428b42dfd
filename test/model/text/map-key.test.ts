/** Keys of long texts: as different as the texts, and quick to find. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { mapKey } from "../../../lib/model/text/map-key.ts";

test("a text as long as V8 hashes is its own key, a longer one is not", () => {
  for (const text of ["", "a", "x".repeat(16_383), "\ud800"]) assert.equal(mapKey(text), text);
  assert.ok(mapKey("x".repeat(16_384)).length < 100);
});

test("different texts have different keys, lone surrogates too", () => {
  const long = "x".repeat(20_000);
  const texts = [long, `${long}x`, `${long}\ud800`, `${long}\ud801`, `${long}\ufffd`, `\ud800${long}`];
  assert.equal(new Set(texts.map(mapKey)).size, texts.length);
  assert.equal(mapKey(long), mapKey("x".repeat(20_000)));
});

test("texts that differ at their ends are no slower as keys than others", () => {
  // As themselves, 6,000 texts of 60,000 characters are compared for a minute.
  const texts = Array.from({ length: 6000 }, (_, i) => "x".repeat(60_000) + i);
  const before = process.cpuUsage();
  assert.equal(new Set(texts.map(mapKey)).size, texts.length);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 10e6, `${(user + system) / 1e6} s`);
});
