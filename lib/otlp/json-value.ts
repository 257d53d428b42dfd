/**
 * Reads fields of protobuf's JSON: 64-bit numbers may be texts, what is absent or null has its default.
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

/** An object; an empty one where it is absent. */
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

/** A number of any kind, past 2^53 the nearest double; undefined where it is absent. */
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

/** Of nanoseconds, as milliseconds. A number was made a text before (`quoteTimes`): a double cannot hold it. */
export function timeField(object: JsonObject, name: string): number {
  const value = object[name] ?? "0";
  const ms = typeof value === "string" ? msOfNanosecondText(value) : undefined;
  if (ms !== undefined) return ms;
  throw wrongType(name, value, "whole nanoseconds");
}

/** Makes texts of times that a sender wrote as numbers, before they are parsed. Nothing inside a text looks like that. */
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
