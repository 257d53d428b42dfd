/** Groups of rules on a table in memory: what they record, when alerts fire, what ends with what. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE_MS, SECOND_MS } from "../../lib/model/time.ts";
import { latestSlot, slotOffset } from "../../lib/rules/run/schedule.ts";
import { newWorld, START_MS, TENANT, type World } from "./rules-world.ts";

/** The first nominal time of a group after the start of the world. */
function firstSlot(name: string, intervalMs = MINUTE_MS): number {
  return latestSlot(START_MS, intervalMs, slotOffset(TENANT, "rules.yml", name, intervalMs)) + intervalMs;
}

/** Writes `value` for a series at each time and runs the rules then; `undefined` writes nothing. */
async function drive(
  world: World,
  name: string,
  values: readonly (number | undefined)[],
  series = "up",
): Promise<void> {
  for (const value of values) {
    if (world.time.nowMs < firstSlot(name)) world.time.nowMs = firstSlot(name);
    else world.time.nowMs += MINUTE_MS;
    if (value !== undefined) await world.write([[series, world.time.nowMs, value]]);
    await world.run();
  }
}

const minutes = (name: string, ...numbers: number[]) =>
  numbers.map((n) => firstSlot(name) + n * MINUTE_MS - START_MS);

test("a recording rule records at nominal times; later rules of the group see it", async () => {
  const world = newWorld();
  await world.setRules(`
groups:
- name: g
  labels: {team: x}
  rules:
  - record: doubled
    expr: up * 2
    labels: {job: ""}
  - record: quadrupled
    expr: doubled * 2
`);
  await drive(world, "g", [1, 2, 3], 'up{job="a",instance="i"}');
  const [a, b, c] = minutes("g", 0, 1, 2);
  assert.deepEqual(Object.fromEntries(await world.read("doubled")), {
    "instance=i team=x": [
      [a, 2],
      [b, 4],
      [c, 6],
    ],
  });
  assert.deepEqual(
    [...(await world.read("quadrupled")).values()],
    [
      [
        [a, 4],
        [b, 8],
        [c, 12],
      ],
    ],
  );
  assert.deepEqual(world.logged, []);
});

test("a result that vanishes ends with a staleness marker", async () => {
  const world = newWorld();
  await world.setRules("groups: [{name: g, rules: [{record: big, expr: 'up > 1'}]}]");
  await drive(world, "g", [2, 0, 0, 3]);
  const [a, b, , d] = minutes("g", 0, 1, 2, 3);
  assert.deepEqual(
    [...(await world.read("big")).values()],
    [
      [
        [a, 2],
        [b, "stale"],
        [d, 3],
      ],
    ],
  );
});

test("an alert is pending, fires, and is resolved; ALERTS follows", async () => {
  const world = newWorld({ externalLabels: [["cluster", "eu"]], externalUrl: "https://h" });
  await world.setRules(`
groups:
- name: g
  rules:
  - alert: Down
    expr: up == 0
    for: 2m
    labels: {severity: "{{ $labels.job }}-page"}
    annotations: {summary: "is {{ $value }}", broken: "{{ $value | parseDuration }}"}
`);
  await drive(world, "g", [0, 0, 0, 0, 1, 1], 'up{job="a"}');
  const [a, b, c, d, e] = minutes("g", 0, 1, 2, 3, 4);
  assert.deepEqual(Object.fromEntries(await world.read("ALERTS")), {
    "alertname=Down alertstate=firing job=a severity=a-page": [
      [c, 1],
      [d, 1],
      [e, "stale"],
    ],
    "alertname=Down alertstate=pending job=a severity=a-page": [
      [a, 1],
      [b, 1],
      [c, "stale"],
    ],
  });
  const since = Math.floor((START_MS + a) / SECOND_MS);
  assert.deepEqual(
    [...(await world.read("ALERTS_FOR_STATE")).values()],
    [
      [
        [a, since],
        [b, since],
        [c, since],
        [d, since],
        [e, "stale"],
      ],
    ],
  );
  const sent = world.sent.flatMap(({ notifications }) => notifications);
  assert.deepEqual(
    sent.map(({ isResolved, startsAtMs, endsAtMs }) => [
      isResolved,
      startsAtMs - START_MS,
      endsAtMs - START_MS,
    ]),
    [
      [false, c, c + 4 * MINUTE_MS],
      [true, c, e],
    ],
  );
  assert.deepEqual(sent[0].labels, [
    ["alertname", "Down"],
    ["cluster", "eu"],
    ["job", "a"],
    ["severity", "a-page"],
  ]);
  assert.deepEqual(sent[0].annotations, [
    [
      "broken",
      '<error expanding template: error executing template __alert_Down: template: __alert_Down:1:124: executing "__alert_Down" at <parseDuration>: wrong type for value; expected string; got float64>',
    ],
    ["summary", "is 0"],
  ]);
  assert.equal(sent[0].generatorUrl, "https://h/graph?g0.expr=up+%3D%3D+0&g0.tab=1");
});

test("a firing alert is sent again after more than a minute, a resolved one for 15", async () => {
  const world = newWorld();
  await world.setRules("groups: [{name: g, interval: 30s, rules: [{alert: A, expr: 'up == 0'}]}]");
  const first = firstSlot("g", 30 * SECOND_MS);
  const seen: (readonly [number, boolean])[] = [];
  for (let at = 0; at < 50; at++) {
    world.time.nowMs = first + at * 30 * SECOND_MS;
    await world.write([["up", world.time.nowMs, at < 6 ? 0 : 1]]);
    await world.run();
    for (const { notifications } of world.sent.splice(0))
      for (const { isResolved } of notifications) seen.push([at, isResolved]);
  }
  assert.deepEqual(seen.slice(0, 3), [
    [0, false],
    [3, false],
    [6, true],
  ]);
  assert.deepEqual(
    seen.slice(3).map(([at, isResolved]) => [at, isResolved]),
    Array.from({ length: 10 }, (_, i) => [9 + 3 * i, true]),
  );
});

test("keep_firing_for holds an alert that is not returned", async () => {
  const world = newWorld();
  await world.setRules("groups: [{name: g, rules: [{alert: A, expr: 'up == 0', keep_firing_for: 2m}]}]");
  await drive(world, "g", [0, 1, 1, 0, 1, 1, 1]);
  const [a, b, c, d, e, f, g] = minutes("g", 0, 1, 2, 3, 4, 5, 6);
  assert.deepEqual(
    [...(await world.read("ALERTS")).values()],
    [
      [
        [a, 1],
        [b, 1],
        [c, 1],
        [d, 1],
        [e, 1],
        [f, 1],
        [g, "stale"],
      ],
    ],
  );
});

test("one rule's error does not touch the others", async () => {
  const world = newWorld();
  await world.setRules(`
groups:
- name: g
  limit: 1
  rules:
  - {record: fine, expr: up}
  - {record: many, expr: "up or label_replace(up, 'x', 'y', '', '')"}
  - {record: same, expr: "label_replace(up, 'x', 'y', '', '') or up", labels: {x: z}}
  - {record: matrix, expr: "up[5m]"}
  - {alert: Twice, expr: "label_replace(up, 'x', 'y', '', '') or up", labels: {x: z}}
  - {record: fine_too, expr: up}
`);
  await drive(world, "g", [1]);
  assert.equal((await world.read("fine")).size, 1);
  assert.equal((await world.read("fine_too")).size, 1);
  assert.equal((await world.read("ALERTS")).size, 0);
});

test("for is kept over another process, and evaluations that were missed are made", async () => {
  const world = newWorld();
  await world.setRules("groups: [{name: g, rules: [{alert: A, expr: 'up == 0', for: 10m}]}]");
  await drive(world, "g", [0, 0]);
  for (let minute = 2; minute < 15; minute++)
    await world.write([["up", firstSlot("g") + minute * MINUTE_MS, 0]]);
  world.time.nowMs = firstSlot("g") + 14 * MINUTE_MS;
  const report = await world.newProcess().run({ deadlineMs: Number.POSITIVE_INFINITY });
  assert.equal(report.evaluations, 13);
  assert.equal(report.missed, 0);
  const firing = [...(await world.read("ALERTS"))].find(([labels]) => labels.includes("firing"))!;
  assert.deepEqual(
    firing[1].map(([at]) => at),
    minutes("g", 10, 11, 12, 13, 14),
  );
});

test("evaluations that are more than an hour behind are counted, and pending alerts waited meanwhile", async () => {
  const world = newWorld();
  await world.setRules("groups: [{name: g, rules: [{alert: A, expr: 'vector(1)', for: 90m}]}]");
  await drive(world, "g", [0, 0]);
  world.time.nowMs += 100 * MINUTE_MS;
  const report = await world.run();
  assert.equal(report.missed, 40);
  assert.equal(report.evaluations, 60);
  // 61 of 90 minutes.
  assert.equal(world.sent.length, 0);
  world.time.nowMs += 29 * MINUTE_MS;
  await world.run();
  assert.equal(world.sent.length, 1);
});

test("two processes at once record and send once", async () => {
  const world = newWorld();
  await world.setRules("groups: [{name: g, rules: [{alert: A, expr: 'up == 0'}, {record: r, expr: up}]}]");
  world.time.nowMs = firstSlot("g");
  await world.write([["up", world.time.nowMs, 0]]);
  const all = { deadlineMs: Number.POSITIVE_INFINITY };
  const reports = await Promise.all([world.run(), world.newProcess().run(all), world.newProcess().run(all)]);
  assert.deepEqual(reports.map(({ samples }) => samples).sort(), [0, 0, 3]);
  assert.equal(world.sent.length, 1);
});

test("a group that is removed ends its series", async () => {
  const world = newWorld();
  await world.setRules("groups: [{name: g, rules: [{alert: A, expr: up}, {record: r, expr: up}]}]");
  await drive(world, "g", [1]);
  await world.removeGroup("g");
  world.time.nowMs += MINUTE_MS;
  await world.run();
  assert.deepEqual(
    world.sent.map(({ notifications }) => notifications.map(({ isResolved }) => isResolved)),
    [[false], [true]],
  );
  for (const metric of ["ALERTS", "ALERTS_FOR_STATE", "r"])
    for (const samples of (await world.read(metric)).values()) assert.equal(samples.at(-1)?.[1], "stale");
  const { evaluations } = await world.run();
  assert.equal(evaluations, 0);
});

test("a rule that is changed keeps the state of the others, and its old series end", async () => {
  const world = newWorld();
  const rules = (extra: string) =>
    `groups: [{name: g, rules: [{alert: A, expr: 'up == 0', for: 3m}, {record: r, expr: up, labels: {v: "${extra}"}}]}]`;
  await world.setRules(rules("1"));
  await drive(world, "g", [0, 0]);
  await world.setRules(rules("2"));
  await drive(world, "g", [0, 0]);
  const [, , c] = minutes("g", 0, 1, 2);
  const recorded = await world.read("r");
  assert.deepEqual(recorded.get("v=1")?.at(-1), [c, "stale"]);
  assert.equal(recorded.get("v=2")?.length, 2);
  assert.equal(world.sent.length, 1);
});

test("the four cases of the compliance suite for alert generators, in short", async () => {
  const world = newWorld();
  const every = 30 * SECOND_MS;
  await world.setRules(`
groups:
- name: g
  interval: 30s
  rules:
  - {alert: Zero, expr: in > 10}
  - {alert: Small, expr: in > 10, for: 15s}
  - {alert: Long, expr: in > 10, for: 2m, labels: {foo: bar}}
  - {alert: Never, expr: in > 99, for: 1m}
  - alert: OfAlerts
    expr: count without (variant) (ALERTS{alertname="Long", alertstate="firing"}) == 2
    labels: {foo: baz}
    annotations: {was: "{{ $labels.alertname }} {{ .Labels.foo }}"}
`);
  const first = firstSlot("g", every);
  // One variant is active for six evaluations, another from the third to the eighth.
  for (let at = 0; at < 12; at++) {
    world.time.nowMs = first + at * every;
    await world.write([
      ['in{variant="one"}', world.time.nowMs, at < 6 ? 15 : 5],
      ['in{variant="two"}', world.time.nowMs, at >= 2 && at < 8 ? 15 : 5],
    ]);
    await world.run();
  }
  const alerts = await world.read("ALERTS");
  const timesOf = (name: string, state: string, variant = "") =>
    [...alerts]
      .filter(([labels]) => labels.includes(`alertname=${name} `) && labels.includes(`alertstate=${state}`))
      .filter(([labels]) => variant === "" || labels.includes(`variant=${variant}`))
      .flatMap(([, samples]) => samples.filter(([, value]) => value === 1))
      .map(([time]) => (time - (first - START_MS)) / every);
  assert.deepEqual(timesOf("Zero", "pending"), []);
  assert.deepEqual(timesOf("Zero", "firing", "one"), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(timesOf("Small", "pending", "one"), [0]);
  assert.deepEqual(timesOf("Small", "firing", "two"), [3, 4, 5, 6, 7]);
  assert.deepEqual(timesOf("Long", "pending", "one"), [0, 1, 2, 3]);
  assert.deepEqual(timesOf("Long", "firing", "one"), [4, 5]);
  assert.deepEqual(timesOf("Long", "firing", "two"), [6, 7]);
  assert.deepEqual(timesOf("Never", "pending"), []);
  // Never two at once: one has ended when the other begins.
  assert.deepEqual(timesOf("OfAlerts", "firing"), []);
  const started = world.sent.flatMap(({ notifications }) => notifications).filter((one) => !one.isResolved);
  const names = new Set(started.map(({ labels }) => labels.find(([name]) => name === "alertname")?.[1]));
  assert.deepEqual([...names].sort(), ["Long", "Small", "Zero"]);
});

test("a rule sees the alerts of the rules before it, of the same evaluation", async () => {
  const world = newWorld();
  await world.setRules(`
groups:
- name: g
  rules:
  - {alert: First, expr: up == 0, labels: {foo: bar}}
  - alert: Second
    expr: ALERTS{alertname="First", alertstate="firing"} == 1
    labels: {foo: baz}
    annotations: {was: "{{ $labels.alertname }} {{ .Labels.foo }}"}
`);
  await drive(world, "g", [0, 1], 'up{job="a"}');
  const [{ notifications }] = world.sent;
  assert.deepEqual(
    notifications.map(({ annotations }) => annotations),
    [[], [["was", "First bar"]]],
  );
  const second = [...(await world.read("ALERTS"))].find(([labels]) => labels.includes("alertname=Second"));
  assert.deepEqual(
    second?.[1].map(([, value]) => value),
    [1, "stale"],
  );
});
