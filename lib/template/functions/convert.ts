/** What Prometheus' functions take for a number. */
import { parseFloat64 } from "../text/parse-number.ts";
import { quote } from "../text/quote.ts";
import { CallError, floatOf, integerOf, type MaybeValue, textOf } from "../value/types.ts";

const INTEGERS = new Set(["int", "uint", "int64", "uint64"]);

/** Numbers, durations in seconds, and strings. */
export function toFloat(value: MaybeValue): number {
  if (value === undefined) throw new CallError("can't convert <nil> to float");
  const { name } = value.type;
  if (name === "float64") return floatOf(value);
  if (name === "string") return parsedFloat(textOf(value));
  if (INTEGERS.has(name)) return Number(integerOf(value));
  if (name === "time.Duration") {
    const nanoseconds = integerOf(value);
    return Number(nanoseconds / 1_000_000_000n) + Number(nanoseconds % 1_000_000_000n) / 1e9;
  }
  throw new CallError(`can't convert ${name} to float`);
}

function parsedFloat(text: string): number {
  const parsed = parseFloat64(text);
  if ("value" in parsed) return parsed.value;
  throw new CallError(`strconv.ParseFloat: parsing ${quote(text)}: ${parsed.problem}`);
}

const MAX_INT64 = 2n ** 63n - 1n;

/** As a processor converts a double to 64 bits: what does not fit becomes the smallest integer. */
export function toInt64(value: number): bigint {
  if (!Number.isFinite(value)) return -MAX_INT64 - 1n;
  const whole = BigInt(Math.trunc(value));
  return whole > MAX_INT64 || whole < -MAX_INT64 ? -MAX_INT64 - 1n : whole;
}
