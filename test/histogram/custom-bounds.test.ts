import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { indexOnBounds, sharedBounds } from "../../lib/histogram/custom-bounds.ts";

const bounds = fc
  .uniqueArray(fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constant(Number.NEGATIVE_INFINITY)), {
    maxLength: 12,
  })
  .map((some) => Float64Array.from(some).sort());

test("shared bounds are those of both; each bucket is in the one of the first bound at or above its own", () => {
  fc.assert(
    fc.property(bounds, bounds, (a, b) => {
      const shared = sharedBounds(a, b);
      assert.deepEqual(
        [...shared],
        [...a].filter((bound) => b.includes(bound)),
      );
      for (const source of [a, b])
        for (let index = 0; index <= source.length; index++) {
          const bound = index < source.length ? source[index] : Number.POSITIVE_INFINITY;
          const expected = [...shared].filter((one) => one < bound).length;
          assert.equal(indexOnBounds(index, source, shared), expected);
        }
    }),
  );
});
