/**
 * Cardinality as in Mimir: values of labels, series of values, and the series themselves.
 * https://grafana.com/docs/mimir/latest/references/http-api/#label-names-cardinality
 */
import { HearthError } from "../../model/errors.ts";
import type { LabelSet } from "../../model/labels.ts";
import { DAY_MS } from "../../model/time.ts";
import { parseSelector } from "../../promql/parse/parse-expr.ts";
import { printLabelsJson } from "../../wire/api-json.ts";
import { answerPieces } from "../query/answer.ts";
import { parseTimeParameter, parseWhole } from "../query/parameters.ts";
import type { QueryRequest } from "../query/request.ts";
import { type Counted, forEachCounted, TRUNCATED } from "./counted-series.ts";

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 500;
const MAX_LABEL_NAMES = 100;
const COUNT_METHODS = ["inmemory", "active"];

export async function answerLabelNamesCardinality(request: QueryRequest): Promise<Response> {
  const { parameters } = request;
  const limit = limitParameter(parameters);
  const selection = selectionOf(request);
  const values = new Map<string, Set<string>>();
  const isTruncated = await forEachCounted(request, selection, (labels) => {
    for (const [name, value] of labels) setOf(values, name).add(value);
  });
  const counts = Array.from(values, ([label_name, { size }]) => ({ label_name, label_values_count: size }));
  return answer(request, isTruncated, {
    label_values_count_total: counts.reduce((sum, one) => sum + one.label_values_count, 0),
    label_names_count: counts.length,
    cardinality: largest(
      counts,
      limit,
      ({ label_values_count }) => label_values_count,
      ({ label_name }) => label_name,
    ),
  });
}

export async function answerLabelValuesCardinality(request: QueryRequest): Promise<Response> {
  const { parameters } = request;
  const limit = limitParameter(parameters);
  const names = new Set(parameters.getAll("label_names[]"));
  if (names.size === 0 || names.has(""))
    throw new HearthError(
      "invalid",
      "'label_names[]' param is required; give the name of a label, once or more often",
    );
  if (names.size > MAX_LABEL_NAMES)
    throw new HearthError(
      "invalid",
      `label_names[]: ${names.size} names, the limit is ${MAX_LABEL_NAMES}; send more requests`,
    );
  const selection = selectionOf(request);
  const series = new Map<string, Map<string, number>>(Array.from(names, (name) => [name, new Map()]));
  let total = 0;
  const isTruncated = await forEachCounted(request, selection, (labels) => {
    total++;
    for (const [name, value] of labels) {
      const counts = series.get(name);
      counts?.set(value, (counts.get(value) ?? 0) + 1);
    }
  });
  const labels = Array.from(series, ([label_name, counts]) => {
    const all = Array.from(counts, ([label_value, series_count]) => ({ label_value, series_count }));
    return {
      label_name,
      label_values_count: all.length,
      series_count: all.reduce((sum, { series_count }) => sum + series_count, 0),
      cardinality: largest(
        all,
        limit,
        ({ series_count }) => series_count,
        ({ label_value }) => label_value,
      ),
    };
  });
  return answer(request, isTruncated, {
    series_count_total: total,
    labels: largest(
      labels,
      labels.length,
      ({ series_count }) => series_count,
      ({ label_name }) => label_name,
    ),
  });
}

export async function answerActiveSeries(request: QueryRequest): Promise<Response> {
  const { c, source, signal, parameters } = request;
  const selection = selectionOf(request);
  if ((parameters.get("selector") ?? "") === "")
    throw new HearthError("invalid", 'missing required parameter "selector": give a selector of series');
  request.setPhase("evaluation");
  const series = await source.series(selection, signal);
  return answerPieces(c, printActive(series, c.get("damage")?.warnings ?? []));
}

function* printActive(series: readonly LabelSet[], warnings: readonly string[]): Generator<string> {
  yield '{"data":[';
  for (let i = 0; i < series.length; i++) yield (i === 0 ? "" : ",") + printLabelsJson(series[i]);
  yield warnings.length === 0 ? "]}" : `],"warnings":${JSON.stringify(warnings)}}`;
}

/** Series of today, unless `start` and `end` name other times, which Mimir does not know. */
function selectionOf({ parameters, services, patterns, clock }: QueryRequest): Counted {
  const method = parameters.get("count_method") ?? "";
  if (method !== "" && !COUNT_METHODS.includes(method))
    throw new HearthError(
      "invalid",
      `invalid 'count_method' param ${JSON.stringify(method.slice(0, 64))}; valid options are: [${COUNT_METHODS.join(" ")}]`,
    );
  const text = parameters.get("selector") ?? "";
  const matchers = text === "" ? [] : parseSelector(text, { ...services.settings.parse, patterns });
  const nowMs = clock();
  const maxTime = parseTimeParameter(parameters, "end", nowMs);
  return {
    matchers,
    minTime: parseTimeParameter(parameters, "start", Math.floor(maxTime / DAY_MS) * DAY_MS),
    maxTime,
  };
}

function answer({ c }: QueryRequest, isTruncated: boolean, document: object): Response {
  const warnings = [...(c.get("damage")?.warnings ?? []), ...(isTruncated ? [TRUNCATED] : [])];
  return answerPieces(c, [JSON.stringify({ ...document, ...(warnings.length > 0 && { warnings }) })]);
}

function limitParameter(parameters: URLSearchParams): number {
  const text = parameters.get("limit") ?? "";
  if (text === "") return DEFAULT_LIMIT;
  const limit = parseWhole(text);
  if (typeof limit === "string") throw new HearthError("invalid", limit);
  if (limit < 0) throw new HearthError("invalid", "'limit' param cannot be less than '0'");
  if (limit > MAX_LIMIT)
    throw new HearthError("invalid", `'limit' param cannot be greater than '${MAX_LIMIT}'`);
  return limit;
}

function setOf(sets: Map<string, Set<string>>, name: string): Set<string> {
  const known = sets.get(name);
  if (known !== undefined) return known;
  const made = new Set<string>();
  sets.set(name, made);
  return made;
}

function largest<T>(
  items: readonly T[],
  limit: number,
  countOf: (item: T) => number,
  nameOf: (item: T) => string,
): T[] {
  const sorted = items.toSorted((a, b) => countOf(b) - countOf(a) || (nameOf(a) < nameOf(b) ? -1 : 1));
  return sorted.slice(0, limit);
}
