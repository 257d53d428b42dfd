/** Layouts of Go's time.Format: the reference time is `Mon Jan 2 15:04:05 MST 2006`. https://pkg.go.dev/time#Layout */

export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
export const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** A time in UTC, in parts. */
export interface TimeParts {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly yearDay: number;
  /** Sunday is 0. */
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
}

const two = (value: number) => String(value).padStart(2, "0");
const hour12 = ({ hour }: TimeParts) => hour % 12 || 12;
const half = ({ hour }: TimeParts) => (hour >= 12 ? "PM" : "AM");

/** Elements of a layout, the longest first where one begins another. */
const ELEMENTS: readonly (readonly [pattern: RegExp, print: (time: TimeParts) => string])[] = [
  [/January/y, ({ month }) => MONTHS[month - 1]],
  [/Jan(?![a-z])/y, ({ month }) => MONTHS[month - 1].slice(0, 3)],
  [/Monday/y, ({ weekday }) => WEEKDAYS[weekday]],
  [/Mon(?![a-z])/y, ({ weekday }) => WEEKDAYS[weekday].slice(0, 3)],
  [/MST/y, () => "UTC"],
  [/01/y, ({ month }) => two(month)],
  [/02/y, ({ day }) => two(day)],
  [/03/y, (time) => two(hour12(time))],
  [/04/y, ({ minute }) => two(minute)],
  [/05/y, ({ second }) => two(second)],
  [/06/y, ({ year }) => two(year % 100)],
  [/002/y, ({ yearDay }) => String(yearDay).padStart(3, "0")],
  [/15/y, ({ hour }) => two(hour)],
  [/1/y, ({ month }) => String(month)],
  [/2006/y, ({ year }) => String(year).padStart(4, "0")],
  [/2/y, ({ day }) => String(day)],
  [/_2006/y, ({ year }) => `_${String(year).padStart(4, "0")}`],
  [/__2/y, ({ yearDay }) => String(yearDay).padStart(3)],
  [/_2/y, ({ day }) => String(day).padStart(2)],
  [/3/y, (time) => String(hour12(time))],
  [/4/y, ({ minute }) => String(minute)],
  [/5/y, ({ second }) => String(second)],
  [/PM/y, half],
  [/pm/y, (time) => half(time).toLowerCase()],
  [/-07:00:00/y, () => "+00:00:00"],
  [/-070000/y, () => "+000000"],
  [/-07:00/y, () => "+00:00"],
  [/-0700/y, () => "+0000"],
  [/-07/y, () => "+00"],
  [/Z07:00:00|Z070000|Z07:00|Z0700|Z07/y, () => "Z"],
];
const FRACTION = /([.,])(0+|9+)(?![0-9])/y;

export function formatTime(time: TimeParts, layout: string): string {
  let out = "";
  for (let at = 0; at < layout.length; ) {
    const fraction = matchAt(FRACTION, layout, at);
    if (fraction !== null) {
      out += printFraction(time, fraction[1], fraction[2]);
      at += fraction[0].length;
      continue;
    }
    const found = ELEMENTS.find(([pattern]) => matchAt(pattern, layout, at) !== null);
    if (found === undefined) {
      out += layout[at++];
      continue;
    }
    out += found[1](time);
    at += matchAt(found[0], layout, at)![0].length;
  }
  return out;
}

/** Zeros keep their number of digits, nines drop trailing zeros. */
function printFraction({ nanosecond }: TimeParts, point: string, digits: string): string {
  const text = String(nanosecond).padStart(9, "0").slice(0, digits.length).padEnd(digits.length, "0");
  if (digits.startsWith("0")) return point + text;
  const kept = text.replace(/0+$/, "");
  return kept === "" ? "" : point + kept;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
