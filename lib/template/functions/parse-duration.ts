/** Prometheus' durations in text: `1h30m`, with a sign. */
import { quote } from "../text/quote.ts";
import { CallError } from "../value/types.ts";

/** In ms, the largest first: parts come in this order. */
const UNITS: readonly (readonly [unit: string, ms: bigint])[] = [
  ["y", 365n * 86_400_000n],
  ["w", 7n * 86_400_000n],
  ["d", 86_400_000n],
  ["h", 3_600_000n],
  ["m", 60_000n],
  ["s", 1000n],
  ["ms", 1n],
];
const MAX_NS = 2n ** 63n - 1n;
const PART = /(\d+)([^\d]+)/gy;

/** In seconds. */
export function parseDurationSeconds(text: string): number {
  const isNegative = text.startsWith("-");
  const ms = parseMs(isNegative ? text.slice(1) : text);
  return Number(isNegative ? -ms : ms) / 1000;
}

function parseMs(text: string): bigint {
  if (text === "0") return 0n;
  if (text === "") throw new CallError("empty duration string");
  let ms = 0n;
  let end = 0;
  let last = -1;
  for (const [part, digits, name] of text.matchAll(PART)) {
    const unit = UNITS.findIndex(([one]) => one === name);
    if (unit < 0) throw new CallError(`unknown unit ${quote(name)} in duration ${quote(text)}`);
    if (unit <= last) throw new CallError(`not a valid duration string: ${quote(text)}`);
    last = unit;
    ms += BigInt(digits) * UNITS[unit][1];
    if (ms * 1_000_000n > MAX_NS) throw new CallError("duration out of range");
    end += part.length;
  }
  if (end < text.length) throw new CallError(`not a valid duration string: ${quote(text)}`);
  return ms;
}
