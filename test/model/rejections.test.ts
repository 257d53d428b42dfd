import assert from "node:assert/strict";
import { test } from "node:test";
import type { Label } from "../../lib/model/labels.ts";
import { Rejections } from "../../lib/model/rejections.ts";

const UP: Label[] = [["__name__", "up"]];

test("keeps the first ten reasons and counts the rest", () => {
  const rejections = new Rejections();
  for (let i = 0; i < 25; i++) rejections.add(() => UP, `reason ${i}`);
  assert.equal(rejections.count, 25);
  assert.deepEqual(
    rejections.reasons,
    Array.from({ length: 10 }, (_, i) => `series up{}: reason ${i}`),
  );
});

test("says of a series whose labels cannot be read that they cannot", () => {
  const rejections = new Rejections();
  rejections.add(() => undefined, "y");
  assert.deepEqual(rejections.reasons, ["series with unreadable labels: y"]);
});

test("shortens a series that is long", () => {
  const rejections = new Rejections();
  const labels = Array.from({ length: 100 }, (_, i): Label => [`name${i}`, "v".repeat(10_000)]);
  rejections.add(() => [...UP, ...labels], "too many");
  assert.ok(rejections.reasons[0].length < 500);
  assert.match(rejections.reasons[0], /^series up\{name0="vvv/);
});
