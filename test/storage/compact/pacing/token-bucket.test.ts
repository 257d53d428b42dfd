/** The compactor's token bucket: whatever is asked of it, it gives at most its share of the table's capacity. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  BURST_SECONDS,
  lowered,
  mostTokens,
  newBucket,
  raised,
  refilled,
} from "../../../../lib/storage/compact/pacing/token-bucket.ts";

const REFILL = { capacity: 100, share: 0.6 };

test("tokens come at the share of the capacity, and those of 300 s are saved", () => {
  const empty = { tokens: 0, atMs: 0, scale: 1 };
  assert.equal(refilled(empty, REFILL, 1000).tokens, 60);
  assert.equal(refilled(empty, REFILL, 3_600_000).tokens, 100 * 0.6 * BURST_SECONDS);
  assert.equal(newBucket(REFILL, 0).tokens, mostTokens(REFILL, 1));
});

test("a debt is paid before anything is given", () => {
  const debt = { tokens: -300, atMs: 0, scale: 1 };
  assert.equal(refilled(debt, REFILL, 5000).tokens, 0);
});

test("a clock that went back brings no tokens", () => {
  const state = { tokens: 5, atMs: 10_000, scale: 1 };
  assert.equal(refilled(state, REFILL, 0).tokens, 5);
});

test("a throttled compactor loses what it has saved and half of its share, down to an eighth", () => {
  let state = lowered(newBucket(REFILL, 0));
  assert.deepEqual([state.tokens, state.scale], [0, 1 / 2]);
  assert.equal(refilled(state, REFILL, 1000).tokens, 30);
  for (let i = 0; i < 10; i++) state = lowered(state);
  assert.equal(state.scale, 1 / 8);
  for (let i = 0; i < 10; i++) state = raised(state);
  assert.equal(state.scale, 1);
});

test("less capacity takes away what was saved beyond it", () => {
  const saved = newBucket(REFILL, 0);
  assert.equal(refilled(saved, { ...REFILL, capacity: 10 }, 1).tokens, 10 * 0.6 * BURST_SECONDS);
});

test("in any time no more is given than was saved and came", () => {
  const step = fc.record({ waitMs: fc.nat(600_000), wanted: fc.nat(50_000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      let [state, nowMs, given] = [newBucket(REFILL, 0), 0, 0];
      for (const { waitMs, wanted } of steps) {
        nowMs += waitMs;
        state = refilled(state, REFILL, nowMs);
        const taken = Math.min(wanted, Math.max(0, state.tokens));
        state = { ...state, tokens: state.tokens - taken };
        given += taken;
        const most = REFILL.capacity * REFILL.share * (BURST_SECONDS + nowMs / 1000);
        assert.ok(given <= most + 1e-6, `${given} of ${most}`);
      }
    }),
  );
});
