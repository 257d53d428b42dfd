/** `index`, `slice` and `len`. */
import {
  CallError,
  elementsOf,
  entriesOf,
  indirect,
  int,
  integerOf,
  type MaybeValue,
  textOf,
  UINT8,
  type Value,
  withoutInterface,
  zeroOf,
} from "../value/types.ts";

export function indexValue(item: MaybeValue, indexes: readonly MaybeValue[]): MaybeValue {
  let at = withoutInterface(item);
  if (at === undefined) throw new CallError("index of untyped nil");
  for (const index of indexes) {
    const { value, isNil } = indirect(at);
    if (isNil || value === undefined) throw new CallError("index of nil pointer");
    at = element(value, withoutInterface(index));
  }
  return at;
}

function element(item: Value, index: MaybeValue): MaybeValue {
  switch (item.type.kind) {
    case "string": {
      const at = position(index, textOf(item).length);
      if (at === textOf(item).length) throw new CallError("reflect: string index out of range");
      return { type: UINT8, data: BigInt(textOf(item).charCodeAt(at)) };
    }
    case "slice": {
      const at = position(index, elementsOf(item).length);
      if (at === elementsOf(item).length) throw new CallError("reflect: slice index out of range");
      return elementsOf(item)[at];
    }
    case "map": {
      if (index === undefined) throw new CallError("value is nil; should be of type string");
      if (index.type.name !== "string") {
        throw new CallError(`value has type ${index.type.name}; should be string`);
      }
      return entriesOf(item).get(textOf(index)) ?? zeroOf(item.type.elem!);
    }
    default:
      throw new CallError(`can't index item of type ${item.type.name}`);
  }
}

/** An index of 0 to the length. */
function position(index: MaybeValue, length: number): number {
  if (index === undefined) throw new CallError("cannot index slice/array with nil");
  if (index.type.kind !== "int" && index.type.kind !== "uint") {
    throw new CallError(`cannot index slice/array with type ${index.type.name}`);
  }
  const at = BigInt.asIntN(64, integerOf(index));
  if (at < 0n || at > BigInt(length)) throw new CallError(`index out of range: ${at}`);
  return Number(at);
}

export function sliceValue(item: MaybeValue, indexes: readonly MaybeValue[]): MaybeValue {
  const bare = withoutInterface(item);
  if (bare === undefined) throw new CallError("slice of untyped nil");
  const { value, isNil } = indirect(bare);
  if (isNil || value === undefined) throw new CallError("slice of nil pointer");
  if (indexes.length > 3) throw new CallError(`too many slice indexes: ${indexes.length}`);
  const isString = value.type.kind === "string";
  if (isString && indexes.length === 3) throw new CallError("cannot 3-index slice a string");
  if (!isString && value.type.kind !== "slice") {
    throw new CallError(`can't slice item of type ${value.type.name}`);
  }
  const items = value.data as string | readonly Value[];
  const bounds = [0, items.length, items.length];
  for (const [i, index] of indexes.entries()) bounds[i] = position(index, items.length);
  if (bounds[0] > bounds[1]) throw new CallError(`invalid slice index: ${bounds[0]} > ${bounds[1]}`);
  if (bounds[1] > bounds[2]) throw new CallError(`invalid slice index: ${bounds[1]} > ${bounds[2]}`);
  return { type: value.type, data: items.slice(bounds[0], bounds[1]) };
}

export function lengthOf(item: MaybeValue): Value {
  const { value, isNil } = indirect(item);
  if (isNil) throw new CallError("len of nil pointer");
  switch (value?.type.kind) {
    case "map":
      return int(entriesOf(value).size);
    case "string":
    case "slice":
      return int((value.data as string | readonly Value[]).length);
    case undefined:
      throw new CallError("reflect: call of reflect.Value.Type on zero Value");
    default:
      throw new CallError(`len of type ${value!.type.name}`);
  }
}
