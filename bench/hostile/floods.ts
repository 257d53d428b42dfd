/**
 * Floods: a message with one of its fields, or two along one path, repeated or as long as the bytes allow. Generated from the
 * schemas, so that what is found for one field is looked for in all.
 */
import { ProtobufWriter } from "../../lib/wire/protobuf-writer.ts";
import type { Field, Message } from "./schema.ts";

/** What a field is flooded with. */
export type Manner = "many" | "long" | "many long";

export interface Flooded {
  readonly field: Field;
  readonly manner: Manner;
}

export interface Flood {
  readonly name: string;
  /** The fields from the root to the message that has the last flooded field. */
  readonly path: readonly Field[];
  /** By the message of the path that has them: 0 is the root. */
  readonly floods: ReadonlyMap<number, readonly Flooded[]>;
}

/** A reference to what a flood of symbols brings; as a number of anything else it is as good as others. */
const FLOODED_SYMBOL = 3;
/** Texts of "many long". */
const LONG_TEXTS = 64;

function isMessage(type: Field["type"]): type is Message {
  return typeof type === "object";
}

function mannersOf({ type, isRepeated }: Field): Manner[] {
  if (type === "text" || type === "bytes") return isRepeated ? ["many", "long", "many long"] : ["long"];
  if (isMessage(type)) return isRepeated ? ["many"] : [];
  return type === "varints" || type === "fixed64s" || isRepeated ? ["many"] : [];
}

/** Every path from the root, each message once on it. */
function* pathsOf(root: Message, path: readonly Field[] = []): Generator<readonly Field[]> {
  yield path;
  for (const field of root.fields) if (isMessage(field.type)) yield* pathsOf(field.type, [...path, field]);
}

function floodableOf(message: Message): Flooded[] {
  return message.fields.flatMap((field) => mannersOf(field).map((manner) => ({ field, manner })));
}

function messageAt(root: Message, path: readonly Field[], depth: number): Message {
  return depth === 0 ? root : (path[depth - 1].type as Message);
}

function nameOf(path: readonly Field[], { field, manner }: Flooded): string {
  return `${[...path, field].map(({ name }) => name).join(".")} (${manner})`;
}

/** Each field by itself. */
export function singleFloods(root: Message): Flood[] {
  return [...pathsOf(root)].flatMap((path) =>
    floodableOf(messageAt(root, path, path.length)).map((flooded) => ({
      name: nameOf(path, flooded),
      path,
      floods: new Map([[path.length, [flooded]]]),
    })),
  );
}

/** Each two fields of a message, and each field with each of a message around it. */
export function pairFloods(root: Message): Flood[] {
  return [...pathsOf(root)].flatMap((path) => {
    const depth = path.length;
    return floodableOf(messageAt(root, path, depth)).flatMap((inner, i) => {
      const beside = floodableOf(messageAt(root, path, depth))
        .slice(i + 1)
        .filter(({ field }) => field !== inner.field)
        .map((other) => pairOf(path, inner, depth, other, depth));
      const around = Array.from({ length: depth }, (_, at) =>
        floodableOf(messageAt(root, path, at)).map((other) => pairOf(path, inner, depth, other, at)),
      ).flat();
      return [...beside, ...around];
    });
  });
}

function pairOf(path: readonly Field[], inner: Flooded, depth: number, other: Flooded, at: number): Flood {
  const floods = new Map<number, Flooded[]>([[depth, [inner]]]);
  floods.set(at, [...(floods.get(at) ?? []), other]);
  return { name: `${nameOf(path, inner)} × ${nameOf(path.slice(0, at), other)}`, path, floods };
}

/** A protobuf body of about so many bytes, each flooded field taking its share. */
export function encodeFlood(root: Message, { path, floods }: Flood, bytes: number): Uint8Array {
  const count = [...floods.values()].flat().length;
  const writer = new ProtobufWriter(bytes + 4096);
  const write = (message: Message, depth: number): void => {
    const next = path[depth];
    writeBase(writer, message, message.base, next);
    for (const flooded of floods.get(depth) ?? []) writeFlood(writer, flooded, bytes / count);
    if (next === undefined) return;
    const mark = writer.begin(next.number);
    write(next.type as Message, depth + 1);
    writer.end(mark);
  };
  write(root, 0);
  return writer.copy();
}

function writeBase(
  writer: ProtobufWriter,
  message: Message,
  base: Readonly<Record<string, unknown>>,
  replaced?: Field,
): void {
  for (const [name, value] of Object.entries(base)) {
    const field = message.fields.find((one) => one.name === name);
    if (field === undefined || (field === replaced && !field.isRepeated)) continue;
    for (const one of field.isRepeated ? (value as unknown[]) : [value]) writeValue(writer, field, one);
  }
}

function writeValue(writer: ProtobufWriter, { type, number }: Field, value: unknown): void {
  if (isMessage(type)) {
    const mark = writer.begin(number);
    writeBase(writer, type, value as Record<string, unknown>);
    writer.end(mark);
  } else if (type === "text" || type === "bytes") writeText(writer, number, String(value));
  else if (type === "varint") writer.writeInt64Field(number, Number(value));
  else if (type === "varints") writer.writeBytesField(number, Uint8Array.from(value as number[]));
  else if (type === "fixed64") {
    writer.writeTag(number, 1);
    const bytes = new DataView(new ArrayBuffer(8));
    if (typeof value === "string") bytes.setBigUint64(0, BigInt(value), true);
    else bytes.setFloat64(0, Number(value), true);
    writer.writeRaw(new Uint8Array(bytes.buffer));
  }
}

/** Also an empty text, which a field of proto3 would omit. */
function writeText(writer: ProtobufWriter, number: number, text: string): void {
  const mark = writer.begin(number);
  writer.writeRaw(Buffer.from(text));
  writer.end(mark);
}

function writeFlood(writer: ProtobufWriter, { field, manner }: Flooded, bytes: number): void {
  const { type, number } = field;
  if (manner === "long") writeText(writer, number, "x".repeat(bytes));
  else if (manner === "many long") {
    for (let i = 0; i < LONG_TEXTS; i++) writeText(writer, number, "x".repeat(bytes / LONG_TEXTS));
  } else if (type === "varints") writer.writeBytesField(number, new Uint8Array(bytes).fill(FLOODED_SYMBOL));
  else if (type === "fixed64s") writer.writeBytesField(number, ascending(Math.floor(bytes / 8)));
  else {
    const one = new ProtobufWriter(256);
    if (isMessage(type)) writeValue(one, field, type.base);
    else writeText(one, number, "");
    const copy = one.copy();
    for (let written = 0; written + copy.length <= bytes; written += copy.length) writer.writeRaw(copy);
  }
}

function ascending(count: number): Uint8Array {
  return new Uint8Array(Float64Array.from({ length: count }, (_, i) => i).buffer);
}

/** The same as protobuf's JSON, of about so many characters. */
export function printFlood(root: Message, { path, floods }: Flood, length: number): string {
  const count = [...floods.values()].flat().length;
  const print = (message: Message, depth: number): string => {
    const next = path[depth];
    const members = new Map<string, string>(
      Object.entries(message.base).map(([name, value]) => [name, JSON.stringify(value)]),
    );
    for (const flooded of floods.get(depth) ?? [])
      members.set(flooded.field.name, floodText(flooded, length / count));
    if (next !== undefined) {
      const inner = print(next.type as Message, depth + 1);
      const before = members.get(next.name);
      const others = before === undefined || !next.isRepeated ? "" : before.slice(1, -1);
      members.set(next.name, next.isRepeated ? `[${others}${others && ","}${inner}]` : inner);
    }
    return `{${Array.from(members, ([name, text]) => `"${name}":${text}`).join()}}`;
  };
  return print(root, 0);
}

function floodText({ field: { type, isRepeated }, manner }: Flooded, length: number): string {
  if (manner === "long") return isRepeated ? `["${"x".repeat(length)}"]` : `"${"x".repeat(length)}"`;
  if (manner === "many long")
    return `[${Array(LONG_TEXTS)
      .fill(`"${"x".repeat(length / LONG_TEXTS)}"`)
      .join()}]`;
  const one = isMessage(type) ? JSON.stringify(type.base) : type === "text" ? '""' : "1";
  return `[${Array(Math.floor(length / (one.length + 1)))
    .fill(one)
    .join()}]`;
}
