import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { LabelCache } from "../../../lib/storage/series/label-cache.ts";
import { atOffset } from "../../wire/prometheus-proto.ts";

const SEED = 20261122;

/** Texts by entry; asks and adds as the registry does. */
class Asked {
  readonly cache = new LabelCache(randomBytes);
  readonly entries = new Map<string, number>();

  ask(text: string): void {
    const bytes = atOffset(new TextEncoder().encode(`<${text}>`));
    const [start, end] = [1, bytes.length - 1];
    const expected = this.entries.get(text);
    assert.equal(this.cache.find(bytes, start, end), expected ?? -1);
    if (expected === undefined) {
      const entry = this.cache.add(bytes, start, end);
      assert.equal(entry, this.entries.size);
      this.entries.set(text, entry);
    }
    assert.equal(this.cache.count, this.entries.size);
  }

  checkAll(): void {
    for (const [text, entry] of this.entries) {
      assert.equal(Buffer.from(this.cache.bytesOf(entry)).toString(), text);
      this.ask(text);
    }
  }
}

/** Prefixes of each other, repetitions, and the empty label set. */
const text = fc.oneof(
  fc.nat(40).map((length) => "a".repeat(length)),
  fc.tuple(fc.constantFrom("up", "up{", "down"), fc.nat(30)).map(([name, n]) => `${name}${n}`),
  fc.string({ maxLength: 3 }),
);

test("answers as a map does, in whatever order it is asked", () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 200 }), (texts) => {
      const asked = new Asked();
      for (const one of texts) asked.ask(one);
      asked.checkAll();
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test("requests that repeat, turn round, lose series and get new ones", () => {
  const asked = new Asked();
  const names = Array.from({ length: 300 }, (_, i) => `series${i}`);
  const requests = [
    names,
    names,
    names.toReversed(),
    names.filter((_, i) => i % 3 > 0),
    names,
    [...names, "new"],
  ];
  for (const request of requests) for (const name of request) asked.ask(name);
  for (const name of [names[5], names[5], names[6], names[5], names[5]]) asked.ask(name);
  asked.checkAll();
});

test("grows: 20,000 entries, one of them larger than all of what it starts with", () => {
  const asked = new Asked();
  for (let i = 0; i < 20_000; i++) asked.ask(i === 77 ? "x".repeat(300_000) : `{instance="${i}"}`);
  asked.checkAll();
  assert.ok(asked.cache.sizeBytes > 300_000 + 20_000 * 16);
  assert.ok(asked.cache.sizeBytes < 8_000_000);
});
