import assert from "node:assert/strict";
import { test } from "node:test";
import type { Label } from "../../lib/model/labels.ts";
import { Rejections } from "../../lib/model/rejections.ts";

const UP: Label[] = [["__name__", "up"]];

test("keeps the first ten reasons and counts the rest", () => {
  const rejections = new Rejections();
  for (let i = 0; i < 25; i++) rejections.add("invalid", () => UP, `reason ${i}`);
  assert.equal(rejections.count, 25);
  assert.deepEqual(
    rejections.reasons.map(({ reason }) => reason),
    Array.from({ length: 10 }, (_, i) => `series up{}: reason ${i}`),
  );
});

test("is too large only when nothing else was wrong", () => {
  const rejections = new Rejections();
  rejections.add("too large", () => UP, "x");
  assert.equal(rejections.kind, "too large");
  rejections.add("invalid", () => undefined, "y");
  assert.equal(rejections.kind, "invalid");
  assert.equal(rejections.reasons[1].reason, "series with unreadable labels: y");
});

test("shortens a series that is long", () => {
  const rejections = new Rejections();
  const labels = Array.from({ length: 100 }, (_, i): Label => [`name${i}`, "v".repeat(10_000)]);
  rejections.add("too large", () => [...UP, ...labels], "too many");
  assert.ok(rejections.reasons[0].reason.length < 500);
  assert.match(rejections.reasons[0].reason, /^series up\{name0="vvv/);
});
