/** Go's time.Duration: nanoseconds in 64 bits. https://pkg.go.dev/time#Duration */
import {
  float,
  type GoType,
  INT64,
  integerOf,
  type Method,
  STRING,
  string,
  type Value,
} from "../value/types.ts";

const MICROSECOND = 1000n;
const MILLISECOND = 1_000_000n;
const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;
const MAX = 2n ** 63n - 1n;

const methods = new Map<string, Method>();

export const DURATION: GoType = {
  name: "time.Duration",
  kind: "int",
  methods,
  print: (value) => printDuration(integerOf(value)),
};
export const DURATION_POINTER: GoType = { name: "*time.Duration", kind: "pointer", elem: DURATION };

export const duration = (nanoseconds: bigint): Value => ({
  type: DURATION,
  data: BigInt.asIntN(64, nanoseconds),
});

const method = (name: string, call: (nanoseconds: bigint) => Value) =>
  methods.set(name, { params: [], call: (receiver) => call(integerOf(receiver)) });
const integer = (data: bigint): Value => ({ type: INT64, data });

method("String", (d) => string(printDuration(d)));
method("Nanoseconds", integer);
method("Microseconds", (d) => integer(d / MICROSECOND));
method("Milliseconds", (d) => integer(d / MILLISECOND));
method("Seconds", (d) => float(inUnits(d, SECOND)));
method("Minutes", (d) => float(inUnits(d, MINUTE)));
method("Hours", (d) => float(inUnits(d, HOUR)));
method("Abs", (d) => duration(d < 0n ? (-d > MAX ? MAX : -d) : d));
methods.set("Truncate", {
  params: [DURATION],
  call: (receiver, [unit]) => duration(truncate(integerOf(receiver), integerOf(unit!))),
});
methods.set("Round", {
  params: [DURATION],
  call: (receiver, [unit]) => duration(round(integerOf(receiver), integerOf(unit!))),
});

/** Whole units and the rest apart, so that no digit is lost. */
function inUnits(nanoseconds: bigint, unit: bigint): number {
  return Number(nanoseconds / unit) + Number(nanoseconds % unit) / Number(unit);
}

function truncate(value: bigint, unit: bigint): bigint {
  return unit <= 0n ? value : value - (value % unit);
}

/** Half away from zero. */
function round(value: bigint, unit: bigint): bigint {
  if (unit <= 0n) return value;
  const rest = value % unit;
  const magnitude = rest < 0n ? -rest : rest;
  if (magnitude + magnitude < unit) return value - rest;
  const rounded = value < 0n ? value - rest - unit : value - rest + unit;
  return rounded > MAX ? MAX : rounded < -MAX - 1n ? -MAX - 1n : rounded;
}

/** `1h2m3.5s`, `1.5µs`, `0s`, as bytes. */
function printDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  const sign = nanoseconds < 0n ? "-" : "";
  const d = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (d < MICROSECOND) return `${sign}${d}ns`;
  // The two bytes of the micro sign in UTF-8.
  if (d < MILLISECOND) return `${sign}${decimal(d, MICROSECOND)}\xc2\xb5s`;
  if (d < SECOND) return `${sign}${decimal(d, MILLISECOND)}ms`;
  const seconds = `${decimal(d % MINUTE, SECOND)}s`;
  if (d < MINUTE) return sign + seconds;
  const minutes = `${(d / MINUTE) % 60n}m${seconds}`;
  return d < HOUR ? sign + minutes : `${sign}${d / HOUR}h${minutes}`;
}

function decimal(value: bigint, unit: bigint): string {
  const digits = (value % unit)
    .toString()
    .padStart(unit.toString().length - 1, "0")
    .replace(/0+$/, "");
  return digits === "" ? String(value / unit) : `${value / unit}.${digits}`;
}

export const STRING_METHOD: Method = {
  params: [],
  call: (receiver) => string(receiver.type.print!(receiver)),
};

/** A type of whole numbers with names, such as time.Month. */
export function namedInteger(name: string, names: readonly string[], first: number): GoType {
  const print = (value: Value) => names[Number(integerOf(value)) - first] ?? String(value.data);
  return { name, kind: "int", print, methods: new Map([["String", STRING_METHOD]]) };
}

export const NO_PARAMS = [] as const;
export const STRING_PARAM = [STRING] as const;
