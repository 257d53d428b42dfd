/**
 * Go's types, as far as templates see them. A type is plain data: its name in error messages, its kind, and the methods
 * that templates may call.
 */
import type { ByteString } from "../text/byte-string.ts";

export type Kind =
  | "bool"
  | "int"
  | "uint"
  | "float"
  | "complex"
  | "string"
  | "map"
  | "slice"
  | "struct"
  | "pointer"
  | "interface";

export interface GoType {
  /** As Go prints it: `float64`, `*template.sample`. */
  readonly name: string;
  readonly kind: Kind;
  /** Of maps, slices and pointers. */
  readonly elem?: GoType;
  /** Of structs, in order. */
  readonly fields?: readonly string[];
  readonly methods?: ReadonlyMap<string, Method>;
  /** The `String` method that printing uses, of the type itself. */
  readonly print?: (value: Value) => ByteString;
  /** The `GoString` method, for `%#v`. */
  readonly goPrint?: (value: Value) => ByteString;
}

/**
 * A value and its type. `data` by kind: bool a boolean; int and uint a bigint; float a number; complex two numbers; string a
 * byte string; map a `Map` by byte string; slice an array of values; struct a `Map` of fields, or what its methods know;
 * pointer a value, undefined for nil; interface undefined, since only a nil interface is kept as one.
 */
export interface Value {
  readonly type: GoType;
  readonly data: unknown;
}

/** Undefined is Go's invalid reflect.Value: an untyped nil, or what is not there. */
export type MaybeValue = Value | undefined;

/** A parameter's type. */
export interface Signature {
  readonly params: readonly GoType[];
  readonly variadic?: GoType;
  /** Why Go refuses to call it from a template, after its name. */
  readonly unfit?: (name: string) => string;
}

export interface Method extends Signature {
  readonly call: (receiver: Value, args: readonly MaybeValue[]) => MaybeValue;
}

/** A function's error, which Go reports as `error calling NAME: …`. */
export class CallError extends Error {}

export const ANY: GoType = { name: "interface {}", kind: "interface" };
/** Parameters that take any value as it is, nil and nil pointers included. */
export const REFLECT_VALUE: GoType = { name: "reflect.Value", kind: "struct" };
export const BOOL: GoType = { name: "bool", kind: "bool" };
export const INT: GoType = { name: "int", kind: "int" };
export const INT64: GoType = { name: "int64", kind: "int" };
export const UINT8: GoType = { name: "uint8", kind: "uint" };
export const FLOAT64: GoType = { name: "float64", kind: "float" };
export const COMPLEX128: GoType = { name: "complex128", kind: "complex" };
export const STRING: GoType = { name: "string", kind: "string" };
export const HTML: GoType = { name: "template.HTML", kind: "string" };
export const STRING_MAP: GoType = { name: "map[string]string", kind: "map", elem: STRING };
export const ANY_MAP: GoType = { name: "map[string]interface {}", kind: "map", elem: ANY };

export const NIL_ANY: Value = { type: ANY, data: undefined };

export const bool = (data: boolean): Value => ({ type: BOOL, data });
export const int = (data: bigint | number): Value => ({ type: INT, data: BigInt(data) });
export const float = (data: number): Value => ({ type: FLOAT64, data });
export const string = (data: ByteString): Value => ({ type: STRING, data });
export const stringMap = (entries: Iterable<readonly [ByteString, ByteString]>): Value => ({
  type: STRING_MAP,
  data: new Map(Array.from(entries, ([key, value]) => [key, string(value)])),
});

export const entriesOf = (value: Value) => value.data as ReadonlyMap<string, Value>;
export const elementsOf = (value: Value) => value.data as readonly Value[];
export const textOf = (value: Value) => value.data as ByteString;
export const integerOf = (value: Value) => value.data as bigint;
export const floatOf = (value: Value) => value.data as number;
export const targetOf = (value: Value) => value.data as MaybeValue;

/** The entries of a map in the order of their keys, as Go prints and ranges over them. */
export function sortedEntries(value: Value): [string, Value][] {
  return [...entriesOf(value)].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Follows pointers and interfaces. `isNil`: it ended at a nil pointer or a nil interface, which is the value then. */
export function indirect(value: MaybeValue): { readonly value: MaybeValue; readonly isNil: boolean } {
  let at = value;
  while (at !== undefined && (at.type.kind === "pointer" || at.type.kind === "interface")) {
    const target = targetOf(at);
    if (target === undefined) return { value: at, isNil: true };
    at = target;
  }
  return { value: at, isNil: false };
}

/** A nil interface is an untyped nil. */
export function withoutInterface(value: MaybeValue): MaybeValue {
  return value?.type.kind === "interface" ? undefined : value;
}

export function isTrue(value: MaybeValue): boolean {
  if (value === undefined) return false;
  switch (value.type.kind) {
    case "bool":
      return value.data === true;
    case "int":
    case "uint":
      return value.data !== 0n;
    case "float":
      return value.data !== 0;
    case "complex":
      return (value.data as [number, number]).some((part) => part !== 0);
    case "string":
      return value.data !== "";
    case "map":
      return entriesOf(value).size > 0;
    case "slice":
      return elementsOf(value).length > 0;
    case "struct":
      return true;
    case "pointer":
    case "interface":
      return value.data !== undefined;
  }
}

/** Types are equal by name: each has one. */
export function isAssignable(from: GoType, to: GoType): boolean {
  return to === ANY || from === to || from.name === to.name;
}

export function canBeNil(type: GoType): boolean {
  return ["map", "slice", "pointer", "interface"].includes(type.kind) || type === REFLECT_VALUE;
}

/** The nil, or zero, value of a type. */
export function zeroOf(type: GoType): MaybeValue {
  if (type === REFLECT_VALUE) return undefined;
  switch (type.kind) {
    case "string":
      return { type, data: "" };
    case "map":
      return { type, data: new Map() };
    case "slice":
      return { type, data: [] };
    default:
      return { type, data: undefined };
  }
}
