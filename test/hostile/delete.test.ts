/** Selectors of deletions that are made to do harm: refused in words, and nothing is deleted by them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { basic, TestGateway } from "../helpers/test-gateway.ts";
import { series } from "../helpers/write-requests.ts";

const DELETE = "/api/v1/admin/tsdb/delete_series";
/** What an answer may have. */
const MAX_ANSWER = 10_000;

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  "that mean every series": ['{job=~".*"}', "{}", '{a!="b"}', '{a=~"|x"}'],
  "that are no selectors": ["up[5m]", "sum(up)", "up offset 1h", "up @ 0", "1", ""],
  "of more matchers than anybody has": [`up{${'a="b",'.repeat(50_000)}}`],
};

/** Patterns that take all time in other engines. Here each is refused, or takes time in proportion to its length. */
const PATTERNS = [
  `${"(a*)*".repeat(2000)}b`,
  `${"(".repeat(5000)}a${")".repeat(5000)}`,
  "((((((((((a{1000}){1000}){1000}){1000}){1000}){1000}){1000}){1000}){1000}){1000})",
  "x".repeat(300_000),
  "(?<=a)b",
];

for (const [what, selectors] of Object.entries(REFUSED))
  test(`selectors ${what}`, async () => {
    const gateway = await TestGateway.open();
    await gateway.addKey({ id: "HKADMIN", scopes: ["admin"] });
    await gateway.write([series("up", { a: "b" }, [gateway.nowMs - 1000, 1])]);
    for (const selector of selectors) {
      // Beside one that is right: all or nothing.
      const body = new URLSearchParams([
        ["match[]", "up"],
        ["match[]", selector],
      ]);
      const response = await gateway.fetch(DELETE, {
        method: "POST",
        body,
        headers: { Authorization: basic("HKADMIN") },
      });
      const answer = await response.text();
      assert.ok([400, 413, 422].includes(response.status), `${selector.slice(0, 60)}: ${response.status}`);
      assert.ok(answer.length < MAX_ANSWER, `${answer.length} characters`);
    }
    const cleaned = await gateway.fetch("/api/v1/admin/tsdb/clean_tombstones", {
      method: "POST",
      headers: { Authorization: basic("HKADMIN") },
    });
    assert.equal(cleaned.status, 204);
    assert.equal(gateway.lastLine.fields.pendingDays, 0);
  });

test("thousands of selectors take one place, or are refused", async () => {
  const gateway = await TestGateway.open();
  await gateway.addKey({ id: "HKADMIN", scopes: ["admin"] });
  await gateway.write([series("up", { a: "b" }, [gateway.nowMs - 1000, 1])]);
  const body = new URLSearchParams(
    Array.from({ length: 20_000 }, (_, i) => ["match[]", `up{a="${i}"}`] as [string, string]),
  );
  body.append("match[]", "up");
  const response = await gateway.fetch(DELETE, {
    method: "POST",
    body,
    headers: { Authorization: basic("HKADMIN") },
  });
  const answer = await response.text();
  assert.ok([400, 413, 422].includes(response.status), `${response.status} ${answer}`);
  assert.ok(answer.length < MAX_ANSWER);
});

test("patterns that take all time in other engines", async () => {
  const gateway = await TestGateway.open();
  await gateway.addKey({ id: "HKADMIN", scopes: ["admin"] });
  await gateway.write([series("up", { a: "a".repeat(1000) }, [gateway.nowMs - 1000, 1])]);
  const statuses: number[] = [];
  for (const pattern of PATTERNS) {
    const response = await gateway.fetch(DELETE, {
      method: "POST",
      body: new URLSearchParams([["match[]", `up{a=~"${pattern}"}`]]),
      headers: { Authorization: basic("HKADMIN") },
    });
    statuses.push(response.status);
    assert.ok((await response.text()).length < MAX_ANSWER);
  }
  assert.ok(
    statuses.every((status) => [204, 400, 413, 422].includes(status)),
    statuses.join(),
  );
  assert.ok(statuses.includes(204) && statuses.includes(400), statuses.join());
});
