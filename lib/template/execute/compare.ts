/** `eq`, `ne`, `lt`, `le`, `gt`, `ge`: Go compares values of one kind only, and integers of either sign. */
import { noFlags } from "../format/flags.ts";
import { printArgument } from "../format/printer.ts";
import { CallError, type MaybeValue, type Value, withoutInterface } from "../value/types.ts";

const BASIC = ["bool", "int", "uint", "float", "complex", "string"] as const;
type Basic = (typeof BASIC)[number];

const BAD_TYPE = "invalid type for comparison";

function basicKind(value: MaybeValue): Basic | undefined {
  return BASIC.find((kind) => kind === value?.type.kind);
}

const isInteger = (kind: Basic | undefined) => kind === "int" || kind === "uint";

/** Whether the first equals one of the others. */
export function equalsAny(first: MaybeValue, others: readonly MaybeValue[]): boolean {
  if (others.length === 0) throw new CallError("missing argument for comparison");
  return others.some((other) => equals(withoutInterface(first), withoutInterface(other)));
}

function equals(a: MaybeValue, b: MaybeValue): boolean {
  const [kindA, kindB] = [basicKind(a), basicKind(b)];
  if (kindA !== kindB && !(isInteger(kindA) && isInteger(kindB))) {
    if (a !== undefined && b !== undefined) throw incompatible(a, b);
    return false;
  }
  if (kindA === undefined) return otherEquals(a, b);
  if (kindA !== "complex") return a!.data === b!.data;
  const [x, y] = [a!.data as readonly number[], b!.data as readonly number[]];
  return x.every((part, i) => part === y[i]);
}

/** Maps, slices, structs, pointers and nil. */
function otherEquals(a: MaybeValue, b: MaybeValue): boolean {
  if (a === undefined || b === undefined) return isNil(a) === isNil(b);
  if (a.type.kind !== b.type.kind) {
    throw new CallError(
      `non-comparable types ${printKind(a)}: ${a.type.name}, ${b.type.name}: ${printKind(b)}`,
    );
  }
  if (isNil(a) || isNil(b)) return isNil(a) === isNil(b);
  if (b.type.kind === "map" || b.type.kind === "slice") {
    throw new CallError(`non-comparable type ${printKind(b)}: ${b.type.name}`);
  }
  return a.type === b.type && a.data === b.data;
}

function printKind(value: Value): string {
  return printArgument(value, "v", noFlags());
}

function isNil(value: MaybeValue): boolean {
  if (value === undefined) return true;
  return (value.type.kind === "pointer" || value.type.kind === "interface") && value.data === undefined;
}

export function isLess(first: MaybeValue, second: MaybeValue): boolean {
  const [a, b] = [withoutInterface(first), withoutInterface(second)];
  const [kindA, kindB] = [basicKind(a), basicKind(b)];
  if (a === undefined || b === undefined || kindA === undefined || kindB === undefined) {
    throw new CallError(BAD_TYPE);
  }
  if (kindA !== kindB && !(isInteger(kindA) && isInteger(kindB))) throw incompatible(a, b);
  if (kindA === "bool" || kindA === "complex") throw new CallError(BAD_TYPE);
  return (a.data as number) < (b.data as number);
}

/** `<` or `==`: neither for NaN. */
export function isLessOrEqual(a: MaybeValue, b: MaybeValue): boolean {
  return isLess(a, b) || equalsAny(a, [b]);
}

function incompatible(a: Value, b: Value): CallError {
  return new CallError(`incompatible types for comparison: ${a.type.name} and ${b.type.name}`);
}
