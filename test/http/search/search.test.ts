/** The search routes, in Prometheus' shapes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addQueryRoutes } from "../../../lib/http/query/routes.ts";
import { newQueryServices } from "../../../lib/http/query/source.ts";
import { newFilter } from "../../../lib/http/search/filter.ts";
import { jaroWinkler } from "../../../lib/http/search/jaro-winkler.ts";
import { Subsequence } from "../../../lib/http/search/subsequence.ts";
import { Deadline } from "../../../lib/model/deadline.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { basic, TestGateway } from "../../helpers/test-gateway.ts";
import { compressedBody, series } from "../../helpers/write-requests.ts";

const NAMES = ["http_requests_total", "http_request_duration_seconds", "node_load1", "up", "http"];

async function openGateway() {
  const gateway = await TestGateway.open();
  addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS));
  const all = NAMES.flatMap((name) =>
    ["api", "db"].map((job) => series(name, { job, [`only_${name}`]: "x" }, [MIDNIGHT_MS, 1])),
  );
  assert.equal((await gateway.post("/api/v1/write", compressedBody(all))).status, 200);
  const fetch = (path: string, init: RequestInit = {}) =>
    gateway.fetch(`/api/v1/search/${path}`, {
      ...init,
      headers: { Authorization: basic("HKA"), ...init.headers },
    });
  const lines = async (path: string) =>
    (await (await fetch(path)).text())
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
  return { fetch, lines };
}

const DONE = { status: "success", has_more: false };

test("metric names come in batches, and the last line says whether there are more", async () => {
  const { fetch, lines } = await openGateway();
  const response = await fetch("metric_names?search[]=http&batch_size=2");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Content-Type"), "application/x-ndjson; charset=utf-8");
  const named = (...names: string[]) => ({ results: names.map((name) => ({ name })) });
  assert.deepEqual(await lines("metric_names?search[]=http&batch_size=2"), [
    named("http", "http_request_duration_seconds"),
    named("http_requests_total"),
    DONE,
  ]);
  assert.deepEqual(await lines("metric_names?limit=2"), [
    named("http", "http_request_duration_seconds"),
    { ...DONE, has_more: true },
  ]);
  assert.deepEqual(await lines("metric_names?sort_by=alpha&sort_dir=dsc&limit=1"), [
    named("up"),
    { ...DONE, has_more: true },
  ]);
  assert.deepEqual(await lines("metric_names?search[]=nothing"), [named(), DONE]);
  assert.deepEqual(await lines('metric_names?match[]={only_up="x"}&match[]={only_http="x"}'), [
    named("http", "up"),
    DONE,
  ]);
  assert.deepEqual(await lines(`metric_names?start=0&end=1`), [named(), DONE]);
});

test("label names and values", async () => {
  const { fetch, lines } = await openGateway();
  assert.deepEqual(await lines("label_names?search[]=jb"), [{ results: [{ name: "job" }] }, DONE]);
  assert.deepEqual(await lines("label_values?label=job&search[]=B&case_sensitive=false&include_score=true"), [
    { results: [{ value: "db", score: new Subsequence("b").score("db") }] },
    DONE,
  ]);
  const missing = await fetch("label_values");
  assert.deepEqual(
    [missing.status, ((await missing.json()) as { error: string }).error],
    [400, 'missing required parameter "label"'],
  );
});

test("a posted form is taken, HEAD and other methods as elsewhere", async () => {
  const { fetch } = await openGateway();
  const form = new URLSearchParams([
    ["search[]", "node"],
    ["include_metadata", "true"],
  ]);
  const posted = await fetch("metric_names", { method: "POST", body: form });
  assert.equal(await posted.text(), `{"results":[{"name":"node_load1"}]}\n${JSON.stringify(DONE)}\n`);
  assert.equal((await fetch("metric_names", { method: "HEAD" })).status, 200);
  assert.equal((await fetch("metric_names", { method: "DELETE" })).status, 405);
  assert.equal(
    (await fetch("metric_names", { headers: { Authorization: basic("HKA", "wrong secret") } })).status,
    401,
  );
});

test("bad parameters are refused in Prometheus' words", async () => {
  const { fetch } = await openGateway();
  for (const [parameters, error] of [
    ["start=2&end=1", "end timestamp must not be before start timestamp"],
    ["limit=0", 'invalid limit "0": must be a positive integer'],
    ["limit=10001", /^limit 10001 exceeds the configured maximum \(10000/],
    ["batch_size=x", 'invalid batch_size "x": must be a positive integer'],
    ["fuzz_threshold=101", 'invalid fuzz_threshold "101": must be 0-100'],
    ["fuzz_alg=best", 'unsupported fuzz_alg "best": must be one of [subsequence jarowinkler]'],
    ["sort_dir=asc", "sort_dir is only valid when sort_by is set"],
    ["sort_by=score", "sort_by=score requires search[] to be set"],
    ["sort_by=score&sort_dir=asc&search[]=a", "sort_dir is not supported for sort_by=score"],
    ["sort_by=x", 'invalid sort_by "x" for metric_names: must be "alpha" or "score"'],
    ["case_sensitive=x", 'invalid case_sensitive "x": must be boolean'],
    ["include_metadata=x", 'invalid include_metadata "x": must be boolean'],
    [Array(33).fill("search[]=a").join("&"), "too many search[] terms: got 33, maximum is 32"],
  ] as const) {
    const response = await fetch(`metric_names?${parameters}`);
    const body = (await response.json()) as { error: string; errorType: string };
    assert.deepEqual([response.status, body.errorType], [400, "bad_data"], parameters);
    if (typeof error === "string") assert.equal(body.error, error);
    else assert.match(body.error, error);
  }
});

test("scores rank better matches first", () => {
  const subsequence = new Subsequence("abc");
  const order = ["abc", "abcx", "xabc", "abxc", "axbxc"];
  const scores = order.map((text) => subsequence.score(text));
  assert.deepEqual(
    scores.toSorted((a, b) => b - a),
    scores,
  );
  assert.deepEqual([subsequence.score("acb"), subsequence.score("ab"), scores[0]], [0, 0, 1]);
  assert.equal(jaroWinkler("martha", "marhta").toFixed(4), "0.9611");
  assert.equal(jaroWinkler("dixon", "dicksonx").toFixed(4), "0.8133");
  assert.equal(jaroWinkler("a", "b"), 0);
  const options = { terms: ["", "rqs"], threshold: 0, isCaseSensitive: true };
  assert.equal(newFilter({ ...options, algorithm: "subsequence" })!("http_requests")! > 0, true);
  assert.equal(newFilter({ ...options, algorithm: "jarowinkler" })!("http_requests"), undefined);
  assert.equal(newFilter({ ...options, terms: [""], algorithm: "subsequence" }), undefined);
});

/** Jaro's definition, with a look at every place within reach. */
function plainJaro(a: string, b: string): number {
  if (a.length > b.length) return plainJaro(b, a);
  const reach = Math.max(0, Math.floor(b.length / 2) - 1);
  const taken = new Set<number>();
  const ofA = [...a].filter((character, i) => {
    const place = [...b].findIndex(
      (other, j) => Math.abs(i - j) <= reach && !taken.has(j) && other === character,
    );
    if (place >= 0) taken.add(place);
    return place >= 0;
  });
  const ofB = [...b].filter((_, j) => taken.has(j));
  const m = ofA.length;
  const transposed = ofA.filter((character, i) => character !== ofB[i]).length;
  return m === 0 ? 0 : (m / a.length + m / b.length + (m - transposed / 2) / m) / 3;
}

const SEED = 20261130;

test(`the similarity of Jaro and Winkler, on random texts of few letters, seed ${SEED}`, () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "b", "c", "d"), minLength: 1 }),
      fc.string(),
      (one, two) => {
        for (const other of [two, one.slice(1), [...one].reverse().join("")]) {
          if (other === "" || other === one) continue;
          const prefix = [0, 1, 2, 3].findIndex((i) => one[i] === undefined || one[i] !== other[i]);
          const jaro = plainJaro(one, other);
          const expected = jaro === 0 ? 0 : jaro + (prefix < 0 ? 4 : prefix) * 0.1 * (1 - jaro);
          assert.ok(Math.abs(jaroWinkler(one, other) - expected) < 1e-12, JSON.stringify([one, other]));
        }
      },
    ),
    { seed: SEED, numRuns: 2000 },
  );
});

test("long terms and long names: in linear time, or until the time limit", () => {
  const million = "a".repeat(1_000_000);
  // With a look at every place within reach this would take an hour.
  assert.ok(jaroWinkler(`b${million}`, `${million}c`) > 0.9);
  assert.equal(new Subsequence(million).score(`${million}a`) > 0.9, true);
  const clock = { nowMs: 0 };
  const deadline = new Deadline(() => clock.nowMs++, 100);
  // Each start has a match that goes on to the end.
  const subsequence = new Subsequence(`${"a".repeat(500_000)}x`, deadline);
  assert.throws(() => subsequence.score(`${million}bx`), /timed out/);
});
