/** What is known of a group between two evaluations. */
import type { LabelSet } from "../model/labels.ts";
import type { Alert } from "./alert.ts";
import type { Notification } from "./notifier.ts";
import type { RecordedSample } from "./recorded-samples.ts";

export type RuleHealth = "unknown" | "ok" | "err";

export interface GroupState {
  /** The nominal time of the newest evaluation, in ms. */
  readonly evaluatedMs: number;
  /** When the newest evaluation began, by the clock, in ms. */
  readonly startedMs: number;
  /** How long it took, in ms. */
  readonly durationMs: number;
  /** Nominal times that were left out because evaluations had stood still for too long; a count from the beginning. */
  readonly missed: number;
  /** In the order of the group's rules at the newest evaluation. */
  readonly rules: readonly RuleState[];
  /**
   * The samples of the newest evaluation. They are stored only after this state is, so a process that does not know
   * whether that happened stores them again.
   */
  readonly written: readonly RecordedSample[];
  /** Alerts that began to fire or were resolved at the newest evaluation. They are sent only after this state is stored, too. */
  readonly changes: readonly Notification[];
}

export interface RuleState {
  /** See `ruleKey`. */
  readonly key: string;
  readonly health: RuleHealth;
  /** "" unless `health` is "err". */
  readonly lastError: string;
  /** When the newest evaluation began, by the clock; 0 for none. */
  readonly startedMs: number;
  readonly durationMs: number;
  /** The series that the newest evaluation without an error wrote. */
  readonly series: readonly LabelSet[];
  /** Of an alerting rule. */
  readonly alerts: readonly Alert[];
}
