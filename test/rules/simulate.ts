/**
 * Rules in bad weather: two processes evaluate the same groups at once on one table whose calls are throttled, take effect and
 * fail, return late or never; processes die anywhere and stand still for a while; their clocks are off and step, by seconds to a
 * day, in the middle of anything. The result is compared with that of one process on a calm table: the same samples of
 * `ALERTS` and of recorded series, every notification at least once, and none that should not be.
 *
 *     node test/rules/simulate.ts [--schedules 1000] [--seed 1]
 */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { newRuleRunner } from "../../lib/http/compose-rules.ts";
import { composeServices } from "../../lib/http/compose-services.ts";
import { errorKind } from "../../lib/model/errors.ts";
import { type LabelSet, printLabels } from "../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { newMatcher } from "../../lib/model/matcher.ts";
import type { Clock } from "../../lib/model/time.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import type { NotificationBatch } from "../../lib/rules/notifier.ts";
import { parseRuleFile } from "../../lib/rules/parse-rule-file.ts";
import type { RecordedSample } from "../../lib/rules/recorded-samples.ts";
import { GroupMemory } from "../../lib/rules/run/group-memory.ts";
import { recordedBatch } from "../../lib/rules/run/recorded-batch.ts";
import type { RuleRunner } from "../../lib/rules/run/rule-runner.ts";
import { DEFAULT_RULE_SETTINGS } from "../../lib/rules/settings.ts";
import { newRuleStore } from "../../lib/rules/table-rule-store.ts";
import { ClockGuard } from "../../lib/storage/dynamodb/clock-guard.ts";
import { ServiceClock } from "../../lib/storage/dynamodb/service-clock.ts";
import { Reader } from "../../lib/storage/read/reader.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import type { Table } from "../../lib/storage/table/table.ts";
import { Writers } from "../../lib/storage/write/writers.ts";
import { Random } from "../simulation/random.ts";
import { Process, Scheduler } from "../simulation/scheduler.ts";
import { ScheduledTable, type Weather, type World } from "../simulation/tables/scheduled-table.ts";
import { Tally } from "../simulation/tally.ts";
import { parseLabels } from "./rules-world.ts";

const TENANT = "t";
const START_MS = Date.UTC(2026, 10, 20, 3);
const MINUTES = 24;
/** Of clocks: what a process corrects itself from. */
const MAX_SKEW_MS = 9 * SECOND_MS;
/** By how much clocks step: up to so much either way. */
const STEPS_MS = [30 * SECOND_MS, 5 * MINUTE_MS, 2 * HOUR_MS, DAY_MS];
/** Of a process whose clock is wrong from its beginning. */
const WRONG_FROM_START = 0.15;
/** Of a process whose clock steps; then up to so many times. */
const STEPPING = 0.5;
const MAX_CLOCK_STEPS = 4;
/** Beyond an hour evaluations are left out, which is another test's. */
const LONGEST_PAUSE_MS = 12 * MINUTE_MS;

const RULES = `
groups:
- name: alerts
  interval: 1m
  rules:
  - {record: doubled, expr: cond * 2}
  - {alert: Now, expr: doubled > 0}
  - {alert: Later, expr: cond > 0, for: 2m, annotations: {v: "{{ $value }}"}}
  - {alert: Kept, expr: cond > 1, keep_firing_for: 2m, labels: {severity: page}}
- name: quick
  interval: 20s
  rules:
  - {record: total, expr: sum(cond)}
  - {alert: Sum, expr: total > 3, for: 1m}
`;

/** A key that no item has. */
const NO_ITEM = { pk: Uint8Array.of(0), sk: Uint8Array.of(0) };

const WEATHERS: readonly Weather[] = [
  { fault: 0, death: 0, delay: 0.05, delays: [[0, 3 * SECOND_MS]], pageItems: 1000 },
  { fault: 0.03, death: 0.005, delay: 0.02, delays: [[0, 6 * SECOND_MS]], pageItems: 1000 },
  { fault: 0.05, death: 0.01, delay: 0.02, delays: [[0, 8 * SECOND_MS]], pageItems: 40 },
  { fault: 0.02, death: 0.03, delay: 0.05, delays: [[0, 5 * SECOND_MS]], pageItems: 100 },
];

/** What rules have come to: samples by series, and notifications that were handed over. */
interface Outcome {
  readonly series: ReadonlyMap<string, string>;
  readonly notifications: ReadonlySet<string>;
}

export interface Failure {
  readonly seed: number;
  readonly message: string;
  readonly events: readonly string[];
}

/** A condition that comes and goes, by minute. */
type Conditions = readonly (readonly (number | undefined)[])[];

export async function simulateRules(seed: number): Promise<Failure | undefined> {
  const random = new Random(seed);
  const conditions: Conditions = Array.from({ length: 3 }, () => randomConditions(random));
  const expected = await runCalmly(conditions);
  const scheduler = new Scheduler(random, START_MS, random.pick([1, 1000]));
  const table = await newTable(conditions);
  const sent: NotificationBatch[] = [];
  await newRunner({ table, clock: () => START_MS, sent }).run({ deadlineMs: Number.POSITIVE_INFINITY });
  const weather = random.pick(WEATHERS);
  const world: World = {
    scheduler,
    table,
    weather,
    bornMs: new Map(),
    overwritten: new Map(),
    peek: () => undefined,
    tally: new Tally(),
  };
  const endMs = START_MS + MINUTES * MINUTE_MS;
  let running = 2;
  for (const number of [1, 2])
    start(world, number, endMs, sent, () => {
      running--;
    });
  try {
    await scheduler.run(
      () => running === 0,
      () => {},
    );
    scheduler.landRest();
    await new Promise((resolve) => setImmediate(resolve));
    // What is not stored yet is with the next evaluation.
    const last = newRunner({ table, clock: () => endMs + 2 * MINUTE_MS, sent });
    await last.run({ deadlineMs: Number.POSITIVE_INFINITY });
    const message = difference(expected, await outcomeOf(table, sent, endMs));
    return message === undefined ? undefined : { seed, message, events: scheduler.events() };
  } catch (error) {
    return { seed, message: (error as Error).stack ?? String(error), events: scheduler.events() };
  }
}

function randomConditions(random: Random): (number | undefined)[] {
  let value: number | undefined = 0;
  return Array.from({ length: MINUTES * 3 }, () => {
    if (random.chance(0.12)) value = random.pick([0, 0, 1, 2, undefined]);
    return value;
  });
}

/** The table before the rules begin: their text, and all that they will look at. */
async function newTable(conditions: Conditions): Promise<MemoryTable> {
  const table = new MemoryTable();
  for (const group of parseRuleFile(RULES).file!.groups) await newRuleStore(table).put(TENANT, "r", group);
  const time = { nowMs: 0 };
  const clock = () => time.nowMs;
  const writers = new Writers({ clock, randomBytes, limits: DEFAULT_LIMITS, maxBytes: 2 ** 24 });
  for (let at = 0; at < MINUTES * 3; at++) {
    time.nowMs = START_MS - MINUTE_MS + at * 20 * SECOND_MS;
    const samples = conditions.flatMap((values, i): RecordedSample[] => {
      const [value, before] = [values[at], values[at - 1]];
      const labels = parseLabels(`cond{i="${i}"}`);
      if (value !== undefined) return [{ labels, timestamp: time.nowMs, value }];
      return before === undefined ? [] : [{ labels, timestamp: time.nowMs, value: "stale" }];
    });
    if (samples.length > 0)
      await writers.appender({ tenant: TENANT, retentionMs: 0 }, table).append(recordedBatch(samples));
  }
  return table;
}

interface RunnerParts {
  readonly table: Table;
  readonly clock: Clock;
  readonly clockGuard?: ClockGuard;
  readonly steadyClock?: Clock;
  readonly sent: NotificationBatch[];
  readonly note?: (what: string) => void;
}

function newRunner({
  table,
  clock,
  clockGuard,
  steadyClock,
  sent,
  note = () => {},
}: RunnerParts): RuleRunner {
  const services = composeServices({
    table,
    clock,
    ...(clockGuard && { clockGuard }),
    randomBytes,
    retentionMs: 0,
    writersBytes: 2 ** 24,
    log: (level, message, fields) => {
      note(`${level} ${message} ${JSON.stringify(fields)}`);
      // A state that is lost would begin anew, and be right by chance.
      if (message.includes("is lost")) throw new Error(`${message} ${JSON.stringify(fields)}`);
    },
    metrics: undefined,
  });
  return newRuleRunner(services, {
    promql: DEFAULT_PROMQL_SETTINGS,
    rules: DEFAULT_RULE_SETTINGS,
    steadyClock,
    // A rule that gives up after five minutes loses samples on purpose, which is another test's.
    groups: new GroupMemory(Number.POSITIVE_INFINITY),
    notifier: {
      async notify(batches) {
        sent.push(...batches);
        return { delivered: 0, failed: 0 };
      },
    },
  });
}

/** Each time when it is due, one process, nothing fails. */
async function runCalmly(conditions: Conditions): Promise<Outcome> {
  const table = await newTable(conditions);
  const sent: NotificationBatch[] = [];
  const time = { nowMs: START_MS };
  const runner = newRunner({ table, clock: () => time.nowMs, sent });
  for (; time.nowMs <= START_MS + MINUTES * MINUTE_MS; time.nowMs += 20 * SECOND_MS)
    await runner.run({ deadlineMs: Number.POSITIVE_INFINITY });
  return outcomeOf(table, sent, START_MS + MINUTES * MINUTE_MS);
}

/** Processes, one after another, that run the rules about once a minute until a time. */
function start(
  world: World,
  number: number,
  endMs: number,
  sent: NotificationBatch[],
  onDone: () => void,
): void {
  const { scheduler } = world;
  const { random } = scheduler;
  let lives = 0;
  const live = () => {
    const skewMs = random.chance(WRONG_FROM_START) ? randomStep(random) : randomSkew(random);
    const process = new Process("writer", `rules${number}.${++lives}`, skewMs);
    process.onDeath = () => {
      if (scheduler.nowMs < endMs) live();
      else onDone();
    };
    stepClock(scheduler, process, endMs);
    const serviceClock = new ServiceClock(scheduler.clockOf(process));
    const clock = serviceClock.now;
    const table = new ScheduledTable(world, process, serviceClock);
    const clockGuard = new ClockGuard(serviceClock, () => table.get(NO_ITEM));
    const runner = newRunner({
      table,
      clock,
      clockGuard,
      steadyClock: () => scheduler.nowMs,
      sent,
      note: (what) => scheduler.note(process.name, what),
    });
    const work = async () => {
      while (scheduler.nowMs < endMs) {
        const pauseMs = random.chance(0.1) ? random.between(0, LONGEST_PAUSE_MS) : MINUTE_MS;
        await scheduler.sleep(process, pauseMs + random.between(-5000, 5000) || 1);
        if (scheduler.nowMs >= endMs) break;
        try {
          await clockGuard.check(true);
          await runner.run({ deadlineMs: clock() + random.pick([20 * SECOND_MS, 3 * MINUTE_MS]) });
        } catch (error) {
          if (errorKind(error) !== "unavailable") throw error;
        }
      }
      process.onDeath = () => {};
      onDone();
    };
    work().catch((error: unknown) => scheduler.fail(error));
  };
  live();
}

function randomSkew(random: Random): number {
  return random.between(-MAX_SKEW_MS, MAX_SKEW_MS);
}

function randomStep(random: Random): number {
  const most = random.pick(STEPS_MS);
  return random.between(-most, most);
}

/** Steps a process' clock at some times, to a wrong time or to about the right one. */
function stepClock(scheduler: Scheduler, process: Process, endMs: number): void {
  const { random } = scheduler;
  if (!random.chance(STEPPING)) return;
  for (let count = random.between(1, MAX_CLOCK_STEPS); count > 0; count--)
    scheduler.add({
      process,
      name: "clock",
      readyMs: random.between(scheduler.nowMs, Math.max(scheduler.nowMs, endMs)),
      run: () => {
        process.skewMs = random.chance(0.4) ? randomSkew(random) : randomStep(random);
        return `is off by ${process.skewMs} ms`;
      },
    });
}

async function outcomeOf(table: Table, sent: readonly NotificationBatch[], endMs: number): Promise<Outcome> {
  const reader = new Reader(table, {
    tenant: TENANT,
    clock: () => endMs,
    limits: DEFAULT_LIMITS,
    retentionMs: 0,
  });
  const series = new Map<string, string>();
  const matchers = [newMatcher("!=", "__name__", "cond")];
  // The last minutes are not evaluated alike: each stops somewhere.
  const range = { minTime: START_MS - MINUTE_MS, maxTime: endMs - 3 * MINUTE_MS };
  for await (const { labels, timestamps, values } of reader.select({ matchers, ...range })) {
    const samples = Array.from(timestamps, (at, i) => `${(at - START_MS) / 1000}=${values[i]}`);
    series.set(printLabels(labels), samples.join(" "));
  }
  const notifications = new Set<string>();
  for (const { group, notifications: all } of sent)
    for (const { labels, startsAtMs, endsAtMs, isResolved } of all) {
      const newestMs = isResolved ? endsAtMs : startsAtMs;
      if (newestMs > range.maxTime) continue;
      notifications.add(printNotification(group, labels, startsAtMs, isResolved ? endsAtMs : undefined));
    }
  return { series, notifications };
}

function printNotification(
  group: string,
  labels: LabelSet,
  startsAtMs: number,
  resolvedMs: number | undefined,
): string {
  const until = resolvedMs === undefined ? "fires" : `until ${(resolvedMs - START_MS) / 1000}`;
  return `${group} ${printLabels(labels)} since ${(startsAtMs - START_MS) / 1000} ${until}`;
}

function difference(expected: Outcome, found: Outcome): string | undefined {
  for (const [name, samples] of expected.series) {
    const other = found.series.get(name);
    if (other !== samples) return `${name}: ${differenceOf(samples, other ?? "")}`;
  }
  for (const [name, samples] of found.series)
    if (!expected.series.has(name)) return `${name}: not expected: ${samples}`;
  for (const one of expected.notifications) if (!found.notifications.has(one)) return `lost: ${one}`;
  for (const one of found.notifications) if (!expected.notifications.has(one)) return `invented: ${one}`;
  return undefined;
}

function differenceOf(expected: string, found: string): string {
  const [a, b] = [expected, found].map((text) => new Set(text.split(" ")));
  const [lost, added] = [[...a].filter((one) => !b.has(one)), [...b].filter((one) => !a.has(one))];
  return `lost ${lost.join(" ")}; invented ${added.join(" ")}`;
}

/** Runs schedules one after another; returns the first failure. */
export async function simulateMany(firstSeed: number, count: number): Promise<Failure | undefined> {
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const failure = await simulateRules(seed);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { schedules: { type: "string", default: "1000" }, seed: { type: "string" } },
  });
  const firstSeed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
  const count = values.seed === undefined ? Number(values.schedules) : 1;
  const failure = await simulateMany(firstSeed, count);
  if (failure === undefined) console.log(`${count} schedules from seed ${firstSeed} on: all is right`);
  else {
    console.log(failure.events.slice(-600).join("\n"));
    console.log(`${failure.message}\nreplay: node test/rules/simulate.ts --seed ${failure.seed}`);
    process.exitCode = 1;
  }
}
