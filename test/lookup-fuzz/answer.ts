/** Answers to lookups, and the first difference between two. */
import { gunzipSync } from "node:zlib";
import { readExposition } from "./exposition.ts";

export interface Answer {
  readonly status: number;
  /** Parsed; undefined when it is no JSON. */
  readonly json?: Json;
  /** What is no JSON. */
  readonly text?: string;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Throws when the body is not what its headers say. */
export async function readAnswer(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  // A client has decompressed it already, or else nobody has.
  const isGzip = headers.get("Content-Encoding") === "gzip" && bytes[0] === 0x1f && bytes[1] === 0x8b;
  const decoded = isGzip ? gunzipSync(bytes) : bytes;
  const exposition = status === 200 ? readExposition(headers.get("Content-Type") ?? "", decoded) : undefined;
  if (exposition !== undefined) return { status, json: exposition };
  const text = UTF8.decode(decoded);
  if (headers.get("Content-Type")?.startsWith("application/x-ndjson"))
    return {
      status,
      json: text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Json),
    };
  if (text === "" || !headers.get("Content-Type")?.startsWith("application/json")) return { status, text };
  return { status, json: withoutTimes(JSON.parse(text)) };
}

/** Without what nobody can compare: how long it took, how much memory; warnings and infos in an order. */
function withoutTimes(json: Json): Json {
  if (!isObject(json)) return json;
  const { warnings, infos, data } = json;
  return {
    ...json,
    ...(isList(warnings) && { warnings: warnings.toSorted() }),
    ...(isList(infos) && { infos: infos.toSorted() }),
    ...(isObject(data) && isObject(data.stats) && { data: { ...data, stats: maskStats(data.stats) } }),
  };
}

/** Prometheus touches series of which just the chunk, or the block, has a time that is looked at; memory is each one's own. */
function maskStats(stats: JsonObject): JsonObject {
  const { timings, samples, ...rest } = stats;
  const names = isObject(timings) ? Object.keys(timings).sort() : null;
  if (!isObject(samples)) return { ...rest, timings: names };
  const [seriesTouched, peakSamples] = [typeof samples.seriesTouched, typeof samples.peakSamples];
  return { ...rest, timings: names, samples: { ...samples, seriesTouched, peakSamples } };
}

export type JsonObject = { readonly [name: string]: Json };

export const isObject = (json: Json | undefined): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json);
export const isList = (json: Json | undefined): json is readonly Json[] => Array.isArray(json);

/** The first difference, in words; undefined when there is none. `theirs` is Prometheus'. */
export function differenceOf(ours: Answer, theirs: Answer): string | undefined {
  if (ours.status !== theirs.status) return `${print(ours)}, not ${print(theirs)}`;
  // What is no JSON (an unknown path, a method that is not allowed) is for people.
  if (theirs.json === undefined) return undefined;
  if (ours.json === undefined) return `${print(ours)}, not ${print(theirs)}`;
  return differenceOfJson(ours.json, theirs.json);
}

/** Two values at one place that are no lists and no objects both; undefined is nothing. */
export interface DifferingValue {
  readonly at: string;
  readonly ours: Json | undefined;
  readonly theirs: Json | undefined;
}

/** The first difference of two bodies. */
export function differenceOfJson(ours: Json | undefined, theirs: Json | undefined): string | undefined {
  for (const { at, ours: our, theirs: their } of differingValues(ours, theirs))
    return `${at}: ${cut(JSON.stringify(our))}, not ${cut(JSON.stringify(their))}`;
  return undefined;
}

/** All that differs. */
export function* differingValues(
  ours: Json | undefined,
  theirs: Json | undefined,
  at = "",
): Generator<DifferingValue> {
  if (isList(ours) && isList(theirs)) {
    for (let i = 0; i < Math.max(ours.length, theirs.length); i++)
      yield* differingValues(ours[i], theirs[i], `${at}[${i}]`);
  } else if (isObject(ours) && isObject(theirs)) {
    for (const name of new Set([...Object.keys(ours), ...Object.keys(theirs)]))
      yield* differingValues(ours[name], theirs[name], `${at}.${name}`);
  } else if (ours !== theirs) yield { at, ours, theirs };
}

const print = ({ status, json, text }: Answer) => `${status} ${cut(JSON.stringify(json ?? text))}`;

const MAX_SHOWN = 300;

const cut = (text: string | undefined) =>
  text === undefined ? "nothing" : text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
