/**
 * Prints attribute values as label values, as the OpenTelemetry Collector and Prometheus do: strings
 * unchanged, bytes in base64, lists and maps as JSON with sorted keys.
 * https://opentelemetry.io/docs/specs/otel/common/#anyvalue-representation-for-non-otlp-protocols
 */
import { compareBytewise } from "../model/labels.ts";
import { isSentText, NOT_UTF8 } from "./sent-text.ts";

export type AnyValue =
  | { readonly kind: "empty" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  /** An int64, in decimal. */
  | { readonly kind: "integer"; readonly digits: string }
  | { readonly kind: "double"; readonly value: number }
  | { readonly kind: "bytes"; readonly base64: string }
  | { readonly kind: "list"; readonly values: readonly AnyValue[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [key: string, value: AnyValue])[] };

/** The deepest nesting of lists and maps. Deeper values are refused. */
export const MAX_VALUE_DEPTH = 32;

export function printAnyValue(value: AnyValue): string {
  switch (value.kind) {
    case "empty":
      return "";
    case "text":
      return value.text;
    case "bytes":
      return value.base64;
    case "list":
    case "map":
      // JSON has no such numbers: the Collector's printer gives up on the whole.
      return allFinite(value) ? printJson(value) : "";
    default:
      return printJson(value);
  }
}

function allFinite(value: AnyValue): boolean {
  switch (value.kind) {
    case "double":
      return Number.isFinite(value.value);
    case "list":
      return value.values.every(allFinite);
    case "map":
      return value.entries.every(([, one]) => allFinite(one));
    default:
      return true;
  }
}

function printJson(value: AnyValue): string {
  switch (value.kind) {
    case "empty":
      return "null";
    case "text":
      return quote(value.text);
    case "boolean":
      return String(value.value);
    case "integer":
      return value.digits;
    case "double":
      return printDouble(value.value);
    case "bytes":
      return quote(value.base64);
    case "list":
      return `[${value.values.map(printJson).join(",")}]`;
    case "map": {
      const sorted = value.entries.toSorted(([a], [b]) => compareBytewise(a, b));
      return `{${sorted.map(([key, one]) => `${quote(key)}:${printJson(one)}`).join(",")}}`;
    }
  }
}

function printDouble(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** Prints JSON as Go does, which escapes two line separators that JavaScript leaves unescaped. */
function quote(text: string): string {
  // An escape would hide that the string is not UTF-8.
  if (!isSentText(text)) return NOT_UTF8;
  return JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}
