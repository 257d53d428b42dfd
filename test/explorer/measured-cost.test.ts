/** What the page of rules says they cost: what was billed, split by estimates. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { UsageReport } from "../../explorer/api/hearth.ts";
import { measuredCost, sharesOf } from "../../explorer/pages/rules/measured-cost.ts";

const NOON_MS = Date.UTC(2026, 10, 30, 12);
const MONTH_DAYS = 30.436875;

function report(...rows: readonly (readonly [route: string, day: string, dollars: number])[]): UsageReport {
  const groups = rows.map(([route, day, total]) => ({ route, day, dollars: { total } }));
  return { groups } as unknown as UsageReport;
}

test("rules cost what the day that comes to more billed for their route", () => {
  const other = ["query", "2026-11-30", 100] as const;
  const yesterday = ["(rules)", "2026-11-29", 0.02] as const;
  assert.deepEqual(measuredCost(report(other, yesterday, ["(rules)", "2026-11-30", 0.005]), NOON_MS), {
    dollars: 0.02 * MONTH_DAYS,
    of: "yesterday",
  });
  // Rules that are new since the morning: half a day so far.
  assert.deepEqual(measuredCost(report(other, ["(rules)", "2026-11-30", 0.02]), NOON_MS), {
    dollars: 0.04 * MONTH_DAYS,
    of: "today",
  });
  assert.equal(measuredCost(report(other), NOON_MS), undefined);
});

test("some minutes after midnight say nothing of a month", () => {
  const early = Date.UTC(2026, 10, 30, 0, 5);
  assert.equal(measuredCost(report(["(rules)", "2026-11-30", 1]), early), undefined);
});

test("a rule has its share of the read units, by how often it is evaluated; all shares are one", () => {
  const rule = { type: "recording", name: "r", health: "ok", evaluationTime: 0, lastEvaluation: "" } as const;
  const group = (interval: number, ...queries: string[]) => ({
    name: "g",
    file: "f",
    interval,
    evaluationTime: 0,
    lastEvaluation: "",
    rules: queries.map((query) => ({ ...rule, query })),
  });
  const [often, seldom] = [group(30, "a", "b"), group(60, "c")];
  const cost = (readUnits: number) => ({ seriesTouched: 0, samplesRead: 0, readUnits, dollars: 0 });
  const estimates = new Map([
    ["a", cost(1)],
    ["b", cost(0)],
    ["c", cost(3)],
  ]);
  const shareOf = sharesOf([often, seldom], estimates);
  assert.deepEqual(
    [shareOf("a", often), shareOf("b", often), shareOf("c", seldom)].map((share) => share?.toFixed(6)),
    ["0.400000", "0.200000", "0.400000"],
  );
  // While an estimate is missing no share is known.
  estimates.delete("b");
  assert.equal(sharesOf([often, seldom], estimates)("a", often), undefined);
});
