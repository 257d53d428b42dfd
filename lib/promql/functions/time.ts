/** Times and dates in UTC. */

import { stepTime } from "../plan/grid.ts";
import { withoutName } from "../runtime/result-labels.ts";
import { ABSENT, vectorOf } from "../runtime/value.ts";
import {
  type FunctionCall,
  mapFloats,
  newColumns,
  type VectorFunction,
  type VectorFunctions,
  vectorArg,
  withoutNames,
} from "./function-call.ts";
import { newestStartTimestamps, newestTimestamps } from "./newest-times.ts";

const SECONDS_PER_DAY = 86_400;

/** A calendar day; months start at 1. */
interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/**
 * For any day that a float represents exactly.
 * https://howardhinnant.github.io/date_algorithms.html#civil_from_days
 */
function dateOf(daysSinceEpoch: number): CalendarDate {
  const days = daysSinceEpoch + 719_468;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysInMonth({ year, month }: CalendarDate): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function dayOfYear({ year, month, day }: CalendarDate): number {
  let days = day;
  for (let before = 1; before < month; before++) days += daysInMonth({ year, month: before, day: 1 });
  return days;
}

/** By remainder: products of seconds beyond 2^53 would be inexact. */
const secondOfDay = (seconds: number) => ((seconds % SECONDS_PER_DAY) + SECONDS_PER_DAY) % SECONDS_PER_DAY;
const dayOf = (seconds: number) => Math.round((seconds - secondOfDay(seconds)) / SECONDS_PER_DAY);

/**
 * A value outside int64 becomes the one that Go makes of it, as far as its calendar reaches: the
 * year 292277026596.
 */
function wholeSeconds(value: number): number {
  return Math.abs(value) < 2 ** 63 ? Math.trunc(value) : 2 ** 63;
}

/** Of the samples' values, in seconds since the epoch; without an argument of the step's time. */
function datePart(part: (seconds: number) => number): VectorFunction {
  return (call) => {
    if (call.plan.args.length > 0)
      return mapFloats(call, vectorArg(call, 0), (value) => part(wholeSeconds(value)));
    const columns = newColumns(call);
    for (let step = 0; step < call.grid.steps; step++) {
      call.context.deadline.atCell(step);
      columns.setFloat(step, part(Math.trunc(stepTime(call.grid, step) / 1000)));
    }
    return vectorOf([columns.series([], false)]);
  };
}

const partOfDate = (part: (date: CalendarDate) => number) =>
  datePart((seconds) => part(dateOf(dayOf(seconds))));

function time({ grid, context: { deadline } }: FunctionCall): ReturnType<VectorFunction> {
  const values = new Float64Array(grid.steps);
  for (let step = 0; step < grid.steps; step++) {
    deadline.atCell(step);
    values[step] = stepTime(grid, step) / 1000;
  }
  return { type: "scalar", values };
}

/** The own time of stored samples, else the time of the step. */
function timestamp(call: FunctionCall): ReturnType<VectorFunction> {
  const { plan, grid, context } = call;
  const [arg] = plan.args;
  if (arg.kind === "select") {
    const series = newestTimestamps(arg, grid, context);
    return withoutNames(
      series.map((one) => ({ ...one, ...withoutName(one, context) })),
      call,
    );
  }
  const series = vectorArg(call, 0).map((one) => {
    const columns = newColumns(call);
    for (let step = 0; step < grid.steps; step++) {
      context.deadline.atCell(step);
      if (one.kinds[step] !== ABSENT) columns.setFloat(step, stepTime(grid, step) / 1000);
    }
    const { labels, dropsName } = withoutName(one, context);
    return columns.series(labels, dropsName);
  });
  return withoutNames(series, call);
}

/** Empty unless start timestamps are used and the argument is a selector. */
function startTimestamp(call: FunctionCall): ReturnType<VectorFunction> {
  const { plan, grid, context } = call;
  const [arg] = plan.args;
  if (arg.kind !== "select") {
    // Evaluated for its annotations and errors.
    vectorArg(call, 0);
    return vectorOf([]);
  }
  // The samples are read and counted either way.
  const series = newestStartTimestamps(arg, grid, context);
  if (!context.options.useStartTimestamps) return vectorOf([]);
  return withoutNames(
    series.map((one) => ({ ...one, ...withoutName(one, context) })),
    call,
  );
}

export const TIME_FUNCTIONS = {
  day_of_month: partOfDate(({ day }) => day),
  day_of_week: datePart((seconds) => (((dayOf(seconds) + 4) % 7) + 7) % 7),
  day_of_year: partOfDate(dayOfYear),
  days_in_month: partOfDate(daysInMonth),
  hour: datePart((seconds) => Math.floor(secondOfDay(seconds) / 3600)),
  minute: datePart((seconds) => Math.floor((secondOfDay(seconds) % 3600) / 60)),
  month: partOfDate(({ month }) => month),
  start_timestamp: startTimestamp,
  time,
  timestamp,
  year: partOfDate(({ year }) => year),
} satisfies VectorFunctions;
