/** Runs one test of a test file, as `promtool test rules` does: rules at each interval, then expressions. */
import { errorMessage, HearthError } from "../../model/errors.ts";
import { compareLabelSets, labelSetOf } from "../../model/labels.ts";
import { DEFAULT_LIMITS } from "../../model/limits.ts";
import { instantQuery, rangeQuery } from "../../promql/engine/engine.ts";
import type { ParseOptions } from "../../promql/parse/options.ts";
import { parseExpr } from "../../promql/parse/parse-expr.ts";
import { printDuration } from "../../promql/syntax/duration-text.ts";
import { ALERT_NAME } from "../alert.ts";
import { ALERT_TEMPLATES } from "../alert-templates.ts";
import { type EvaluationContext, evaluateGroup } from "../evaluate/evaluate-group.ts";
import { newRuleQuery, type RuleQuery } from "../evaluate/rule-query.ts";
import type { GroupState } from "../group-state.ts";
import type { RecordedSample } from "../recorded-samples.ts";
import { isAlerting, nameOf, type RuleGroup } from "../rule-file.ts";
import { type FoundAlert, type FoundSample, printAlertMismatch, printSampleMismatch } from "./mismatch.ts";
import { parseHistogram } from "./notation/histogram-literal.ts";
import { parseLabels, parseSeries } from "./notation/series-notation.ts";
import { printHistogramLiteral } from "./print-histogram-literal.ts";
import { SampleSource } from "./sample-source.ts";
import type { AlertTest, ExprTest, InputSeries, RuleTest, RuleTestFile } from "./test-file.ts";

/** A query may hold as much as it likes: a test is the developer's own. */
const QUERY_LIMITS = {
  maxSamples: 50_000_000,
  maxSteps: 1_000_000,
  maxSeries: 1_000_000,
  timeoutMs: 600_000,
};
const LOOKBACK_MS = 5 * 60_000;

export interface RuleTestOptions {
  readonly file: Pick<RuleTestFile, "evaluationIntervalMs" | "groupOrder" | "fuzzyCompare">;
  /** Of all rule files, in their order. */
  readonly groups: readonly RuleGroup[];
  readonly parse: ParseOptions;
  readonly delayedNameRemoval: boolean;
  /** Whether mismatches show differences instead of both sides. */
  readonly diff: boolean;
}

export interface RuleTestResult {
  /** What failed, in promtool's words; empty for a test that passes. */
  readonly errors: readonly string[];
  /** What was loaded and recorded, for `--debug`. */
  readonly source: SampleSource;
  readonly endMs: number;
}

export async function runRuleTest(test: RuleTest, options: RuleTestOptions): Promise<RuleTestResult> {
  const run = new TestRun(test, options);
  const errors = await run.run();
  return { errors, source: run.source, endMs: run.endMs };
}

/** Input samples in the order of their times. */
type PendingSample = RecordedSample;

class TestRun {
  readonly source = new SampleSource();
  readonly endMs: number;
  readonly #test: RuleTest;
  readonly #options: RuleTestOptions;
  readonly #query: RuleQuery;
  readonly #context: EvaluationContext;
  readonly #groups: readonly RuleGroup[];
  readonly #states = new Map<RuleGroup, GroupState>();

  constructor(test: RuleTest, options: RuleTestOptions) {
    this.#test = test;
    this.#options = options;
    const { evaluationIntervalMs } = options.file;
    const times = [...test.alertTests, ...test.exprTests].map(({ evalTimeMs }) => evalTimeMs);
    this.endMs = test.startMs + times.reduce((latest, time) => Math.max(latest, time), 0);
    const clock = () => 0;
    this.#query = newRuleQuery({
      engine: { instantQuery, rangeQuery },
      parse: options.parse,
      options: {
        lookbackDeltaMs: LOOKBACK_MS,
        limits: QUERY_LIMITS,
        clock,
        defaultSubqueryStepMs: evaluationIntervalMs,
        delayedNameRemoval: options.delayedNameRemoval,
        typeAndUnitLabels: false,
        useStartTimestamps: false,
        perStepStats: false,
      },
    });
    this.#context = {
      query: this.#query,
      templates: ALERT_TEMPLATES,
      limits: DEFAULT_LIMITS,
      clock,
      settings: {
        intervalMs: evaluationIntervalMs,
        queryOffsetMs: 0,
        externalLabels: labelSetOf(test.externalLabels),
        externalUrl: test.externalUrl,
      },
    };
    // promtool evaluates every group at each interval, whatever interval the group has.
    this.#groups = ordered(options.groups, options.file.groupOrder).map((group) => ({
      ...group,
      intervalMs: evaluationIntervalMs,
    }));
  }

  async run(): Promise<string[]> {
    const unnamed = this.#test.alertTests.find(({ alertName }) => alertName === "");
    if (unnamed !== undefined) return [missingName(unnamed, this.#test.name)];
    let pending: Iterator<PendingSample>;
    try {
      pending = samplesByTime(this.#test)[Symbol.iterator]();
    } catch (error) {
      return [expectInvalid(error)];
    }
    const errors: string[] = [];
    const { startMs } = this.#test;
    const { evaluationIntervalMs: intervalMs } = this.#options.file;
    const alertTests = this.#test.alertTests.toSorted((a, b) => a.evalTimeMs - b.evalTimeMs);
    let next = pending.next();
    for (let timeMs = startMs; timeMs <= this.endMs; timeMs += intervalMs) {
      for (; !next.done && next.value.timestamp <= timeMs; next = pending.next()) this.source.add(next.value);
      const failures = await this.#evaluate(timeMs);
      if (failures.length > 0) return [...errors, ...failures];
      for (const test of alertTests) {
        const at = startMs + test.evalTimeMs;
        if (at >= timeMs && at < timeMs + intervalMs) errors.push(...this.#checkAlerts(test));
      }
    }
    for (const test of this.#test.exprTests) errors.push(...(await this.#checkExpr(test)));
    return errors;
  }

  /** Groups see what groups before them have recorded. Returns what failed. */
  async #evaluate(timeMs: number): Promise<string[]> {
    const failures: string[] = [];
    for (const group of this.#groups) {
      const before = this.#states.get(group);
      const { state } = await evaluateGroup(group, before, timeMs, this.source, [], this.#context);
      this.#states.set(group, state);
      for (const sample of state.written) this.source.add(sample);
      for (const [i, { lastError }] of state.rules.entries())
        if (lastError !== "")
          failures.push(
            `    rule: ${nameOf(group.rules[i])}, time: ${printDuration(timeMs)}, err: ${lastError}`,
          );
    }
    return failures;
  }

  #checkAlerts(test: AlertTest): string[] {
    const found = this.#groups.flatMap((group) =>
      group.rules.flatMap((rule, i): FoundAlert[] => {
        if (!isAlerting(rule) || rule.alert !== test.alertName) return [];
        const alerts = this.#states.get(group)?.rules[i].alerts ?? [];
        return alerts
          .filter(({ state }) => state === "firing")
          .map(({ labels, annotations }) => ({ labels, annotations }));
      }),
    );
    const expected = test.expected.map(({ labels, annotations }) => ({
      labels: labelSetOf(new Map([...labels, [ALERT_NAME, test.alertName]])),
      annotations: labelSetOf(annotations),
    }));
    const mismatch = printAlertMismatch(sortedAlerts(expected), sortedAlerts(found), this.#options.diff);
    if (mismatch === undefined) return [];
    const name = this.#test.name === "" ? "" : `    name: ${this.#test.name},\n`;
    const time = printDuration(test.evalTimeMs);
    return [`${name}    alertname: ${test.alertName}, time: ${time}, \n        ${mismatch}`];
  }

  async #checkExpr(test: ExprTest): Promise<string[]> {
    const title = `    expr: ${JSON.stringify(test.expr)}, time: ${printDuration(test.evalTimeMs)},`;
    let found: FoundSample[];
    try {
      parseExpr(test.expr, this.#options.parse);
      const result = await this.#query(this.source, test.expr, this.#test.startMs + test.evalTimeMs);
      found = result.map(({ labels, value }) =>
        typeof value === "number"
          ? { labels, value, histogram: "" }
          : { labels, value: 0, histogram: printHistogramLiteral(value) },
      );
    } catch (error) {
      return [`${title} err: ${expectInvalid(error)}`];
    }
    let expected: FoundSample[];
    try {
      expected = test.expected.map(expectedSample);
    } catch (error) {
      return [`${title} err: ${expectInvalid(error)}`];
    }
    const mismatch = printSampleMismatch(
      sortedSamples(expected),
      sortedSamples(found),
      this.#options.file.fuzzyCompare,
    );
    return mismatch === undefined ? [] : [`${title}\n        ${mismatch}`];
  }
}

function expectedSample({ labels, value, histogram }: ExprTest["expected"][number]): FoundSample {
  try {
    const text = histogram.trim();
    const literal = /^\{\{(.*)\}\}$/s.exec(text)?.[1];
    if (text !== "" && literal === undefined)
      throw new HearthError("invalid", `expected a histogram, got ${text}`);
    return {
      labels: labels.trim() === "" ? [] : parseLabels(labels.trim()),
      value: literal === undefined ? value : 0,
      histogram: literal === undefined ? "" : printHistogramLiteral(parseHistogram(literal).histogram),
    };
  } catch (error) {
    throw new HearthError("invalid", `labels ${JSON.stringify(labels)}: ${expectInvalid(error)}`);
  }
}

/** What is wrong with a test's own texts; anything else is a bug and is thrown. */
function expectInvalid(error: unknown): string {
  if (error instanceof HearthError) return errorMessage(error);
  throw error;
}

function missingName({ evalTimeMs }: AlertTest, testName: string): string {
  const where = testName === "" ? "" : ` (in TestGroup ${testName})`;
  return `an item under alert_rule_test misses required attribute alertname at eval_time ${printDuration(evalTimeMs)}${where}`;
}

/** Groups that the order does not name are as the first. */
function ordered(groups: readonly RuleGroup[], order: readonly string[]): RuleGroup[] {
  const place = ({ name }: RuleGroup) => Math.max(order.indexOf(name), 0);
  return groups.toSorted((a, b) => place(a) - place(b));
}

/** Throws "invalid" for a series that is none. */
function samplesByTime({ inputSeries, intervalMs, startMs }: RuleTest): PendingSample[] {
  const all = inputSeries.flatMap((series) => samplesOf(series, intervalMs, startMs));
  return all.sort((a, b) => a.timestamp - b.timestamp);
}

function samplesOf({ series, values }: InputSeries, intervalMs: number, startMs: number): PendingSample[] {
  const parsed = parseSeries(`${series.trim()} ${values}`);
  return parsed.values.flatMap((value, i): PendingSample[] => {
    const at = { labels: parsed.labels, timestamp: startMs + i * intervalMs };
    if (value.kind === "omitted") return [];
    if (value.kind === "stale") return [{ ...at, value: "stale" }];
    return [{ ...at, value: value.kind === "float" ? value.value : value.histogram }];
  });
}

function sortedAlerts(alerts: readonly FoundAlert[]): FoundAlert[] {
  return alerts.toSorted(
    (a, b) => compareLabelSets(a.labels, b.labels) || compareLabelSets(a.annotations, b.annotations),
  );
}

function sortedSamples(samples: readonly FoundSample[]): FoundSample[] {
  return samples.toSorted((a, b) => compareLabelSets(a.labels, b.labels));
}
