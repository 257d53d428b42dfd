/** Go's fmt: values under verbs, as `print`, `println` and the output of an action print them. */
import type { ByteString } from "../text/byte-string.ts";
import {
  elementsOf,
  entriesOf,
  floatOf,
  integerOf,
  type MaybeValue,
  sortedEntries,
  targetOf,
  textOf,
  type Value,
} from "../value/types.ts";
import { type Flags, noFlags, pad, padWithSpaces } from "./flags.ts";
import { formatFloatVerb, formatInteger, formatString } from "./format-scalars.ts";

/** Stands for the address of what pointers point to, which Go prints and which differs at each run. */
const ADDRESS = 0xc000000000n;
/** Values in values. */
const MAX_DEPTH = 100;
const METHOD_VERBS = "vsxXq";

/** One argument under a verb. */
export function printArgument(value: MaybeValue, verb: string, flags: Flags): ByteString {
  if (value === undefined || (value.type.kind === "interface" && value.data === undefined)) {
    return verb === "T" || verb === "v" ? pad("<nil>", flags) : `%!${verb}(<nil>)`;
  }
  if (verb === "T") return formatString(value.type.name, "s", flags)!;
  if (verb === "p") return printPointer(value, "p", flags);
  return printWithMethods(value, verb, flags, 0);
}

function printWithMethods(value: Value, verb: string, flags: Flags, depth: number): ByteString {
  if (verb === "w") return badVerb(value, verb, flags);
  const { print, goPrint } = value.type;
  if (flags.sharpV) {
    if (goPrint !== undefined) return formatString(goPrint(value), "s", flags)!;
  } else if (METHOD_VERBS.includes(verb)) {
    if (print !== undefined) return formatString(print(value), verb, flags)!;
    // A pointer has the methods of what it points to.
    const target = value.type.kind === "pointer" ? targetOf(value) : undefined;
    if (target?.type.print !== undefined) return formatString(target.type.print(target), verb, flags)!;
  }
  return printPlain(value, verb, flags, depth);
}

function printPlain(value: Value, verb: string, flags: Flags, depth: number): ByteString {
  if (depth > MAX_DEPTH) return "...";
  switch (value.type.kind) {
    case "bool":
      if (verb !== "t" && verb !== "v") return badVerb(value, verb, flags);
      return pad(value.data === true ? "true" : "false", flags);
    case "int":
    case "uint":
      return (
        formatInteger(integerOf(value), value.type.kind === "int", verb, flags) ?? badVerb(value, verb, flags)
      );
    case "float":
      return formatFloatVerb(floatOf(value), verb, flags) ?? badVerb(value, verb, flags);
    case "complex":
      return printComplex(value, verb, flags);
    case "string":
      return formatString(textOf(value), verb, flags) ?? badVerb(value, verb, flags);
    case "map":
      return printMap(value, verb, flags, depth);
    case "slice":
      return printSlice(value, verb, flags, depth);
    case "struct":
      return printStruct(value, verb, flags, depth);
    case "interface":
      return flags.sharpV ? `${value.type.name}(nil)` : "<nil>";
    case "pointer": {
      const target = targetOf(value);
      if (depth === 0 && target !== undefined && ["slice", "struct", "map"].includes(target.type.kind)) {
        return `&${printWithMethods(target, verb, flags, depth + 1)}`;
      }
      return printPointer(value, verb, flags);
    }
  }
}

function printComplex(value: Value, verb: string, flags: Flags): ByteString {
  const [real, imaginary] = value.data as readonly [number, number];
  const first = formatFloatVerb(real, verb, flags);
  if (first === undefined) return badVerb(value, verb, flags);
  return `(${first}${formatFloatVerb(imaginary, verb, { ...flags, plus: true })}i)`;
}

/** A value inside another one; nothing is a nil. */
function printInner(value: MaybeValue, verb: string, flags: Flags, depth: number): ByteString {
  if (value === undefined) return verb === "v" ? "<nil>" : `%!${verb}(<nil>)`;
  return printWithMethods(value, verb, flags, depth + 1);
}

function printMap(value: Value, verb: string, flags: Flags, depth: number): ByteString {
  const entries = sortedEntries(value).map(([key, one]) => {
    const name = formatString(key, verb, flags) ?? badVerb({ type: STRING_KEY, data: key }, verb, flags);
    return `${name}:${printInner(one, verb, flags, depth)}`;
  });
  if (flags.sharpV) return `${value.type.name}{${entries.join(", ")}}`;
  return `map[${entries.join(" ")}]`;
}

const STRING_KEY = { name: "string", kind: "string" } as const;

function printSlice(value: Value, verb: string, flags: Flags, depth: number): ByteString {
  const items = elementsOf(value).map((item) => printInner(item, verb, flags, depth));
  return flags.sharpV ? `${value.type.name}{${items.join(", ")}}` : `[${items.join(" ")}]`;
}

function printStruct(value: Value, verb: string, flags: Flags, depth: number): ByteString {
  const fields = (value.type.fields ?? []).map((name) => {
    const field = printInner(entriesOf(value).get(name), verb, flags, depth);
    return flags.plusV || flags.sharpV ? `${name}:${field}` : field;
  });
  return flags.sharpV ? `${value.type.name}{${fields.join(", ")}}` : `{${fields.join(" ")}}`;
}

function printPointer(value: Value, verb: string, flags: Flags): ByteString {
  const { kind, name } = value.type;
  if (!["map", "pointer", "slice"].includes(kind)) return badVerb(value, verb, flags);
  const isNil = kind === "pointer" && value.data === undefined;
  const address = isNil ? 0n : ADDRESS;
  const hex = (sharp: boolean) => formatInteger(address, false, "x", { ...flags, sharp })!;
  if (verb === "p") return hex(!flags.sharp);
  if (verb !== "v") return formatInteger(address, false, verb, flags) ?? badVerb(value, verb, flags);
  if (flags.sharpV) return `(${name})(${isNil ? "nil" : hex(true)})`;
  return isNil ? padWithSpaces("<nil>", flags) : hex(!flags.sharp);
}

/** `%!d(string=hi)`. */
function badVerb(value: Value, verb: string, flags: Flags): ByteString {
  return `%!${verb}(${value.type.name}=${printPlain(value, "v", flags, 0)})`;
}

/** fmt.Sprint: spaces between two operands of which neither is a string. */
export function sprint(values: readonly MaybeValue[]): ByteString {
  let out = "";
  let previousIsString = false;
  for (const [i, value] of values.entries()) {
    const isString = value?.type.kind === "string";
    if (i > 0 && !isString && !previousIsString) out += " ";
    out += printArgument(value, "v", noFlags());
    previousIsString = isString;
  }
  return out;
}

/** fmt.Sprintln. */
export function sprintln(values: readonly MaybeValue[]): ByteString {
  return `${values.map((value) => printArgument(value, "v", noFlags())).join(" ")}\n`;
}

/** The value that an action prints: pointers are followed, and what is not there is named. */
export function printableValue(value: MaybeValue): MaybeValue | "no value" {
  const shown = value?.type.kind === "pointer" ? targetOf(value) : value;
  if (value?.type.kind === "pointer" && shown === undefined) return value;
  return shown === undefined ? "no value" : shown;
}
