/**
 * What a tenant's rules cost, as the table billed it. The server counts all rules together, since they share reads and
 * writes: a rule's own part is its share of the estimates.
 */
import type { CostEstimate, RuleGroup, UsageReport } from "../../api/hearth.ts";
import { dayShareOf, monthOf, utcDay } from "../cost/money.ts";
import { evaluationsOf } from "./rule-list.ts";

/** The route under which the server counts evaluations and what they store. */
const ROUTE = "(rules)";
/** Less of a day says nothing of a month. */
const LEAST_DAY_SHARE = 1 / 96;

export interface MeasuredCost {
  /** Dollars of the table, in a month. */
  readonly dollars: number;
  /** The day that they are extrapolated from. */
  readonly of: "yesterday" | "today";
}

/**
 * Of a report by route and day: the day that comes to more, since rules may be new today. Undefined while nothing, or too
 * little, is measured.
 */
export function measuredCost({ groups }: UsageReport, nowMs: number): MeasuredCost | undefined {
  const dollarsOf = (day: string) =>
    groups
      .filter((group) => group.route === ROUTE && group.day === day)
      .reduce((sum, group) => sum + group.dollars.total, 0);
  const today = utcDay(nowMs);
  const share = dayShareOf(today, nowMs);
  const ofToday = share < LEAST_DAY_SHARE ? 0 : monthOf(dollarsOf(today), share);
  const ofYesterday = monthOf(dollarsOf(utcDay(nowMs, 1)));
  if (ofToday === 0 && ofYesterday === 0) return undefined;
  return ofToday > ofYesterday
    ? { dollars: ofToday, of: "today" }
    : { dollars: ofYesterday, of: "yesterday" };
}

/** By expression: the part of all dollars that an evaluation's share of the read units comes to; nothing until each is known. */
export function sharesOf(
  groups: readonly RuleGroup[],
  estimates: ReadonlyMap<string, CostEstimate>,
): (query: string, group: RuleGroup) => number | undefined {
  const weightOf = (query: string, group: RuleGroup) => {
    const estimate = estimates.get(query);
    // What an evaluation writes is there for a rule that reads nothing, too.
    return estimate && (1 + estimate.readUnits) * evaluationsOf(group);
  };
  let all: number | undefined = 0;
  for (const group of groups)
    for (const { query } of group.rules) {
      const weight = weightOf(query, group);
      all = weight === undefined || all === undefined ? undefined : all + weight;
    }
  return (query, group) => {
    const weight = weightOf(query, group);
    return weight === undefined || !all ? undefined : weight / all;
  };
}
