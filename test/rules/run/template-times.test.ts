/** A rule looks back by its group's offset, its templates do not: https://github.com/prometheus/prometheus/blob/main/rules/alerting.go */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE_MS } from "../../../lib/model/time.ts";
import { latestSlot, slotOffset } from "../../../lib/rules/run/schedule.ts";
import { newWorld, START_MS, TENANT } from "../rules-world.ts";

const TIME_MS = latestSlot(START_MS, MINUTE_MS, slotOffset(TENANT, "rules.yml", "g", MINUTE_MS)) + MINUTE_MS;

test("a query of a template is of the nominal time", async () => {
  const world = newWorld();
  await world.setRules(`
groups:
- name: g
  query_offset: 1m
  rules:
  - alert: A
    expr: up > 0
    annotations: {then: "{{ $value }}", now: "{{ with query \\"up\\" }}{{ . | first | value }}{{ end }}"}
`);
  await world.write([
    ["up", TIME_MS - MINUTE_MS, 1],
    ["up", TIME_MS, 2],
  ]);
  world.time.nowMs = TIME_MS;
  await world.run();
  assert.deepEqual(world.sent[0].notifications[0].annotations, [
    ["now", "2"],
    ["then", "1"],
  ]);
});
