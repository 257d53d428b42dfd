/** Rules in groups as they are shown: filtered, the troubled ones first. */
import type { ApiRule, RuleGroup } from "../../api/hearth.ts";

export type RuleState = "error" | "firing" | "pending" | "ok" | "unknown";

/** An error of the evaluation counts more than the state before it. */
export function stateOf({ health, state }: ApiRule): RuleState {
  if (health === "err") return "error";
  if (state === "firing" || state === "pending") return state;
  return health === "ok" ? "ok" : "unknown";
}

const ORDER: readonly RuleState[] = ["error", "firing", "pending", "unknown", "ok"];

export type StateCounts = Readonly<Record<RuleState, number>>;

export function countStates(groups: readonly RuleGroup[]): StateCounts {
  const counts = { error: 0, firing: 0, pending: 0, ok: 0, unknown: 0 };
  for (const { rules } of groups) for (const rule of rules) counts[stateOf(rule)]++;
  return counts;
}

/** Groups with the rules that pass; those of the most troubled rule first, then by file and name. */
export function shownGroups(
  groups: readonly RuleGroup[],
  text: string,
  state: RuleState | "all",
): readonly RuleGroup[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const passes = (group: RuleGroup, rule: ApiRule) => {
    if (state !== "all" && stateOf(rule) !== state) return false;
    const labels = Object.entries(rule.labels ?? {}).map(([name, value]) => `${name}=${value}`);
    const searched = [group.file, group.name, rule.name, rule.query, ...labels].join("\n").toLowerCase();
    return words.every((word) => searched.includes(word));
  };
  const trouble = ({ rules }: RuleGroup) => Math.min(...rules.map((rule) => ORDER.indexOf(stateOf(rule))));
  return groups
    .map((group) => ({ ...group, rules: group.rules.filter((rule) => passes(group, rule)) }))
    .filter(({ rules }) => rules.length > 0)
    .toSorted(
      (a, b) =>
        trouble(a) - trouble(b) || (a.file === b.file ? compare(a.name, b.name) : compare(a.file, b.file)),
    );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const MONTH_SECONDS = 30.436875 * 86_400;

/** Evaluations of a month. */
export function evaluationsOf({ interval }: RuleGroup): number {
  return interval <= 0 ? 0 : MONTH_SECONDS / interval;
}
