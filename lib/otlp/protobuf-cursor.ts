/**
 * A cursor over OTLP's protobuf, for the parts that all messages share. Attributes:
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/common/v1/common.proto
 */
import type { Deadline } from "../model/deadline.ts";
import { HearthError } from "../model/errors.ts";
import { readPacked } from "../wire/histogram-message.ts";
import { FIXED64, LENGTH_DELIMITED, ProtobufReader, tagOf, VARINT } from "../wire/protobuf-reader.ts";
import { type AnyValue, MAX_VALUE_DEPTH, printAnyValue } from "./any-value.ts";
import { ATTRIBUTE_COST, Budget, NUMBER_COST } from "./budget.ts";
import type { Attribute } from "./metrics.ts";
import { msOfNanosecondLanes } from "./nanoseconds.ts";
import { decodeSentText } from "./sent-text.ts";

/** Wire types of fields, by type. */
export const bytesField = (field: number) => tagOf(field, LENGTH_DELIMITED);
export const fixed64Field = (field: number) => tagOf(field, FIXED64);
export const varintField = (field: number) => tagOf(field, VARINT);

/** Every method throws "invalid" for malformed protobuf, "too large" past the budget. */
export class OtlpCursor {
  readonly reader: ProtobufReader;
  readonly budget: Budget;
  /** The first unknown member above the metrics. */
  unknown: string | undefined;

  constructor(body: Uint8Array, deadline: Deadline) {
    this.reader = new ProtobufReader(body);
    this.budget = new Budget(deadline);
  }

  /** Reads the attributes of a message and skips its other fields. */
  readAttributes(field: number, attributes: Attribute[]): void {
    this.fields(field, (tag) => {
      if (tag !== bytesField(field)) return false;
      attributes.push(this.readAttribute());
      return true;
    });
  }

  /** `string key = 1; AnyValue value = 2` */
  readAttribute(): Attribute {
    const [key, value] = this.#readKeyValue(0);
    return { key, value: printAnyValue(value) };
  }

  #readKeyValue(depth: number): [string, AnyValue] {
    this.budget.spend(ATTRIBUTE_COST);
    let key = "";
    let value: AnyValue = { kind: "empty" };
    this.message(() =>
      this.fields(2, (tag) => {
        if (tag === bytesField(1)) key = this.readText();
        else if (tag === bytesField(2)) value = this.message(() => this.#readAnyValue(depth));
        else return false;
        return true;
      }),
    );
    return [key, value];
  }

  /** `oneof { string = 1; bool = 2; int64 = 3; double = 4; ArrayValue = 5; KeyValueList = 6; bytes = 7 }` */
  #readAnyValue(depth: number): AnyValue {
    if (depth > MAX_VALUE_DEPTH) {
      throw new HearthError(
        "invalid",
        `OTLP request: an attribute's value is more than ${MAX_VALUE_DEPTH} levels deep`,
      );
    }
    this.budget.spend(ATTRIBUTE_COST);
    let value: AnyValue = { kind: "empty" };
    this.fields(7, (tag) => {
      if (tag === bytesField(1)) value = { kind: "text", text: this.readText() };
      else if (tag === varintField(2)) value = { kind: "boolean", value: this.reader.readUint64() !== 0 };
      else if (tag === varintField(3)) value = { kind: "integer", digits: this.reader.readInt64Digits() };
      else if (tag === fixed64Field(4)) value = { kind: "double", value: this.reader.readDouble() };
      else if (tag === bytesField(5))
        value = { kind: "list", values: this.message(() => this.#readList(depth + 1)) };
      else if (tag === bytesField(6))
        value = { kind: "map", entries: this.message(() => this.#readMap(depth + 1)) };
      else if (tag === bytesField(7)) {
        value = { kind: "bytes", base64: Buffer.from(this.reader.readBytes()).toString("base64") };
      } else return false;
      return true;
    });
    return value;
  }

  /** `repeated AnyValue values = 1` */
  #readList(depth: number): AnyValue[] {
    const values: AnyValue[] = [];
    this.fields(1, (tag) => {
      if (tag !== bytesField(1)) return false;
      values.push(this.message(() => this.#readAnyValue(depth)));
      return true;
    });
    return values;
  }

  /** `repeated KeyValue values = 1` */
  #readMap(depth: number): [string, AnyValue][] {
    const entries: [string, AnyValue][] = [];
    this.fields(1, (tag) => {
      if (tag !== bytesField(1)) return false;
      entries.push(this.#readKeyValue(depth));
      return true;
    });
    return entries;
  }

  /** Reads fixed 64-bit numbers, packed or not. */
  readNumbers(tag: number, into: number[], readOne: () => number): boolean {
    const read = () => {
      this.budget.spend(NUMBER_COST);
      into.push(readOne());
    };
    if ((tag & 7) === LENGTH_DELIMITED) readPacked(this.reader, read);
    else if ((tag & 7) === FIXED64) read();
    else return false;
    return true;
  }

  /** Records a field number above the last known one. Returns false: the field is not read. */
  noteUnknown(message: string, tag: number, lastField: number): false {
    const field = tag >>> 3;
    if (field > lastField) this.unknown ??= `field ${field} of ${message}`;
    return false;
  }

  /** Reads a string, which may not be UTF-8 (sent-text.ts). */
  readText(): string {
    return decodeSentText(this.reader.readBytes());
  }

  readTime(): number {
    return this.reader.readFixed64Lanes(msOfNanosecondLanes);
  }

  /** Reads the id of a trace or span; empty if it is too long. */
  readId(maxBytes: number): string {
    const bytes = this.reader.readBytes();
    return bytes.length <= maxBytes ? Buffer.from(bytes).toString("hex") : "";
  }

  /** Reads the next embedded message. */
  message<T>(read: () => T): T {
    const outerEnd = this.reader.enter();
    const result = read();
    this.reader.leave(outerEnd);
    return result;
  }

  /**
   * Hands each field's tag to `read`, and skips fields that `read` does not consume. A field from
   * `first` to `last` that is not consumed has a wrong wire type, which is an error.
   */
  fields(last: number, read: (tag: number) => boolean, first = 1): void {
    const reader = this.reader;
    while (reader.hasMore()) {
      const tag = reader.readTag();
      if (!read(tag)) reader.skip(tag, tag >>> 3 < first ? 0 : last);
    }
  }
}
