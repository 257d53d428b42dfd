import assert from "node:assert/strict";
import { test } from "node:test";
import { isStaleMarker } from "../../lib/model/stale-marker.ts";

test("knows the staleness marker by its bits, among other NaNs", () => {
  const bits = [0x7ff0000000000002n, 0x7ff8000000000000n, 0x7ff0000000000001n, 0xfff0000000000002n, 2n];
  const values = new Float64Array(BigUint64Array.from([0n, ...bits]).buffer, 8);
  assert.deepEqual(
    bits.map((_, i) => isStaleMarker(values, i)),
    [true, false, false, false, false],
  );
});
