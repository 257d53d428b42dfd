/** Hearth's rules at given times, on a table in memory: the real writers, compactor, readers and runner. */
import { randomBytes } from "node:crypto";
import { newRuleRunner } from "../../../lib/http/compose-rules.ts";
import { composeServices } from "../../../lib/http/compose-services.ts";
import type { LabelSet } from "../../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { newMatcher } from "../../../lib/model/matcher.ts";
import { isStaleMarker } from "../../../lib/model/stale-marker.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import { parseRuleFile } from "../../../lib/rules/parse-rule-file.ts";
import type { RecordedSample } from "../../../lib/rules/recorded-samples.ts";
import type { RuleGroup } from "../../../lib/rules/rule-file.ts";
import { listGroupsWithStates } from "../../../lib/rules/run/read-states.ts";
import { recordedBatch } from "../../../lib/rules/run/recorded-batch.ts";
import { DEFAULT_RULE_SETTINGS } from "../../../lib/rules/settings.ts";
import { newRuleStore } from "../../../lib/rules/table-rule-store.ts";
import { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import { compact } from "../../../lib/storage/compact/compactor.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { Writers } from "../../../lib/storage/write/writers.ts";
import type { Labels, Outcome, OutcomeNotification } from "./outcome.ts";

export const TENANT = "t";
const CACHE_BYTES = 256 * 1024 * 1024;
const WRITERS_BYTES = 2 ** 26;
/** As a deployed compactor runs. */
const COMPACT_EVERY_MS = 300_000;

/** A group is due. */
export interface Evaluation {
  /** Its namespace in Hearth. */
  readonly file: string;
  readonly group: string;
  readonly timeMs: number;
}

export interface RulesInput {
  /** Rule files by namespace. */
  readonly files: ReadonlyMap<string, string>;
  /** Ascending; samples are sent at their time. */
  readonly samples: ReadonlyMap<number, readonly RecordedSample[]>;
  /** By time. */
  readonly evaluations: readonly Evaluation[];
  /** Names of the series that are compared. */
  readonly recorded: string;
}

export async function evaluateInHearth(input: RulesInput): Promise<Outcome> {
  const table = new MemoryTable();
  const time = { nowMs: 0 };
  const clock = () => time.nowMs;
  const groups = new Map(
    [...input.files].flatMap(([file, text]) =>
      parseRuleFile(text).file!.groups.map((group): [string, RuleGroup] => [`${file} ${group.name}`, group]),
    ),
  );
  const notifications: OutcomeNotification[] = [];
  const log = (level: string, message: string, fields?: object) => {
    if (level === "error") throw new Error(`${message} ${JSON.stringify(fields)}`);
  };
  const services = composeServices({
    table,
    clock,
    randomBytes,
    retentionMs: 0,
    log,
    metrics: undefined,
    writersBytes: WRITERS_BYTES,
  });
  const runner = newRuleRunner(services, {
    promql: DEFAULT_PROMQL_SETTINGS,
    rules: { ...DEFAULT_RULE_SETTINGS, queryOffsetMs: 0 },
    memory: new ReaderMemory(CACHE_BYTES),
    notifier: {
      async notify(batches) {
        for (const { notifications: all } of batches)
          for (const { labels, annotations, startsAtMs, endsAtMs, isResolved } of all)
            notifications.push({
              timeMs: time.nowMs,
              labels: toObject(labels),
              annotations: toObject(annotations),
              startsAtMs,
              endsAtMs,
              isResolved,
            });
        return { delivered: 0, failed: 0 };
      },
    },
  });
  const writers = new Writers({ clock, randomBytes, limits: DEFAULT_LIMITS, maxBytes: WRITERS_BYTES });
  const scrapes = [...input.samples];
  let next = 0;
  let compactedMs = 0;
  const failures = new Map<number, number>();
  for (const [timeMs, due] of Map.groupBy(input.evaluations, (evaluation) => evaluation.timeMs)) {
    // A group is stored when it is due for the first time: it would be evaluated for the time before that, too.
    for (const { file, group } of due) {
      const name = `${file} ${group}`;
      const added = groups.get(name);
      if (groups.delete(name)) await newRuleStore(table).put(TENANT, file, added!);
    }
    for (; next < scrapes.length && scrapes[next][0] <= timeMs; next++) {
      const [atMs, samples] = scrapes[next];
      time.nowMs = atMs;
      await writers.appender({ tenant: TENANT, retentionMs: 0 }, table).append(recordedBatch(samples));
    }
    time.nowMs = timeMs;
    if (timeMs - compactedMs >= COMPACT_EVERY_MS) {
      await compact(table, {
        clock,
        randomBytes,
        retentionOf: () => 0,
        deadlineMs: Number.POSITIVE_INFINITY,
        sparseSamples: 0,
        onDay: ({ error }) => {
          if (error !== undefined) throw error;
        },
        onDamagedItem: ({ reason }) => {
          throw new Error(reason);
        },
      });
      compactedMs = timeMs;
    }
    const report = await runner.run({ deadlineMs: Number.POSITIVE_INFINITY });
    if (report.failures > 0) failures.set(timeMs, report.failures);
    if (report.postponed + report.missed + report.rejectedSamples > 0)
      throw new Error(JSON.stringify(report));
  }
  return {
    series: await readRecorded(table, clock, input.recorded),
    alerts: await activeAlerts(table),
    notifications,
    failures,
  };
}

async function readRecorded(
  table: MemoryTable,
  clock: () => number,
  names: string,
): Promise<Outcome["series"]> {
  const reader = new Reader(table, { tenant: TENANT, clock, limits: DEFAULT_LIMITS, retentionMs: 0 });
  const series: Outcome["series"][number][] = [];
  const matchers = [newMatcher("=~", "__name__", names)];
  const range = { minTime: clock() - 24 * 3_600_000, maxTime: clock() };
  for await (const { labels, timestamps, values } of reader.select({ matchers, ...range }))
    series.push({
      labels: toObject(labels),
      times: [...timestamps],
      values: Array.from(values, (value, i) => (isStaleMarker(values, i) ? "stale" : String(value))),
    });
  return series;
}

async function activeAlerts(table: MemoryTable): Promise<Outcome["alerts"]> {
  const groups = await listGroupsWithStates(table, TENANT, (namespace, name, reason) => {
    throw new Error(`${namespace} ${name}: ${reason}`);
  });
  return groups
    .flatMap(({ state }) => state!.rules.flatMap(({ alerts }) => alerts))
    .filter(({ state }) => state !== "inactive")
    .map(({ labels, annotations, state, value, activeAtMs }) => ({
      labels: toObject(labels),
      annotations: toObject(annotations),
      state,
      value: String(value),
      activeAtMs,
    }));
}

export function toObject(labels: LabelSet): Labels {
  return Object.fromEntries(labels);
}
