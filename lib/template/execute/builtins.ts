/** The functions that Go's text/template has by itself. `and` and `or` stop early and are evaluated with their arguments. */
import { printableValue, sprint, sprintln } from "../format/printer.ts";
import { sprintf } from "../format/printf.ts";
import {
  ANY,
  bool,
  CallError,
  isTrue,
  type MaybeValue,
  REFLECT_VALUE,
  STRING,
  string,
  textOf,
  withoutInterface,
} from "../value/types.ts";
import { indexValue, lengthOf, sliceValue } from "./collections.ts";
import { equalsAny, isLess, isLessOrEqual } from "./compare.ts";
import { escapeHtml, escapeJs, escapeQuery } from "./escape.ts";
import type { FunctionMap, TemplateFunction } from "./function.ts";

const one = [REFLECT_VALUE];
const two = [REFLECT_VALUE, REFLECT_VALUE];

/** The arguments as one text; a single string as it is. */
function joined(args: readonly MaybeValue[]): string {
  if (args.length === 1 && args[0]?.type.name === "string") return textOf(args[0]);
  return sprint(args.map(shown));
}

function shown(value: MaybeValue): MaybeValue {
  const printable = printableValue(value);
  return printable === "no value" ? string("<no value>") : printable;
}

const compares = (compare: (a: MaybeValue, b: MaybeValue) => boolean): TemplateFunction => ({
  params: two,
  call: ([a, b]) => bool(compare(a, b)),
});
const prints = (print: (args: readonly MaybeValue[]) => string): TemplateFunction => ({
  params: [],
  variadic: ANY,
  call: (args) => string(print(args)),
});

export const BUILTINS: FunctionMap = new Map<string, TemplateFunction>([
  ["and", { params: one, variadic: REFLECT_VALUE, call: () => undefined }],
  ["or", { params: one, variadic: REFLECT_VALUE, call: () => undefined }],
  ["not", { params: one, call: ([value]) => bool(!isTrue(withoutInterface(value))) }],
  ["len", { params: one, call: ([value]) => lengthOf(value) }],
  ["index", { params: one, variadic: REFLECT_VALUE, call: ([item, ...rest]) => indexValue(item, rest) }],
  ["slice", { params: one, variadic: REFLECT_VALUE, call: ([item, ...rest]) => sliceValue(item, rest) }],
  // Its error names the argument, which only the evaluation knows.
  ["call", { params: one, variadic: REFLECT_VALUE, call: () => undefined }],
  ["html", prints((args) => escapeHtml(joined(args)))],
  ["js", prints((args) => escapeJs(joined(args)))],
  ["urlquery", prints((args) => escapeQuery(joined(args)))],
  ["print", prints(sprint)],
  ["println", prints(sprintln)],
  [
    "printf",
    {
      params: [STRING],
      variadic: ANY,
      call: ([format, ...args], meter) =>
        string(sprintf(textOf(format!), args, (size) => meter.checkSize(size))),
    },
  ],
  ["eq", { params: one, variadic: REFLECT_VALUE, call: ([first, ...rest]) => bool(equalsAny(first, rest)) }],
  ["ne", compares((a, b) => !equalsAny(a, [b]))],
  ["lt", compares(isLess)],
  ["le", compares(isLessOrEqual)],
  ["gt", compares((a, b) => !isLessOrEqual(a, b))],
  ["ge", compares((a, b) => !isLess(a, b))],
]);

/** Templates have no values that are functions. */
export function callError(name: string, value: MaybeValue): CallError {
  const bare = withoutInterface(value);
  if (bare === undefined) return new CallError("call of nil");
  return new CallError(`non-function ${name} of type ${bare.type.name}`);
}
