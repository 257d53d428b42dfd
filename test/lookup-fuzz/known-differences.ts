/** Where Hearth answers otherwise than Prometheus, and why that stays so; told by the answers, not by what was asked. */
import {
  type Answer,
  differenceOfJson,
  differingValues,
  isList,
  isObject,
  type Json,
  type JsonObject,
} from "./answer.ts";
import type { LookupData } from "./data.ts";
import { type Expected, expectedOf } from "./expected.ts";
import { type Lookup, parameterOf } from "./lookup.ts";
import { isOwnAnswer, isSameButCosts } from "./own-answers.ts";
import { DESCRIPTIONS } from "./scraped-metadata.ts";

export interface Asked {
  readonly lookup: Lookup;
  readonly ours: Answer;
  readonly theirs: Answer;
  readonly data: LookupData;
}

export interface KnownDifference {
  readonly reason: string;
  readonly explains: (asked: Asked) => boolean;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    reason:
      "start and end: Hearth has an index a UTC day; a Prometheus selects series by chunk, names and values by block, and in its " +
      "head, the last hours, all of them",
    explains: (asked) => {
      const expected = expectedOfGood(asked);
      if (expected === undefined || differenceOfJson(expected.ours, expected.theirs) === undefined)
        return false;
      return isAsExpected(asked, expected);
    },
  },
  {
    reason: "names and values under a limit: the head of Prometheus takes any of them, Hearth the first",
    explains: (asked) => {
      const expected = expectedOfGood(asked);
      return asked.lookup.kind === "labels" && expected !== undefined && isAsExpected(asked, expected);
    },
  },
  {
    reason:
      "exemplars of an expression without a selector: Prometheus answers 204 and nothing, in Hearth an answer of 2xx is always JSON",
    explains: ({ ours, theirs }) =>
      theirs.status === 204 && ours.status === 200 && differenceOfJson(ours.json, success([])) === undefined,
  },
  {
    reason:
      "a slash in the name of a label, escaped as %2F: Prometheus has no such path, Hearth takes it for the name's",
    explains: ({ lookup, ours, theirs }) =>
      /%2F/i.test(lookup.path) && theirs.status === 404 && ours.json !== undefined,
  },
  {
    reason:
      "times before 1678 and after 2262: Prometheus counts their nanoseconds in 64 bits, and answers with other times",
    explains: ({ ours, theirs }) => ours.status === theirs.status && everyValue(ours, theirs, isWrapped),
  },
  {
    reason:
      "`+Inf` before `^`: Hearth prints `Inf`, since the sign would bind less and the text be another expression",
    explains: ({ ours, theirs }) =>
      everyValue(
        ours,
        theirs,
        (our, their) =>
          typeof our === "string" &&
          typeof their === "string" &&
          onOneLine(our) === withoutPlus(onOneLine(their)),
      ),
  },
  {
    reason:
      "offsets that an operator could continue: Hearth prints them before other modifiers, or with a sign; the text of Prometheus " +
      "is another expression",
    explains: ({ ours, theirs }) =>
      everyValue(
        ours,
        theirs,
        (our, their) =>
          typeof our === "string" &&
          typeof their === "string" &&
          OPEN_OFFSET.test(our) &&
          sortedWords(our.replaceAll(CLOSING_SIGN, "$1")) === sortedWords(their),
      ),
  },
  {
    reason:
      "metadata: of which Prometheus tells any under a limit, and in any order, Hearth the first and the latest",
    explains: ({ lookup, ours, theirs }) =>
      lookup.path === "/api/v1/metadata" && [ours, theirs].every((answer) => isSomeMetadata(answer, lookup)),
  },
  {
    reason: "an offset of NaN: refused by Hearth, the shortest duration there is in Prometheus",
    explains: ({ lookup, ours }) =>
      /offset\s*[+-]?\s*nan/i.test(parameterOf(lookup, "query")) &&
      /parse error: duration out of range$/.test(errorOf(ours)),
  },
  {
    reason: "/status/buildinfo: each has its own, Hearth also what Grafana asks a Mimir for",
    explains: ({ lookup, ours, theirs }) =>
      lookup.path === "/api/v1/status/buildinfo" &&
      isObject(ours.json) &&
      isObject(ours.json.data) &&
      isObject(theirs.json) &&
      isObject(theirs.json.data) &&
      Object.entries(theirs.json.data).every(
        ([name, their]) => typeof their === typeof (ours.json as { data: JsonObject }).data[name],
      ),
  },
  {
    reason: "a body of another type than a form: Hearth refuses it, Prometheus passes over its parameters",
    explains: ({ lookup: { form = [], contentType = "" }, ours }) =>
      form.length > 0 &&
      !/^$|form-urlencoded/i.test(contentType) &&
      ours.status === 400 &&
      errorOf(ours).startsWith("content type "),
  },
  {
    reason: "a slash at the end of a path: Prometheus has no such path, Hearth takes it for the one without",
    explains: ({ lookup, theirs }) => lookup.path.endsWith("/") && theirs.status === 404,
  },
  {
    reason: "HEAD: Prometheus refuses it, in Hearth it is GET without the answer's body, as HTTP has it",
    explains: ({ lookup, theirs }) => lookup.method === "HEAD" && theirs.status === 405,
  },
  {
    reason:
      "unknown paths: of methods other than GET Prometheus says that they are not allowed there, not that there is no such path",
    explains: ({ lookup, ours, theirs }) =>
      lookup.method !== "GET" && ours.status === 404 && theirs.status === 405,
  },
  {
    reason: "/status/tsdb: Prometheus counts what is in its head, Hearth the series of the UTC day",
    explains: ({ lookup, ours, theirs }) =>
      lookup.path === "/api/v1/status/tsdb" &&
      theirs.status === 200 &&
      differenceOfJson(typesOf(ours.json), typesOf(theirs.json)) === undefined,
  },
  {
    reason: "what a server says of itself: each its own, in the same shape",
    explains: ({ lookup, ours, theirs }) => lookup.kind === "server" && isOwnAnswer(lookup, ours, theirs),
  },
  {
    reason: "costs: each one's storage has its own series and samples of a range",
    explains: ({ lookup, ours, theirs }) => lookup.kind === "cost" && isSameButCosts(ours, theirs),
  },
  {
    reason: "limits of costs: one of both is past them, for it touches or reads more",
    explains: ({ lookup, ours, theirs }) =>
      lookup.kind === "cost" &&
      COST_LIMITS.some((name) => Number(parameterOf(lookup, name)) > 0) &&
      [ours, theirs].filter((answer) => isCostLimit(answer)).length > 0 &&
      [ours, theirs].every((answer) => answer.status === 200 || isCostLimit(answer)),
  },
];

const COST_LIMITS = ["max_series", "max_samples_read"];

function isCostLimit({ status, json }: Answer): boolean {
  return status === 422 && isObject(json) && json.errorType === "cost_limit";
}

const LIMITED = "results truncated due to limit";

const success = (data: Json): Json => ({ status: "success", data });

/** Undefined when the answer should be an error, or is about something else. */
function expectedOfGood({ lookup, ours, theirs, data }: Asked): Expected | undefined {
  return ours.status === 200 && theirs.status === 200 ? expectedOf(lookup, data) : undefined;
}

function isAsExpected({ lookup, ours, theirs }: Asked, expected: Expected): boolean {
  const limit = Number(parameterOf(lookup, "limit")) || Number.POSITIVE_INFINITY;
  const [our, their] = [expected.ours, expected.theirs].map((all): Json => {
    const warnings = all.length > limit ? { warnings: [LIMITED] } : {};
    return { status: "success", data: all.slice(0, limit), ...warnings };
  });
  if (differenceOfJson(ours.json, our) !== undefined) return false;
  if (differenceOfJson(theirs.json, their) === undefined) return true;
  return lookup.kind === "labels" && isSomeOf(theirs, expected.theirs, limit);
}

/** Any `limit` of the items, in their order, and more of them than that. */
function isSomeOf({ json }: Answer, all: readonly Json[], limit: number): boolean {
  if (!isObject(json) || !isList(json.data) || all.length <= limit) return false;
  const { data, warnings } = json;
  const some = all.filter((item) => data.includes(item));
  return (
    data.length === limit &&
    differenceOfJson(data, some) === undefined &&
    differenceOfJson(warnings, [LIMITED]) === undefined
  );
}

const errorOf = ({ json }: Answer) => (isObject(json) ? String(json.error) : "");

/** What is longer than a line is split: what is one sign shorter may not be. */
const onOneLine = (text: string) => text.replaceAll(/\s+/g, " ").replaceAll("( ", "(").replaceAll(" )", ")");

const OPEN_OFFSET = /offset ([+-]*\(|-[+-])/;
/** A sign that changes nothing but where an offset ends. */
const CLOSING_SIGN = /(offset )\+(?=\()|(?<=offset -)\+/g;

const sortedWords = (text: string) => onOneLine(text).split(" ").sort().join(" ");

const withoutPlus = (text: string) => text.replaceAll("+Inf ^", "Inf ^");

/** As many metrics and descriptions as there are or the limits let through, of those that there are. */
function isSomeMetadata({ status, json }: Answer, lookup: Lookup): boolean {
  if (status !== 200 || !isObject(json) || !isObject(json.data)) return false;
  const [metric, limit, perMetric] = ["metric", "limit", "limit_per_metric"].map((name) =>
    parameterOf(lookup, name),
  );
  const asked = [...DESCRIPTIONS].filter(([name]) => metric === "" || name === metric);
  const told = Object.entries(json.data);
  if (told.length !== Math.min(asked.length, atMost(limit, 0))) return false;
  return told.every(([name, some]) => {
    const all = new Set(DESCRIPTIONS.get(name)?.map(printDescription));
    if (!isList(some) || some.length !== Math.min(all.size, atMost(perMetric, 1))) return false;
    const texts = new Set(some.map((one) => printDescription(one as JsonObject)));
    return texts.size === some.length && [...texts].every((text) => all.has(text));
  });
}

/** What a limit says; below `least` nothing. */
function atMost(text: string, least: number): number {
  const limit = text === "" ? -1 : Number(text);
  return limit < least ? Number.POSITIVE_INFINITY : limit;
}

const printDescription = (description: JsonObject) =>
  JSON.stringify(Object.entries(description).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Whether all that differs is explained, and something does. */
function everyValue(ours: Answer, theirs: Answer, isKnown: (our: Json, their: Json) => boolean): boolean {
  const all = [...differingValues(ours.json, theirs.json)];
  return (
    all.length > 0 &&
    all.every((one) => one.ours !== undefined && one.theirs !== undefined && isKnown(one.ours, one.theirs))
  );
}

/** Whether `their` is what is left of the seconds `our`, in whole ms, when their nanoseconds are an int64. */
function isWrapped(our: Json, their: Json): boolean {
  if (typeof our !== "number") return false;
  const ms = Math.round(our * 1000);
  // Of larger ones the last digits, which decide, are lost.
  if (!Number.isSafeInteger(ms)) return typeof their === "number";
  const wrapped = Number(BigInt.asIntN(64, BigInt(ms) * 1_000_000n) / 1_000_000n);
  // What was finer than a millisecond may have made it another one.
  return typeof their === "number" && Math.abs(wrapped - Math.round(their * 1000)) <= 1;
}

/** The same with types for values, and without what is in lists. */
function typesOf(json: Json | undefined): Json {
  if (isList(json)) return "list";
  if (!isObject(json)) return typeof json;
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, typesOf(value)]));
}

export function knownReason(asked: Asked): string | undefined {
  return KNOWN_DIFFERENCES.find(({ explains }) => explains(asked))?.reason;
}
