/**
 * Reads fields of protobuf's JSON mapping. 64-bit numbers may be strings; absent and null fields have
 * their defaults.
 * https://protobuf.dev/programming-guides/json/, https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 * Every reader throws "invalid" for a value of another type.
 */
import { HearthError } from "../model/errors.ts";
import { quoteInput, shorten } from "../model/shorten.ts";
import { msOfNanosecondText } from "./nanoseconds.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw wrongType(what, value, "an object");
}

/** Returns an object; an empty one if absent. */
export function objectField(object: JsonObject, name: string): JsonObject {
  const value = object[name] ?? {};
  return objectOf(value, name);
}

export function arrayField(object: JsonObject, name: string): readonly unknown[] {
  const value = object[name] ?? [];
  if (Array.isArray(value)) return value;
  throw wrongType(name, value, "an array");
}

export function textField(object: JsonObject, name: string): string {
  const value = object[name] ?? "";
  if (typeof value === "string") return value;
  throw wrongType(name, value, "a text");
}

/** Returns a number of any kind, past 2^53 the nearest double; undefined if absent. */
export function optionalNumber(object: JsonObject, name: string): number | undefined {
  const value = object[name] ?? undefined;
  return value === undefined ? undefined : numberOf(value, name);
}

export function numberField(object: JsonObject, name: string): number {
  return optionalNumber(object, name) ?? 0;
}

export function numberOf(value: unknown, what: string): number {
  if (typeof value === "number") return value;
  if (value === "NaN") return Number.NaN;
  if (value === "Infinity" || value === "-Infinity") return Number(value);
  if (typeof value === "string" && /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value)) return Number(value);
  throw wrongType(what, value, "a number");
}

/** Returns nanoseconds as milliseconds. A double cannot hold such numbers: `quoteTimes` made them strings. */
export function timeField(object: JsonObject, name: string): number {
  const value = object[name] ?? "0";
  const ms = typeof value === "string" ? msOfNanosecondText(value) : undefined;
  if (ms !== undefined) return ms;
  throw wrongType(name, value, "whole nanoseconds");
}

/** Quotes times that a sender wrote as numbers, before parsing. No JSON string contains such a match. */
export function quoteTimes(json: string): string {
  return json.replace(/("(?:startTimeUnixNano|timeUnixNano)"\s*:\s*)(\d+)/g, '$1"$2"');
}

export function wrongType(what: string, value: unknown, expected: string): HearthError {
  const came = typeof value === "object" && value !== null ? nameOfObject(value) : printScalar(value);
  return new HearthError("invalid", `OTLP request: ${what} is ${came}, expected ${expected}`);
}

function nameOfObject(value: object): string {
  return Array.isArray(value) ? "an array" : "an object";
}

function printScalar(value: unknown): string {
  return typeof value === "string" ? quoteInput(value) : shorten(String(value));
}
