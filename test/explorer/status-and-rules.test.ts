import assert from "node:assert/strict";
import { test } from "node:test";
import {
  countStates,
  evaluationsOf,
  shownGroups,
  type stateOf,
} from "../../explorer/pages/rules/rule-list.ts";
import { blockOf, SENDERS, serverUrl, usualMetric } from "../../explorer/pages/start/blocks.ts";
import { findings, lagMs } from "../../explorer/pages/status/health.ts";
import { limitRows } from "../../explorer/pages/status/limit-rows.ts";
import { prometheusConfig } from "../../local/banner.ts";

const HOUR_MS = 3_600_000;
const DAY = {
  day: "2026-11-30",
  compactedToMs: 10 * HOUR_MS,
  samples: 1,
  series: 1,
  runs: 1,
  chunkParts: 0,
  quarantined: 0,
  heldBuckets: 0,
  failedAttempts: 0,
  isSettled: false,
};
const STATUS = { version: "1", nowMs: 11 * HOUR_MS, retentionMs: 0, rollupRetentionMs: 0, days: [DAY] };

test("a healthy store has no findings; an hour of lag is healthy", () => {
  assert.equal(lagMs(STATUS), HOUR_MS);
  assert.deepEqual(findings(STATUS), []);
  assert.equal(lagMs({ ...STATUS, days: [] }), undefined);
  assert.deepEqual(findings({ ...STATUS, days: [], canary: { sequence: 1, startedMs: 0, missing: {} } }), []);
});

test("what is wrong is said, the worst in red", () => {
  const canary = { sequence: 9, startedMs: 0, missing: { log: { samples: 2, gapMs: 5 } } };
  const day = { ...DAY, quarantined: 3, heldBuckets: 1, failedAttempts: 4, compactedToMs: HOUR_MS };
  const found = findings({ ...STATUS, canary, days: [day] });
  assert.deepEqual(
    found.map(({ tone }) => tone),
    ["bad", "bad", "bad", "warn", "warn"],
  );
  assert.match(found[0].text, /2 in log/);
  assert.match(found[4].text, /10 hours/);
  assert.deepEqual(findings({ ...STATUS, days: [{ ...DAY, failedAttempts: 1 }] }), []);
});

test("limits of Hearth come before Mimir's; 0 is no limit", () => {
  const hearth = { limits: { samplesPerSecond: 1000, queriesAtOnce: 0 }, used: { samplesPerSecond: 2500 } };
  assert.deepEqual(limitRows({ ingestion_rate: 5, max_fetched_series_per_query: 0, hearth }), {
    set: [{ name: "samplesPerSecond", limit: "1k", used: 2500, share: 1 }],
    unset: ["queriesAtOnce", "max_fetched_series_per_query"],
  });
  const mimir = limitRows({
    ingestion_rate: 5,
    ruler_max_rules_per_rule_group: 0,
    nested: {},
    name: "x",
    compactor_blocks_retention_period_seconds: 9,
  });
  assert.deepEqual(
    mimir.set.map(({ name, limit }) => `${name} ${limit}`),
    ["ingestion_rate 5", "name x"],
  );
  assert.deepEqual(mimir.unset, ["ruler_max_rules_per_rule_group"]);
});

const RULE = {
  type: "alerting",
  name: "a",
  query: "up == 0",
  health: "ok",
  evaluationTime: 0,
  lastEvaluation: "",
} as const;
const group = (name: string, ...rules: Parameters<typeof stateOf>[0][]) => ({
  name,
  file: "f",
  interval: 60,
  evaluationTime: 0,
  lastEvaluation: "",
  rules,
});

test("an error counts more than the state before it; groups in trouble come first", () => {
  const calm = group("calm", RULE, { ...RULE, health: "unknown" });
  const firing = group("firing", { ...RULE, state: "firing", labels: { severity: "page" } });
  const failing = group("failing", { ...RULE, name: "b", state: "firing", health: "err" });
  const groups = [calm, firing, failing];
  assert.deepEqual(countStates(groups), { error: 1, firing: 1, pending: 0, ok: 1, unknown: 1 });
  const names = (text: string, state: Parameters<typeof shownGroups>[2] = "all") =>
    shownGroups(groups, text, state).map(({ name, rules }) => `${name} ${rules.length}`);
  assert.deepEqual(names(""), ["failing 1", "firing 1", "calm 2"]);
  assert.deepEqual(names("SEVERITY=page up"), ["firing 1"]);
  assert.deepEqual(names("", "ok"), ["calm 1"]);
  assert.deepEqual(names("nothing"), []);
  assert.equal(Math.round(evaluationsOf(calm)), 43_829);
  assert.equal(evaluationsOf({ ...calm, interval: 0 }), 0);
});

test("blocks have the page's address and the key's id; Prometheus' is the one that npm start prints", () => {
  assert.equal(
    serverUrl("https://a.execute-api.eu-west-1.amazonaws.com/prod/#/start"),
    "https://a.execute-api.eu-west-1.amazonaws.com/prod",
  );
  assert.equal(serverUrl("http://127.0.0.1:9201/?x#/start"), "http://127.0.0.1:9201");
  const place = { url: "http://h/prod", keyId: "HKX" };
  for (const sender of SENDERS) {
    const { text } = blockOf(sender, place);
    for (const part of ["http://h/prod", "HKX", "SECRET"])
      assert.ok(text.includes(part), `${sender}: ${part}`);
  }
  const printed = prometheusConfig("http://h/prod", { id: "HKX", secret: "SECRET", isNew: true });
  assert.equal(blockOf("prometheus", place).text, printed.slice(0, printed.indexOf("remote_read:")));
  assert.equal(usualMetric("collector"), "target_info");
});
