/** A tenant that is over its limits keeps its alerts: they may be what says so. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { newRuleRunner } from "../../../lib/http/compose-rules.ts";
import { composeServices } from "../../../lib/http/compose-services.ts";
import { DAY_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import type { Notification } from "../../../lib/rules/notifier.ts";
import { parseRuleFile } from "../../../lib/rules/parse-rule-file.ts";
import { DEFAULT_RULE_SETTINGS } from "../../../lib/rules/settings.ts";
import { newRuleStore } from "../../../lib/rules/table-rule-store.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";

const START_MS = Date.UTC(2026, 10, 20, 3);
const NOTHING = {
  samplesPerSecond: 1e-9,
  seriesPerDay: 1,
  activeSeries: 1,
  queriesAtOnce: 1,
  readUnitsPerHour: 1e-9,
  readUnitsPerDay: 1e-9,
};

test("rules go on, record and alert", async () => {
  const table = new MemoryTable();
  let nowMs = START_MS;
  const sent: Notification[] = [];
  const logged: string[] = [];
  const services = composeServices({
    table,
    clock: () => nowMs,
    randomBytes,
    retentionMs: 0,
    tenantLimits: NOTHING,
    metrics: undefined,
    log: (level, message) => {
      if (level !== "debug" && level !== "info") logged.push(message);
    },
  });
  const { file } = parseRuleFile(`
groups:
- name: g
  rules:
  - {record: many, expr: "label_replace(vector(1), 'a', '1', '', '') or label_replace(vector(2), 'a', '2', '', '')"}
  - {alert: Limited, expr: count(many) == 2}
`);
  for (const group of file!.groups) await newRuleStore(table).put("t", "r", group);
  const runner = newRuleRunner(services, {
    promql: DEFAULT_PROMQL_SETTINGS,
    rules: DEFAULT_RULE_SETTINGS,
    notifier: {
      async notify(batches) {
        sent.push(...batches.flatMap(({ notifications }) => notifications));
        return { delivered: 0, failed: 0 };
      },
    },
  });
  for (let minute = 0; minute < 3; minute++) {
    nowMs += MINUTE_MS;
    const report = await runner.run({ deadlineMs: nowMs + DAY_MS });
    assert.deepEqual([report.failures, report.rejectedSamples, report.samples], [0, 0, 4]);
  }
  assert.ok(sent.some(({ labels }) => labels.some(([, value]) => value === "Limited")));
  assert.deepEqual(logged, []);
});
