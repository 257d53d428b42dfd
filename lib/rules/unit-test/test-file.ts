/** Test files of `promtool test rules`. https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/ */
import type { Label } from "../../model/labels.ts";

export interface RuleTestFile {
  /** As written: paths and patterns, relative to the file. */
  readonly ruleFiles: readonly string[];
  readonly evaluationIntervalMs: number;
  /** Names of groups; others come first, in the order of the files. */
  readonly groupOrder: readonly string[];
  readonly fuzzyCompare: boolean;
  readonly tests: readonly RuleTest[];
}

export interface RuleTest {
  /** "" for none. */
  readonly name: string;
  /** Between the values of series. */
  readonly intervalMs: number;
  readonly inputSeries: readonly InputSeries[];
  readonly alertTests: readonly AlertTest[];
  readonly exprTests: readonly ExprTest[];
  readonly externalLabels: readonly Label[];
  readonly externalUrl: string;
  readonly startMs: number;
}

export interface InputSeries {
  readonly series: string;
  readonly values: string;
}

/** Times are since the start of the test. */
export interface AlertTest {
  readonly evalTimeMs: number;
  readonly alertName: string;
  readonly expected: readonly ExpectedAlert[];
}

export interface ExpectedAlert {
  readonly labels: readonly Label[];
  readonly annotations: readonly Label[];
}

export interface ExprTest {
  readonly expr: string;
  readonly evalTimeMs: number;
  readonly expected: readonly ExpectedSample[];
}

export interface ExpectedSample {
  /** A metric in PromQL's notation. */
  readonly labels: string;
  readonly value: number;
  /** A histogram's literal; "" for a float. */
  readonly histogram: string;
}
