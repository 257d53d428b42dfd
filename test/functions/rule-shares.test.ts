/** Many rules are evaluated by several invocations, a few by one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { shareOut } from "../../functions/rule-shares.ts";
import type { Share } from "../../lib/rules/run/rule-runner.ts";

async function started(rules: number): Promise<{ own: Share | undefined; others: readonly Share[] }> {
  const others: Share[] = [];
  const own = await shareOut(rules, async (share) => {
    others.push(share);
  });
  return { own, others };
}

test("up to a thousand rules need one invocation", async () => {
  for (const rules of [0, 1, 1000]) assert.deepEqual(await started(rules), { own: undefined, others: [] });
});

test("2,500 rules are three shares, each started once", async () => {
  assert.deepEqual(await started(2500), {
    own: { number: 0, of: 3 },
    others: [
      { number: 1, of: 3 },
      { number: 2, of: 3 },
    ],
  });
});

test("there are at most fifty", async () => {
  const { own, others } = await started(1_000_000);
  assert.deepEqual([own, others.length], [{ number: 0, of: 50 }, 49]);
});
