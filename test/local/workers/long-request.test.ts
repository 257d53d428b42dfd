/** Queries that look long before they have run, and those that do not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { heavyQueries } from "../../../bench/isolation/heavy.ts";
import { looksLong } from "../../../local/workers/long-request.ts";

const HOUR = { start: "1735689600", end: "1735693200" };

const SHORT: readonly Record<string, string>[] = [
  {},
  { query: "up" },
  { query: "sum by (job) (rate(http_requests_total[5m]))", ...HOUR, step: "15" },
  // As wide as a large screen.
  { query: "up", start: "1735689600", end: "1735776000", step: "30s" },
  { query: "max_over_time(rate(a[5m])[1h:1m])", time: HOUR.end },
  { query: "max_over_time(rate(a[5m])[1h:])", ...HOUR, step: "2m" },
  { "match[]": "up", ...HOUR },
  // Not parameters, so the request is refused soon.
  { query: "up", start: "x", end: "y", step: "z" },
  { query: "[:][::][[:]]", ...HOUR, step: "-1" },
  { query: "a[1h:0s]" },
];

const LONG: readonly Record<string, string>[] = [
  { query: "up", ...HOUR, step: "1" },
  { query: "sum_over_time(vector(1)[1000000s:1s])" },
  { query: "max_over_time(max_over_time(a[1h:1m])[1h:1m])" },
  { query: "max_over_time(a[1h:1m])", ...HOUR, step: "1m" },
  { query: "max_over_time(a[1h:])", ...HOUR, step: "1m" },
  { query: Array(490).fill("m").join(" or m1m1m1m1 ") },
  { "match[]": `{a=~"${"x".repeat(5000)}"}` },
];

for (const [what, all, expected] of [
  ["short", SHORT, false],
  ["long", LONG, true],
] as const)
  test(`these look ${what}`, () => {
    for (const parameters of all)
      assert.equal(
        looksLong(new URLSearchParams(parameters)),
        expected,
        JSON.stringify(parameters).slice(0, 200),
      );
  });

test("so do the heavy queries of the bench", () => {
  for (const { body } of heavyQueries(1735693200_000))
    assert.ok(looksLong(new URLSearchParams(String(body))));
});
