/** Rules on a table in memory: samples are stored by a real writer, and rules run by a clock that the test moves. */
import { randomBytes } from "node:crypto";
import { querySettings } from "../../lib/http/query/source.ts";
import {
  compareLabelSets,
  type Label,
  type LabelSet,
  labelSetOf,
  METRIC_NAME,
} from "../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { newMatcher } from "../../lib/model/matcher.ts";
import { MINUTE_MS } from "../../lib/model/time.ts";
import { instantQuery, rangeQuery } from "../../lib/promql/engine/engine.ts";
import type { QueryEngine } from "../../lib/promql/engine-interface.ts";
import { ALERT_TEMPLATES } from "../../lib/rules/alert-templates.ts";
import { newRuleQuery } from "../../lib/rules/evaluate/rule-query.ts";
import type { NotificationBatch } from "../../lib/rules/notifier.ts";
import { parseRuleFile } from "../../lib/rules/parse-rule-file.ts";
import { printProblem } from "../../lib/rules/problem.ts";
import type { RecordedSample } from "../../lib/rules/recorded-samples.ts";
import { GroupMemory } from "../../lib/rules/run/group-memory.ts";
import { recordedBatch } from "../../lib/rules/run/recorded-batch.ts";
import { RuleRunner } from "../../lib/rules/run/rule-runner.ts";
import type { RunReport } from "../../lib/rules/run/run-report.ts";
import { DEFAULT_RULE_SETTINGS, type RuleSettings } from "../../lib/rules/settings.ts";
import { newRuleStore } from "../../lib/rules/table-rule-store.ts";
import { Reader } from "../../lib/storage/read/reader.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import type { Table } from "../../lib/storage/table/table.ts";
import { Writers } from "../../lib/storage/write/writers.ts";

export const START_MS = Date.UTC(2026, 10, 20, 3);
export const TENANT = "default";

export interface World {
  readonly table: Table;
  readonly time: { nowMs: number };
  readonly sent: NotificationBatch[];
  readonly logged: string[];
  /** Stores the groups of a rule file in a namespace. */
  setRules(text: string, namespace?: string): Promise<void>;
  removeGroup(name: string, namespace?: string): Promise<void>;
  write(
    samples: readonly (readonly [text: string, timestamp: number, value: number | "stale"])[],
  ): Promise<void>;
  run(): Promise<RunReport>;
  /** A runner of another process: it remembers nothing. */
  newProcess(table?: Table): RuleRunner;
  /** Every sample of the series that have a metric name, by label set. */
  read(metric: string): Promise<Map<string, (readonly [offsetMs: number, value: number | "stale"])[]>>;
}

const QUERY = querySettings({ takesExperiments: false, useStartTimestamps: false }, DEFAULT_LIMITS);

interface WorldOptions {
  readonly engine?: QueryEngine;
  readonly gatherMs?: number;
}

const ENGINE: QueryEngine = { instantQuery, rangeQuery };

export function newWorld(
  settings: Partial<RuleSettings> = {},
  table: Table = new MemoryTable(),
  { engine = ENGINE, gatherMs }: WorldOptions = {},
): World {
  const time = { nowMs: START_MS };
  const clock = () => time.nowMs;
  const sent: NotificationBatch[] = [];
  const logged: string[] = [];
  const writers = () => new Writers({ clock, randomBytes, limits: DEFAULT_LIMITS, maxBytes: 2 ** 26 });
  const ownWriters = writers();
  const newProcess = (of: Table = table) => {
    const { parse, limits, lookbackDeltaMs, defaultSubqueryStepMs } = QUERY;
    const options = {
      lookbackDeltaMs,
      limits,
      clock,
      defaultSubqueryStepMs,
      delayedNameRemoval: false,
      typeAndUnitLabels: false,
      useStartTimestamps: false,
      perStepStats: false,
    };
    return new RuleRunner({
      table: of,
      clock,
      limits: DEFAULT_LIMITS,
      writers: writers(),
      log: (level, message, fields) => {
        if (level !== "debug") logged.push(`${level} ${message} ${JSON.stringify(fields)}`);
      },
      groups: new GroupMemory(),
      gatherMs,
      context: {
        query: newRuleQuery({ engine, options, parse }),
        templates: ALERT_TEMPLATES,
        settings: { ...DEFAULT_RULE_SETTINGS, queryOffsetMs: 0, ...settings },
        limits: DEFAULT_LIMITS,
        clock,
      },
      notifier: {
        async notify(batches) {
          sent.push(...batches);
          return {
            delivered: batches.reduce((sum, { notifications }) => sum + notifications.length, 0),
            failed: 0,
          };
        },
      },
      placeOf: async (tenant: string) => ({ storedAs: tenant, retentionMs: 0 }),
    });
  };
  const runner = newProcess();
  const store = newRuleStore(table);
  return {
    table,
    time,
    sent,
    logged,
    newProcess,
    async setRules(text, namespace = "rules.yml") {
      const { file, problems } = parseRuleFile(text);
      if (file === undefined) throw new Error(problems.map(printProblem).join("\n"));
      for (const group of file.groups) await store.put(TENANT, namespace, group);
    },
    async removeGroup(name, namespace = "rules.yml") {
      await store.delete(TENANT, namespace, name);
    },
    async write(samples) {
      const recorded = samples.map(
        ([text, timestamp, value]): RecordedSample => ({ labels: parseLabels(text), timestamp, value }),
      );
      await ownWriters.appender({ tenant: TENANT, retentionMs: 0 }, table).append(recordedBatch(recorded));
    },
    run: () => runner.run({ deadlineMs: Number.POSITIVE_INFINITY }),
    async read(metric) {
      const reader = new Reader(table, { tenant: TENANT, clock, limits: DEFAULT_LIMITS, retentionMs: 0 });
      const matchers = [newMatcher("=", METRIC_NAME, metric)];
      const found = new Map<string, (readonly [number, number | "stale"])[]>();
      const range = { minTime: START_MS - MINUTE_MS * 60, maxTime: time.nowMs + MINUTE_MS * 60 };
      for await (const { labels, timestamps, values } of reader.select({ matchers, ...range })) {
        const samples = Array.from(timestamps, (at, i) => {
          const value = Number.isNaN(values[i]) ? "stale" : values[i];
          return [at - START_MS, value] as const;
        });
        found.set(printLabelSet(labels), samples);
      }
      return found;
    },
  };
}

/** `up{job="a"}`. */
export function parseLabels(text: string): LabelSet {
  const [, name, rest = ""] = /^([\w:]+)(?:\{(.*)\})?$/.exec(text)!;
  const labels: Label[] = [[METRIC_NAME, name]];
  for (const [, label, value] of rest.matchAll(/(\w+)="([^"]*)"/g)) labels.push([label, value]);
  return labelSetOf(labels).toSorted((a, b) => compareLabelSets([a], [b]));
}

export function printLabelSet(labels: LabelSet): string {
  return labels
    .filter(([name]) => name !== METRIC_NAME)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
