/** What the cost page shows: usage of today beside that of yesterday and of a week ago. */
import type { Client } from "../../api/client.ts";
import { type Usage, type UsageField, type UsageGroup, type UsageReport, usage } from "../../api/hearth.ts";
import { cardinality } from "../../api/prometheus.ts";
import { type Days, joinDays } from "./day-columns.ts";
import { dayShareOf, monthOf, utcDay } from "./money.ts";
import type { MonthlyCost } from "./savings.ts";

const DEFAULT_TENANT = "default";

/** The three days that stand beside each other; UTC. */
export interface ThreeDays<T> {
  readonly today: T;
  readonly yesterday: T;
  readonly lastWeek: T;
}

export interface CostDays extends ThreeDays<UsageReport> {
  readonly nowMs: number;
  /** The part of today that is over. */
  readonly dayShare: number;
}

/** Usage of the three days, each in groups. */
export async function loadDays(
  client: Client,
  by: readonly UsageField[],
  nowMs: number,
  signal: AbortSignal,
): Promise<CostDays> {
  const of = async (daysBefore: number) => {
    const day = utcDay(nowMs, daysBefore);
    return (await usage(client, by, { start: day, end: day }, signal)).data;
  };
  const [today, yesterday, lastWeek] = await Promise.all([of(0), of(1), of(7)]);
  return { today, yesterday, lastWeek, nowMs, dayShare: dayShareOf(utcDay(nowMs), nowMs) };
}

/** Today's figure as if the day were over; the others' as they are. */
export function projected(days: CostDays, figure: (usage: Usage) => number): ThreeDays<number> {
  const { today, yesterday, lastWeek, dayShare } = days;
  return {
    today: dayShare === 0 ? 0 : figure(today.total) / dayShare,
    yesterday: figure(yesterday.total),
    lastWeek: figure(lastWeek.total),
  };
}

/** Rows by a field: today's figure as if the day were over. */
export function rowsBy(
  days: CostDays,
  nameOf: (group: UsageGroup) => string,
  figure: (usage: Usage) => number,
  isRate = true,
): Days[] {
  const counted = ({ groups }: UsageReport, share: number) =>
    groups.map((group) => ({
      name: nameOf(group),
      value: share === 0 ? 0 : figure(group) / share,
    }));
  const { today, yesterday, lastWeek, dayShare } = days;
  return joinDays(counted(today, isRate ? dayShare : 1), counted(yesterday, 1), counted(lastWeek, 1));
}

/** Of what was stored when it was measured. Storage is billed by the month. */
export function storageMonth({ today: { prices } }: CostDays, { storedBytes }: Usage): number {
  return (storedBytes / 1e9) * prices.gbMonth;
}

/** Of the whole tenant, for what dropping a part of it saves. */
export async function loadMonthlyCost(
  client: Client,
  nowMs: number,
  signal: AbortSignal,
): Promise<MonthlyCost> {
  const [days, counted] = await Promise.all([
    loadDays(client, ["tenant"], nowMs, signal),
    cardinality(client, 1, signal),
  ]);
  return monthlyCost(days, counted.data.headStats.numSeries);
}

/** @param series Of the tenant today. */
export function monthlyCost(days: CostDays, series: number): MonthlyCost {
  const { groups, total } = days.today;
  // A key for every tenant sees the usage of all, and asks for the series of the default one.
  const own = groups.find(({ tenant }) => tenant === DEFAULT_TENANT) ?? groups[0] ?? total;
  return {
    series,
    ingestDollars: monthOf(own.dollars.write, days.dayShare),
    storageDollars: storageMonth(days, own),
  };
}
