/**
 * Parameters of some megabytes: each is refused in words that repeat only their beginning. Nothing measures time: a pattern
 * that takes the square of its input would not end for hours.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { parseNumber } from "../../lib/promql/parse/parse-number.ts";
import { QueryGateway } from "../helpers/query-gateway.ts";

/** Just below what a form may have. */
const LENGTH = 4_000_000;
/** What an answer or a log line may have. */
const MAX_ANSWER = 10_000;

const RANGE = { query: "up", start: "0", end: "60", step: "15" };

/** Each number parameter of each route. */
const NUMBERS: readonly (readonly [path: string, name: string, others: Readonly<Record<string, string>>])[] =
  [
    ...["time", "timeout", "lookback_delta", "limit"].map(
      (name) => ["/api/v1/query", name, { query: "up" }] as const,
    ),
    ...["start", "end", "step", "timeout", "lookback_delta", "limit"].map(
      (name) => ["/api/v1/query_range", name, RANGE] as const,
    ),
    ...["start", "end"].map((name) => ["/api/v1/query_exemplars", name, { query: "up" }] as const),
    ...["start", "end", "limit"].flatMap((name) => [
      ["/api/v1/series", name, { "match[]": "up" }] as const,
      ["/api/v1/labels", name, {}] as const,
    ]),
  ];

/** What a pattern for numbers, times or durations could take long for. */
const TEXTS: readonly (readonly [what: string, text: string])[] = [
  ["digits", `${"1".repeat(LENGTH)}x`],
  ["zeros", `${"0".repeat(LENGTH)}x`],
  ["digits after a dot", `1.${"1".repeat(LENGTH)}x`],
  ["digits of an exponent", `1e${"1".repeat(LENGTH)}x`],
  ["a fraction of seconds", `2020-01-01T00:00:00.${"1".repeat(LENGTH)}x`],
  ["units", `${"1h".repeat(LENGTH / 2)}x`],
  ["spaces", `${" ".repeat(LENGTH)}x`],
  ["letters", "x".repeat(LENGTH)],
];

for (const [path, name, others] of NUMBERS) {
  test(`${path}: ${name} of ${LENGTH} characters is refused, its beginning repeated`, async () => {
    const api = await QueryGateway.open();
    for (const [what, text] of TEXTS) {
      const body = new URLSearchParams({ ...others, [name]: text }).toString();
      // Spaces and colons take three characters in a form: less of them fit.
      const response = await api.fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body: body.slice(0, 4_100_000),
      });
      const answer = await response.text();
      assert.equal(response.status, 400, `${what}: ${answer.slice(0, 300)}`);
      assert.match(answer, /characters, at most 64 are allowed/, what);
      assert.ok(answer.length < MAX_ANSWER, `${what}: ${answer.length} characters`);
      assert.ok(JSON.stringify(api.gateway.lastLine.fields).length < MAX_ANSWER, what);
    }
  });
}

test("number literals that cannot be parsed take time in proportion to their length", () => {
  const digits = "1".repeat(250_000);
  for (const text of [
    `${digits}e5.5`,
    `${digits}.${digits}e5.5`,
    `0.${digits}.1`,
    `0x${digits}.`,
    `0${digits}8.8.8`,
  ]) {
    const message = parseNumber(text);
    assert.ok(typeof message === "string" && message.length < 300, text.slice(-10));
  }
});

/** Parameters of text, and what makes them wrong. */
const WRONG_TEXTS: readonly (readonly [path: string, name: string, text: string])[] = [
  ["/api/v1/query", "query", `${"f".repeat(200_000)}()`],
  ["/api/v1/query", "query", `up ${"f".repeat(200_000)}`],
  ["/api/v1/query", "query", `{a=~"(${"f".repeat(20_000)}"}`],
  ["/api/v1/query", "query", `up{a="${"f".repeat(200_000)}`],
  ["/api/v1/query", "query", `up[${"9".repeat(200_000)}h]`],
  ["/api/v1/query", "query", `${"9".repeat(200_000)}h`],
  ["/api/v1/query", "query", `${"x".repeat(100_000)}{__name__="${"f".repeat(100_000)}"}`],
  ["/api/v1/query", "query", "x".repeat(300_000)],
  ["/api/v1/parse_query", "query", `a + on(${"f".repeat(200_000)}) group_left(${"f".repeat(200_000)}) b`],
  ["/api/v1/format_query", "query", `sum by ("${"\\xff".repeat(50_000)}") (up)`],
  ["/api/v1/series", "match[]", `up ${"f".repeat(200_000)}`],
  ["/api/v1/labels", "match[]", `"${"f".repeat(200_000)}"`],
];

test("errors about texts repeat only their beginning", async () => {
  const api = await QueryGateway.open();
  for (const [path, name, text] of WRONG_TEXTS) {
    const response = await api.post(path, { [name]: text });
    const answer = await response.text();
    assert.equal(response.status, 400, `${path} ${text.slice(0, 30)}: ${answer.slice(0, 300)}`);
    assert.ok(answer.length < 1000, `${path} ${text.slice(0, 30)}: ${answer.length} characters`);
    assert.ok(JSON.stringify(api.gateway.lastLine.fields).length < MAX_ANSWER, text.slice(0, 30));
  }
});

test("headers and paths are repeated by their beginning", async () => {
  const api = await QueryGateway.open();
  const long = "x".repeat(100_000);
  const responses = [
    await api.fetch(`/${long}`),
    await api.fetch(`/api/v1/label/${long}/values?limit=x`),
    await api.gateway.post("/api/v1/write", "", { "Content-Type": long }),
    await api.gateway.post("/api/v1/write", "", { "Content-Encoding": long }),
    await api.gateway.post("/api/v1/otlp/v1/metrics", "", { "Content-Type": long }),
    await api.gateway.post("/api/v1/otlp/v1/metrics", "", { "Content-Encoding": long }),
    await api.gateway.post("/api/v1/read", "", { "Content-Type": long }),
    await api.gateway.post("/api/v1/read", "", { Authorization: `Bearer ${long}:x` }),
  ];
  for (const response of responses) {
    assert.ok(response.status >= 400 && response.status < 500);
    assert.ok((await response.text()).length < MAX_ANSWER);
  }
  for (const { fields } of api.gateway.lines) assert.ok(JSON.stringify(fields).length < MAX_ANSWER);
});
