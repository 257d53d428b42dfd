/** Facts come back as they were stored, a version that does not know them reads the rest, and damage is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HearthError } from "../../../lib/model/errors.ts";
import { HOUR_MS } from "../../../lib/model/time.ts";
import { ByteWriter } from "../../../lib/storage/codec/bytes.ts";
import {
  decodeManifest,
  EMPTY_MANIFEST,
  encodeManifest,
  type IndexPart,
  type Part,
} from "../../../lib/storage/layout/manifest.ts";
import { type ManifestFacts, NO_FACTS } from "../../../lib/storage/layout/manifest-facts.ts";

const SEED = 20261130;
const ms = fc.nat(2 ** 47);
const hex = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString("hex"));
const record = <T>(shape: { [Name in keyof T]: fc.Arbitrary<T[Name]> }) =>
  fc.record(shape, { noNullPrototype: true });

const spans = fc
  .array(fc.tuple(fc.nat(100), fc.integer({ min: 1, max: 9 }), fc.nat(2 ** 40), fc.nat(2 ** 32 - 1)))
  .map((all) => {
    let endMs = 0;
    return all.map(([gap, hours, records, sum]) => {
      const startMs = endMs + gap * HOUR_MS;
      endMs = startMs + hours * HOUR_MS;
      return { startMs, endMs, records, sum };
    });
  });
const facts: fc.Arbitrary<ManifestFacts> = record({
  flushed: fc.option(record({ sinceMs: ms, spans }), { nil: undefined }),
  expiresAtSeconds: fc.option(fc.nat(2 ** 40), { nil: undefined }),
  dictionariesExpireAtSeconds: fc.option(fc.nat(2 ** 40), { nil: undefined }),
  drainedToMs: ms,
  takenToMs: ms,
  quarantined: fc.nat(),
  imported: fc.array(hex),
  rolledSource: fc.option(hex, { nil: undefined }),
  settledMarks: fc.option(hex, { nil: undefined }),
  held: fc.array(record({ bucket: fc.nat(255), triedMs: ms })),
  attempts: fc.oneof(
    fc.constant(NO_FACTS.attempts),
    record({ count: fc.integer({ min: 1, max: 9 }), atMs: ms }),
  ),
  indexIds: fc.option(
    record({
      seed: hex.map((text) => text.slice(0, 8)),
      next: fc.nat(2 ** 24),
      cleanedTo: fc.nat(2 ** 24),
      maxBits: fc.nat(8),
      strays: fc.array(record({ id: hex, supersededMs: ms })),
    }),
    { nil: undefined },
  ),
  unindexed: fc.option(record({ deletedTo: fc.nat(), atMs: ms, before: fc.nat(2 ** 24) }), {
    nil: undefined,
  }),
});
const run: Part = {
  kind: "run",
  id: "00".repeat(8),
  bucket: 1,
  shardBits: 2,
  createdMs: 3,
  samples: 4,
  minTime: 5,
  maxTime: 6,
};
const index: IndexPart = { id: "11".repeat(8), shardBits: 0, createdMs: 1, series: 2, blocks: 3 };
const manifest = {
  ...EMPTY_MANIFEST,
  parts: [run, { ...run, isFinal: true as const }],
  index: [{ ...index, isFull: true as const }, index],
};

test("facts come back, and what was cut is refused or says nothing", () => {
  fc.assert(
    fc.property(facts, (some) => {
      const encoded = encodeManifest({ ...manifest, facts: some });
      assert.deepEqual(decodeManifest(encoded), { ...manifest, facts: some });
      for (let length = encoded.length - 1; length > 0; length--) {
        try {
          const { parts } = decodeManifest(encoded.slice(0, length));
          assert.equal(parts.length, 2);
        } catch (error) {
          assert.ok(error instanceof HearthError && error.kind === "data", String(error));
        }
      }
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test("a manifest of a version that knows no facts has none, and their safe defaults", () => {
  const plain = encodeManifest({ ...manifest, parts: [run], index: [index], facts: NO_FACTS });
  assert.deepEqual(decodeManifest(plain).facts, NO_FACTS);
  const known = encodeManifest({
    ...manifest,
    parts: [run],
    index: [index],
    facts: { ...NO_FACTS, drainedToMs: 5 },
  });
  // What that version reads is the beginning, byte for byte.
  assert.deepEqual(known.slice(0, plain.length), plain);
});

test("a fact of a later version is skipped", () => {
  const plain = encodeManifest({ ...manifest, facts: { ...NO_FACTS, drainedToMs: 5 } });
  const unknown = new ByteWriter()
    .writeVarint(99)
    .writeVarint(3)
    .writeBytes(Uint8Array.of(1, 2, 3))
    .finish();
  assert.deepEqual(decodeManifest(Uint8Array.from([...plain, ...unknown])), decodeManifest(plain));
});

test("a fact about a part that is not there is refused", () => {
  const plain = encodeManifest({ ...manifest, parts: [], index: [] });
  const fact = Uint8Array.of(2, 2, 1, 0);
  assert.throws(() => decodeManifest(Uint8Array.from([...plain, ...fact])), /fact about part 0/);
});
