/** Texts of expressions as long as they may be: what could take a parser, a check or a printer the square of that. */

/** Just below the longest expression. */
const LENGTH = 260_000;

function fill(unit: string, length = LENGTH): string {
  return unit.repeat(Math.floor(length / unit.length));
}

/** `prefix` so many times, then `inner`, then `suffix` as often. */
function nested(prefix: string, inner: string, suffix: string, depth: number): string {
  return prefix.repeat(depth) + inner + suffix.repeat(depth);
}

function list(separator: string, item: (i: number) => string, most = LENGTH): string {
  const items: string[] = [];
  for (let i = 0, length = 0; length < most; i++) {
    items.push(item(i));
    length += items[i].length + separator.length;
  }
  return items.slice(0, -1).join(separator);
}

/** Units that are repeated; most of them are no expression. */
const UNITS = [
  ..."()[]{}+-*/%^=!<>@,:;\"'`\\#$.0 9ea_~\n\t",
  "a{",
  "a[",
  "a(",
  "1e",
  "0x",
  "1_",
  "1h",
  '"a"',
  "sum(",
  "by(",
  "offset ",
  "a offset ",
  "@ ",
  "a + ",
  "-a",
  "a or ",
  "a and on() ",
  "#x\n",
  "\\u00e9",
  "é",
  "😀",
  "\ufffd",
  '{a="b"',
  '{a=~"',
  "[1h:1h]",
  "a[1h]",
  "bool ",
  "fill(",
];

export const LONG_TEXTS: readonly (readonly [name: string, text: string])[] = [
  ...UNITS.map((unit): [string, string] => [`${JSON.stringify(unit)} again and again`, fill(unit)]),
  ...UNITS.map((unit): [string, string] => [`a string of ${JSON.stringify(unit)}`, `"${fill(unit)}"`]),
  ["arguments", `label_join(a, "b", "", ${list(", ", () => '"c"')})`],
  [
    "many short arguments, nested",
    nested("abs(", `label_join(a,"b","",${list(",", () => '"c"', LENGTH - 4000)})`, ")", 450),
  ],
  ["grouping", `sum by (${list(", ", (i) => `l${i}`)}) (a)`],
  ["grouping by one label", `sum by (${list(",", () => "a")}) (a)`],
  [
    "on and group_left",
    `a + on (${list(",", (i) => `l${i}`).slice(0, LENGTH / 2)}) group_left (${list(",", (i) => `m${i}`).slice(0, LENGTH / 2)}) b`,
  ],
  ["matchers", `a{${list(",", (i) => `l${i}="v"`)}}`],
  ["regular expressions", `a{${list(",", (i) => `l${i}=~"v${i}.*"`)}}`],
  ["alternatives", `a{b=~"${list("|", (i) => `value${i}`)}"}`],
  ["alternatives that are no texts", `a{b=~"${list("|", (i) => `.*${i}.*`)}"}`],
  ["operands", list(" + ", () => "a")],
  ["operands in order of precedence", list(" + ", (i) => (i % 2 === 0 ? "a * b" : "c ^ d"))],
  ["parentheses", nested("(", "a", ")", LENGTH / 2 - 1)],
  ["parentheses as deep as may be", nested("(", fill("a", 200_000), ")", 480)],
  ["calls as deep as may be", nested("abs(", "a", ")", 480)],
  ["aggregations as deep as may be", nested("sum by (a) (", "a", ")", 480)],
  ["subqueries as deep as may be", nested("rate(", "a", "[1h:1m])", 240)],
  ["minuses as deep as may be", `${"-".repeat(480)}a`],
  ["durations", `a[${list(" + ", () => "1h")}]`],
  ["durations in parentheses", `a[${nested("(", "1h", ")", 480)}]`],
  ["offset of a long sum", `a offset (${list("+", () => "1s")})`],
  ["lines", `a +${"\n".repeat(LENGTH - 10)} b`],
  ["comments", `a + ${fill("# x\n", LENGTH - 10)} b`],
  ["an error at the end of many lines", `${fill("a +\n", 1600)}a${"\n".repeat(LENGTH - 2000)})`],
];
