/**
 * Expressions that are short and take long: each function, aggregation and operator over operands that are each large
 * in another way. They come from the lists of the language, so a new function is among them.
 */
import { FUNCTION_NAMES, type FunctionName, factsOf } from "../../lib/promql/syntax/functions.ts";
import type { ValueType } from "../../lib/promql/syntax/types.ts";

export interface HeavyExpression {
  readonly name: string;
  readonly text: string;
}

const NO_DATA = "(vector(time() * 7919) % 104729)";

const OPERANDS: Readonly<Record<Exclude<ValueType, "scalar" | "string">, readonly string[]>> = {
  matrix: [
    `${NO_DATA}[1000000s:1s]`,
    "deep[40h]",
    "wide[1h]",
    "h[1h]",
    "big[1h]",
    "bounds[1h]",
    "wide[1h:15s]",
  ],
  vector: [NO_DATA, "wide", "text", "h", "big", "bounds", "b_bucket"],
};

const AGGREGATIONS: readonly (readonly [operator: string, parameter: string])[] = [
  ...["sum", "avg", "count", "min", "max", "group", "stddev", "stdvar"].map((one) => [one, ""] as const),
  ["quantile", "0.5, "],
  ["topk", "10000, "],
  ["bottomk", "10000, "],
  ["limitk", "10000, "],
  ["limit_ratio", "0.9, "],
  ["count_values", '"value", '],
];

const GROUPINGS = ["", " by (job)", " by (instance, le)", " without (job)"];

const BINARY = [
  "+ on (instance, job)",
  "* on (job) group_left (instance)",
  "== bool on (instance)",
  "!= on (instance)",
  "and",
  "and on (job)",
  "or",
  "unless on ()",
  "/ ignoring (job)",
];

/** Labels of labels: each level has a value of eight times the one before. */
const GROWING = ["job", "a", "b", "c", "d", "e", "f"].reduce(
  (inner, name, i, names) =>
    i === 0
      ? inner
      : `label_join(${inner}, "${name}", "", ${Array(8)
          .fill(`"${names[i - 1]}"`)
          .join()})`,
  "wide",
);

export const HEAVY_EXPRESSIONS: readonly HeavyExpression[] = [
  ...FUNCTION_NAMES.flatMap(callsOf),
  ...AGGREGATIONS.flatMap(([operator, parameter]) =>
    OPERANDS.vector.map((operand, i) =>
      named(`${operator}${GROUPINGS[i % GROUPINGS.length]} (${parameter}${operand})`),
    ),
  ),
  ...GROUPINGS.flatMap((grouping) => OPERANDS.vector.map((operand) => named(`sum${grouping} (${operand})`))),
  ...BINARY.flatMap((operator) =>
    [
      ["wide", "wide"],
      ["wide", "one"],
      ["wide", "text"],
      ["h", "h"],
      ["big", "big"],
      ["bounds", "bounds offset 1m"],
      [NO_DATA, NO_DATA],
    ].map(([left, right]) => named(`${left} ${operator} ${right}`)),
  ),
  named(Array(490).fill("wide").join(" or ")),
  named(Array(490).fill("last_over_time(wide[1h])").join(" or ")),
  named(GROWING),
  named(`label_replace(wide, "a", "${"x".repeat(20_000)}", "", "")`),
  named(`label_replace(text, "c", "${"$1".repeat(5000)}", "a", "(.*)")`),
  named(`label_replace(text, "c", "$1", "a", "${"(x?)".repeat(500)}(x*)")`),
  named(`sum by (${Array.from({ length: 20_000 }, (_, i) => `l${i}`).join()}) (wide)`),
  named('sort_by_label(text, "a", "b")'),
  ...["h", "big", "bounds"].flatMap((one) =>
    ["</ 3", ">/ 3", "* 2", "/ 2"].map((by) => named(`${one} ${by}`)),
  ),
  named('label_join(text, "c", "-", "a", "b")'),
  named("-big"),
  named("-wide"),
  named("wide > 5"),
  named("vector(1)[292y:1ms]"),
  named("count_over_time(vector(1)[292y:1ms])"),
  named("deep[50h] anchored"),
  named("deep[50h] smoothed"),
  named("wide smoothed"),
];

function named(text: string): HeavyExpression {
  return { name: text.length > 90 ? `${text.slice(0, 90)}… (${text.length})` : text, text };
}

function callsOf(name: FunctionName): HeavyExpression[] {
  const { argTypes } = factsOf(name);
  const place = argTypes.findIndex((type) => type === "matrix" || type === "vector");
  if (place < 0) return [named(call(name, argTypes, ""))];
  const operands = OPERANDS[argTypes[place] as "matrix" | "vector"];
  return operands.map((operand) => named(call(name, argTypes, operand)));
}

function call(name: FunctionName, argTypes: readonly ValueType[], operand: string): string {
  if (name === "info") return `info(${operand})`;
  if (name === "label_replace") return `label_replace(${operand}, "x", "$1", "instance", "host-(.*)")`;
  const args = argTypes.map((type) => {
    if (type === "scalar") return "0.5";
    return type === "string" ? '"job"' : operand;
  });
  return `${name}(${args.join(", ")})`;
}
