/** Prometheus' template functions. https://prometheus.io/docs/prometheus/latest/configuration/template_reference/ */
import { errorMessage } from "../../model/errors.ts";
import { compileSearch } from "../../model/regexp/search.ts";
import { escapeQuery } from "../execute/escape.ts";
import type { FunctionMap, TemplateFunction } from "../execute/function.ts";
import { LimitError } from "../execute/limits.ts";
import { formatFloat } from "../format/format-float.ts";
import { fromBytes, runesOf, toBytes } from "../text/byte-string.ts";
import { canBackquote, quote } from "../text/quote.ts";
import { DURATION_POINTER, duration } from "../time/duration.ts";
import { TIME_POINTER, time } from "../time/time.ts";
import {
  ANY,
  ANY_MAP,
  bool,
  CallError,
  elementsOf,
  entriesOf,
  float,
  HTML,
  type MaybeValue,
  NIL_ANY,
  STRING,
  string,
  targetOf,
  textOf,
  type Value,
} from "../value/types.ts";
import { toFloat, toInt64 } from "./convert.ts";
import { stripDomain, stripPort } from "./host-port.ts";
import { fourDigits, humanize, humanize1024, humanizeDuration, humanizePercentage } from "./humanize.ts";
import { parseDurationSeconds } from "./parse-duration.ts";
import { QUERY_RESULT, SAMPLE_POINTER } from "./query-result.ts";
import { titleCase } from "./title.ts";

export interface FunctionContext {
  readonly timestampMs: number;
  readonly externalUrl: string;
  /** A fresh result at each call. */
  readonly query: (expr: string) => Value;
  /** Counts steps of regular expressions; throws `LimitError`. */
  readonly spendMatch: (steps: number) => void;
}

const ofText = (call: (text: string) => string): TemplateFunction => ({
  params: [STRING],
  call: ([text]) => string(call(textOf(text!))),
});
const ofNumber = (call: (value: number) => string): TemplateFunction => ({
  params: [ANY],
  call: ([value]) => string(call(toFloat(value))),
});
const ofNothing = (call: () => Value): TemplateFunction => ({ params: [], call });

/** All functions of an expansion. */
export function prometheusFunctions(context: FunctionContext): FunctionMap {
  return new Map<string, TemplateFunction>([
    ["query", { params: [STRING], call: ([expr]) => context.query(fromBytes(textOf(expr!))) }],
    ["first", { params: [QUERY_RESULT], call: ([result]) => first(result!) }],
    ["label", { params: [STRING, SAMPLE_POINTER], call: ([name, sample]) => label(textOf(name!), sample!) }],
    ["value", { params: [SAMPLE_POINTER], call: ([sample]) => fieldOf(sample!, "Value") }],
    ["strvalue", { params: [SAMPLE_POINTER], call: ([sample]) => label("__value__", sample!) }],
    ["args", { params: [], variadic: ANY, call: argumentMap }],
    [
      "sortByLabel",
      { params: [STRING, QUERY_RESULT], call: ([name, result]) => sortByLabel(textOf(name!), result!) },
    ],
    ["reReplaceAll", { params: [STRING, STRING, STRING], call: (args) => replaceAll(args, context) }],
    ["match", { params: [STRING, STRING], call: (args) => matches(args, context) }],
    ["safeHtml", { params: [STRING], call: ([text]) => ({ type: HTML, data: text!.data }) }],
    ["title", ofText(titleCase)],
    ["toUpper", ofText((text) => mapRunes(text, (char) => char.toUpperCase()))],
    [
      "toLower",
      ofText((text) =>
        mapRunes(text, (char) => String.fromCodePoint(char.toLowerCase().codePointAt(0) ?? 0)),
      ),
    ],
    ["graphLink", ofText((expr) => `/graph?g0.expr=${escapeQuery(expr)}&g0.tab=0`)],
    ["tableLink", ofText((expr) => `/graph?g0.expr=${escapeQuery(expr)}&g0.tab=1`)],
    ["stripPort", ofText(stripPort)],
    ["stripDomain", ofText(stripDomain)],
    ["urlQueryEscape", ofText(escapeQuery)],
    ["parseDuration", { params: [STRING], call: ([text]) => float(parseDurationSeconds(textOf(text!))) }],
    ["humanize", ofNumber(humanize)],
    ["humanize1024", ofNumber(humanize1024)],
    ["humanizeDuration", ofNumber(humanizeDuration)],
    ["humanizePercentage", ofNumber(humanizePercentage)],
    ["humanizeTimestamp", ofNumber(humanizeTimestamp)],
    ["toTime", { params: [ANY], call: ([value]) => toTime(toFloat(value)) }],
    ["toDuration", { params: [ANY], call: ([value]) => toDuration(toFloat(value)) }],
    ["now", ofNothing(() => float(context.timestampMs / 1000))],
    ["externalURL", ofNothing(() => string(toBytes(context.externalUrl)))],
    ["pathPrefix", ofNothing(() => string(toBytes(pathOf(context.externalUrl))))],
  ]);
}

function fieldOf(pointer: Value, name: string): Value {
  const sample = targetOf(pointer);
  if (sample === undefined) {
    throw new CallError("runtime error: invalid memory address or nil pointer dereference");
  }
  return entriesOf(sample).get(name)!;
}

function first(result: Value): Value {
  const [sample] = elementsOf(result);
  if (sample === undefined) throw new CallError("first() called on vector with no elements");
  return sample;
}

function label(name: string, sample: Value): Value {
  return entriesOf(fieldOf(sample, "Labels")).get(name) ?? string("");
}

/** In place, as Prometheus does: a variable with the same result sees the order. */
function sortByLabel(name: string, result: Value): Value {
  const key = (sample: Value) => textOf(label(name, sample));
  (result.data as Value[]).sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  return result;
}

function argumentMap(args: readonly MaybeValue[]): Value {
  return { type: ANY_MAP, data: new Map(args.map((value, i) => [`arg${i}`, value ?? NIL_ANY])) };
}

function matches([pattern, text]: readonly MaybeValue[], context: FunctionContext): Value {
  return bool(searched(textOf(pattern!), (search) => search.test(fromBytes(textOf(text!))), context));
}

function replaceAll([pattern, replacement, text]: readonly MaybeValue[], context: FunctionContext): Value {
  const source = textOf(pattern!);
  const described = canBackquote(source) ? `\`${source}\`` : quote(source);
  const replaced = searched(
    source,
    (search) => search.replaceAll(fromBytes(textOf(text!)), fromBytes(textOf(replacement!))),
    context,
    `regexp: Compile(${described}): `,
  );
  return string(toBytes(replaced));
}

function searched<T>(
  pattern: string,
  search: (compiled: ReturnType<typeof compileSearch>) => T,
  { spendMatch }: FunctionContext,
  prefix = "",
): T {
  try {
    return search(compileSearch(fromBytes(pattern), spendMatch));
  } catch (error) {
    if (error instanceof LimitError) throw error;
    throw new CallError(prefix + toBytes(errorMessage(error)));
  }
}

/** Go maps one rune to one rune: what would become several upper case letters stays. */
function mapRunes(text: string, map: (char: string) => string): string {
  let out = "";
  for (const { index, size } of runesOf(text)) {
    const bytes = text.slice(index, index + size);
    const char = fromBytes(bytes);
    const mapped = map(char);
    out += [...mapped].length === 1 ? toBytes(mapped) : bytes;
  }
  return out;
}

const MAX_NS = 2 ** 63;

function toNanoseconds(seconds: number): bigint {
  const nanoseconds = seconds * 1e9;
  if (nanoseconds > MAX_NS || nanoseconds < -MAX_NS) {
    throw new CallError(
      `${formatFloat(seconds, "g", -1)} cannot be represented as a nanoseconds timestamp since it overflows int64`,
    );
  }
  // Prometheus keeps milliseconds.
  return (toInt64(nanoseconds) / 1_000_000n) * 1_000_000n;
}

function toTime(seconds: number): Value {
  if (!Number.isFinite(seconds)) throw new CallError("value is NaN or Inf");
  return { type: TIME_POINTER, data: time(toNanoseconds(seconds)) };
}

function toDuration(seconds: number): Value {
  return { type: DURATION_POINTER, data: duration(toInt64(seconds * 1e9)) };
}

function humanizeTimestamp(seconds: number): string {
  if (!Number.isFinite(seconds)) return fourDigits(seconds);
  const at = time(toNanoseconds(seconds));
  return at.type.print!(at);
}

/** The decoded path, as Go's `url.URL.Path`. */
function pathOf(url: string): string {
  const path = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? "";
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
