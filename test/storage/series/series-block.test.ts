import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { HearthError } from "../../../lib/model/errors.ts";
import { checkLabels } from "../../../lib/model/label-rules.ts";
import type { Label, LabelSet } from "../../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { decodeSeriesBlock, SeriesBlockWriter } from "../../../lib/storage/series/series-block.ts";
import { MAX_ITEM_BYTES } from "../../../lib/storage/table/table.ts";
import { atOffset } from "../../wire/prometheus-proto.ts";

const SEED = 20261122;
const isDamaged = (error: unknown) => error instanceof HearthError && error.kind === "data";

function encode(sets: readonly LabelSet[]): Uint8Array {
  const writer = new SeriesBlockWriter();
  for (const labels of sets) writer.add(labels);
  return writer.finish();
}

/** Few texts, so that labels meet; one that joins with others to what they join to. */
const text = fc.oneof(fc.constantFrom("", "a", "ab", "b", "1/a", "\ufeffé"), fc.string({ unit: "grapheme" }));
const labelSets = fc.array(fc.array(fc.tuple(text, text), { maxLength: 6 }), { maxLength: 12 });

test("any label sets come back, in their order", () => {
  fc.assert(
    fc.property(labelSets, (sets) => {
      assert.deepEqual(decodeSeriesBlock(atOffset(encode(sets))), sets);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

const SETS: readonly LabelSet[] = ["a", "b", "b"].map(
  (job, i): LabelSet => [
    ["__name__", "up"],
    ["instance", `host-${i}:9100`],
    ["job", job],
  ],
);

test("what label sets have in common is there once", () => {
  const many = Array.from({ length: 1000 }, (_, i): LabelSet => [...SETS[0].slice(0, 1), ["n", `${i % 10}`]]);
  const writer = new SeriesBlockWriter();
  for (const labels of many) writer.add(labels);
  assert.equal(writer.count, 1000);
  // Three bytes each: one label shared, one of its own, its number.
  assert.ok(writer.sizeBytes < 3200, `${writer.sizeBytes}`);
});

test("a block cut at every length is damaged", () => {
  const block = encode(SETS);
  for (let length = 0; length < block.length; length++)
    assert.throws(() => decodeSeriesBlock(atOffset(block.subarray(0, length))), isDamaged, `${length}`);
});

test("a damaged block decodes or is refused, and takes no more memory than it may", () => {
  const block = encode(SETS);
  const edit = fc.tuple(fc.nat(block.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      const damaged = block.slice();
      for (const [at, byte] of edits) damaged[at] = byte;
      try {
        decodeSeriesBlock(damaged);
      } catch (error) {
        assert.ok(isDamaged(error), `${error}`);
      }
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

describe("room", () => {
  /** Does not deflate to less than three quarters. */
  const noise = (bytes: number) =>
    Buffer.from(crypto.getRandomValues(new Uint8Array(Math.floor(bytes * 0.75)))).toString("base64");
  /** The largest label sets that are taken: 64 KiB in all. */
  const largest = (): LabelSet => {
    const name = `m_${noise(900)}`;
    const labels: Label[] = [["__name__", name], ...["a", "b", "c"].map((n): Label => [n, noise(16_380)])];
    labels.push(["d", noise(15_000)]);
    const check = checkLabels(labels, DEFAULT_LIMITS);
    assert.ok(check.ok);
    return check.labels;
  };

  test("is for one label set always, and a full block is an item that DynamoDB takes", () => {
    const writer = new SeriesBlockWriter();
    for (let labels = largest(); writer.hasRoomFor(labels); labels = largest()) writer.add(labels);
    assert.ok(writer.count >= 2, `${writer.count}`);
    assert.ok(writer.sizeBytes + 4096 < MAX_ITEM_BYTES, `${writer.sizeBytes}`);
    const block = writer.finish();
    assert.equal(decodeSeriesBlock(block).length, writer.count);
  });

  test("is measured in bytes of UTF-8", () => {
    const writer = new SeriesBlockWriter();
    const wide: LabelSet = [["__name__", "\u20ac".repeat(21_000)]];
    while (writer.hasRoomFor(wide)) writer.add([["n", `${writer.count}${"\u20ac".repeat(21_000)}`]]);
    assert.ok(writer.sizeBytes + 4096 < MAX_ITEM_BYTES, `${writer.sizeBytes}`);
    assert.equal(decodeSeriesBlock(writer.finish()).length, writer.count);
  });
});
