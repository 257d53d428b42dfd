/** Go's time.Time in UTC, which is what `toTime` returns. https://pkg.go.dev/time#Time */
import {
  bool,
  type GoType,
  INT,
  INT64,
  int,
  integerOf,
  type MaybeValue,
  type Method,
  STRING,
  string,
  textOf,
  type Value,
} from "../value/types.ts";
import { DURATION, duration, namedInteger } from "./duration.ts";
import { formatTime, MONTHS, type TimeParts, WEEKDAYS } from "./layout.ts";

const MS_NS = 1_000_000n;
const SECOND_NS = 1_000_000_000n;
const DAY_NS = 86_400n * SECOND_NS;
const STRING_LAYOUT = "2006-01-02 15:04:05.999999999 -0700 MST";
/** Seconds from year 1, at which Go's zero time is and from which it truncates, to the epoch. */
const YEAR_1_S = 62_135_596_800n;

const methods = new Map<string, Method>();

export const TIME: GoType = {
  name: "time.Time",
  kind: "struct",
  methods,
  print: (value) => formatTime(partsOf(nanosecondsOf(value)), STRING_LAYOUT),
};
export const TIME_POINTER: GoType = { name: "*time.Time", kind: "pointer", elem: TIME };
const MONTH = namedInteger("time.Month", MONTHS, 1);
const WEEKDAY = namedInteger("time.Weekday", WEEKDAYS, 0);

/** Nanoseconds since the epoch. */
export const time = (nanoseconds: bigint): Value => ({ type: TIME, data: nanoseconds });
const nanosecondsOf = (value: MaybeValue) => value!.data as bigint;

const get = (name: string, call: (nanoseconds: bigint, time: TimeParts) => Value) =>
  methods.set(name, {
    params: [],
    call: (receiver) => call(nanosecondsOf(receiver), partsOf(nanosecondsOf(receiver))),
  });
const take = (name: string, param: GoType, call: (nanoseconds: bigint, arg: Value) => Value) =>
  methods.set(name, {
    params: [param],
    call: (receiver, [arg]) => call(nanosecondsOf(receiver), arg!),
  });
const integer64 = (data: bigint): Value => ({ type: INT64, data });

get("String", (ns) => string(TIME.print!(time(ns))));
get("Unix", (ns) => integer64(floorDivide(ns, SECOND_NS)));
get("UnixMilli", (ns) => integer64(floorDivide(ns, MS_NS)));
get("UnixMicro", (ns) => integer64(floorDivide(ns, 1000n)));
get("UnixNano", (ns) => integer64(BigInt.asIntN(64, ns)));
get("UTC", time);
get("Local", time);
get("Year", (_, { year }) => int(year));
get("YearDay", (_, { yearDay }) => int(yearDay));
get("Month", (_, { month }) => ({ type: MONTH, data: BigInt(month) }));
get("Day", (_, { day }) => int(day));
get("Weekday", (_, { weekday }) => ({ type: WEEKDAY, data: BigInt(weekday) }));
get("Hour", (_, { hour }) => int(hour));
get("Minute", (_, { minute }) => int(minute));
get("Second", (_, { second }) => int(second));
get("Nanosecond", (_, { nanosecond }) => int(nanosecond));
get("IsZero", (ns) => bool(ns === -YEAR_1_S * SECOND_NS));
get("IsDST", () => bool(false));
take("Format", STRING, (ns, layout) => string(formatTime(partsOf(ns), textOf(layout))));
take("Add", DURATION, (ns, by) => time(ns + integerOf(by)));
take("Sub", TIME, (ns, other) => duration(clamp(ns - nanosecondsOf(other))));
take("Before", TIME, (ns, other) => bool(ns < nanosecondsOf(other)));
take("After", TIME, (ns, other) => bool(ns > nanosecondsOf(other)));
take("Equal", TIME, (ns, other) => bool(ns === nanosecondsOf(other)));
take("Compare", TIME, (ns, other) => int(ns < nanosecondsOf(other) ? -1 : ns > nanosecondsOf(other) ? 1 : 0));
take("Truncate", DURATION, (ns, unit) => time(ns - restOf(ns, integerOf(unit))));
take("Round", DURATION, (ns, unit) => time(rounded(ns, integerOf(unit))));
methods.set("AddDate", {
  params: [INT, INT, INT],
  call: (receiver, [years, months, days]) =>
    time(
      addDate(
        nanosecondsOf(receiver),
        ...([years, months, days].map((one) => Number(integerOf(one!))) as Triple),
      ),
    ),
});
for (const [name, results] of [
  ["Clock", 3],
  ["Date", 3],
] as const) {
  unfit(name, () => `function ${name} has ${results} return values; should be 1 or 2`);
}
unfit("ISOWeek", secondResult("int"));
unfit("Zone", secondResult("int"));

type Triple = [number, number, number];

/** Methods that Go refuses to call from a template. */
function unfit(name: string, reason: (name: string) => string): void {
  methods.set(name, { params: [], unfit: reason, call: () => undefined });
}

function secondResult(type: string) {
  return (name: string) =>
    `invalid function signature for ${name}: second return value should be error; is ${type}`;
}

function partsOf(nanoseconds: bigint): TimeParts {
  const date = new Date(Number(floorDivide(nanoseconds, MS_NS)));
  const year = date.getUTCFullYear();
  const startOfYear = Date.UTC(2000, 0, 1) + daysFrom2000(year);
  return {
    year,
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    yearDay: Math.floor((date.getTime() - startOfYear) / 86_400_000) + 1,
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    nanosecond: Number(floorModulo(nanoseconds, SECOND_NS)),
  };
}

/** ms from 1 January 2000 to 1 January of a year; `Date.UTC` takes years below 100 for 1900 and later. */
function daysFrom2000(year: number): number {
  const date = new Date(Date.UTC(2000, 0, 1));
  date.setUTCFullYear(year);
  return date.getTime() - Date.UTC(2000, 0, 1);
}

function addDate(nanoseconds: bigint, years: number, months: number, days: number): bigint {
  const midnight = floorDivide(nanoseconds, DAY_NS) * DAY_NS;
  const date = new Date(Number(midnight / MS_NS));
  const moved = new Date(0);
  moved.setUTCFullYear(date.getUTCFullYear() + years, date.getUTCMonth() + months, date.getUTCDate() + days);
  return BigInt(moved.getTime()) * MS_NS + (nanoseconds - midnight);
}

/** Since year 1, as Go counts. */
function restOf(nanoseconds: bigint, unit: bigint): bigint {
  return unit <= 0n ? 0n : floorModulo(nanoseconds + YEAR_1_S * SECOND_NS, unit);
}

function rounded(nanoseconds: bigint, unit: bigint): bigint {
  const rest = restOf(nanoseconds, unit);
  return rest + rest < unit || unit <= 0n ? nanoseconds - rest : nanoseconds + unit - rest;
}

function clamp(value: bigint): bigint {
  const max = 2n ** 63n - 1n;
  return value > max ? max : value < -max - 1n ? -max - 1n : value;
}

function floorDivide(value: bigint, by: bigint): bigint {
  return (value - floorModulo(value, by)) / by;
}

function floorModulo(value: bigint, by: bigint): bigint {
  const rest = value % by;
  return rest < 0n ? rest + by : rest;
}
