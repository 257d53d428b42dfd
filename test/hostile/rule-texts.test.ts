/** Texts of alerts that grow with the number of alerts: a group has one budget of time and memory for them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ALERT_TEMPLATES } from "../../lib/rules/alert-templates.ts";
import { alertmanagerBodies } from "../../lib/rules/delivery/alertmanager.ts";
import type { TemplateScope } from "../../lib/rules/templates.ts";
import { newWorld, START_MS } from "../rules/rules-world.ts";

const MINUTE_MS = 60_000;
const ALERTS = 60;

test("60 alerts of a megabyte each all fire, with 32 MiB of text together", async () => {
  const world = newWorld();
  await world.setRules(`
groups:
- name: g
  rules:
  - {alert: A, expr: up, annotations: {text: '{{ printf "%1000000d" 1 }}', short: "{{ $labels.i }}"}}
`);
  world.time.nowMs = START_MS + MINUTE_MS;
  await world.write(
    Array.from({ length: ALERTS }, (_, i) => [`up{i="${i}"}`, START_MS, 1] as [string, number, number]),
  );
  await world.run();
  const alerts = world.sent.flatMap(({ notifications }) => notifications);
  assert.equal(alerts.length, ALERTS);
  const texts = alerts.map(({ annotations }) => new Map(annotations).get("text")!);
  const whole = texts.filter(({ length }) => length === 1_000_000).length;
  assert.equal(whole, 33);
  assert.match(
    texts.at(-1)!,
    /<error expanding template: .*the group make more than 33554432 bytes, all alerts together>/,
  );
});

const SCOPE: TemplateScope = {
  alertName: "A",
  labels: [["i", "1"]],
  value: 1,
  externalLabels: [],
  externalUrl: "",
  timeMs: 0,
  query: async () => Array.from({ length: 10 }, () => ({ labels: [], value: 1 })),
};

/** Each of many alerts; without limits for all together minutes to hours. */
const EXPENSIVE: readonly (readonly [what: string, text: string])[] = [
  ["loops", "{{ range 200000 }}{{ end }}"],
  [
    "regular expressions",
    '{{ range 1000 }}{{ if match "(.?.?.?.?){20}x" (printf "%9999d" 1) }}{{ end }}{{ end }}',
  ],
  ["patterns", '{{ range 1000 }}{{ if match (print "([a-z]{20}){40}" .) "x" }}{{ end }}{{ end }}'],
  ["queries", '{{ range 90 }}{{ if query (print "up" .) }}{{ end }}{{ end }}'],
];

for (const [what, text] of EXPENSIVE) {
  test(`${what} in the texts of 2,000 alerts`, async () => {
    const templates = ALERT_TEMPLATES.forGroup();
    let queries = 0;
    const query = (expr: string) => {
      queries++;
      return SCOPE.query(expr);
    };
    const before = process.cpuUsage();
    const errors = new Set<string>();
    for (let i = 0; i < 2000; i++)
      await templates.expand(text, { ...SCOPE, query }).catch(({ message }: Error) => errors.add(message));
    const { user, system } = process.cpuUsage(before);
    assert.ok([...errors].some((error) => /templates of the group take more than 5000000 steps/.test(error)));
    assert.ok(queries <= 5000, `${queries} queries`);
    assert.ok(user + system < 15e6, `${(user + system) / 1e6} s`);
  });
}

test("other groups' reads and timers go on between the texts of alerts", async () => {
  const templates = ALERT_TEMPLATES.forGroup();
  let isOver = false;
  let turns = 0;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  for (let i = 0; i < 100; i++) await templates.expand("{{ range 20000 }}{{ end }}", SCOPE).catch(() => {});
  isOver = true;
  // 2 million steps in turns of 25,000, or of one text.
  assert.ok(turns >= 49, `${turns} turns of the event loop`);
});

test("requests to an Alertmanager have 4 MiB, or one alert", () => {
  const notification = (length: number) => ({
    ruleKey: "",
    labels: [["a", "x".repeat(length)]] as [string, string][],
    annotations: [],
    startsAtMs: 0,
    endsAtMs: 0,
    generatorUrl: "",
  });
  const lengths = [1e6, 1e6, 1e6, 1e6, 1e6, 6e6, 6e6, 1];
  const bodies = [...alertmanagerBodies(lengths.map(notification) as never)];
  assert.deepEqual(
    bodies.map(({ count }) => count),
    [4, 1, 1, 1, 1],
  );
  assert.equal(bodies.flatMap(({ body }) => JSON.parse(body)).length, lengths.length);
});
