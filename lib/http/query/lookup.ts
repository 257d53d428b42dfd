/** Label names, label values and series, from the index alone. */

import type { Deadline } from "../../model/deadline.ts";
import { HearthError, isAboutText } from "../../model/errors.ts";
import { compareBytewise, compareLabelSets, type LabelSet } from "../../model/labels.ts";
import { DEFAULT_LIMITS } from "../../model/limits.ts";
import type { Lookup } from "../../model/selection.ts";
import { mapKey } from "../../model/text/map-key.ts";
import type { ParseOptions } from "../../promql/parse/options.ts";
import { quote } from "../../promql/syntax/quote.ts";
import { tooManyFound } from "../../storage/read/find-series.ts";
import { LabelBytes } from "../../storage/read/label-bytes.ts";
import { forEachBounded } from "../../storage/table/bounded.ts";
import { printLabelsJson } from "../../wire/api-json.ts";
import { answerData, answerTexts, type Notes } from "./answer.ts";
import { unescapeLabelName } from "./label-escape.ts";
import { invalidParameter, limitParameter, lookupRange, matchParameters } from "./parameters.ts";
import type { QueryRequest } from "./request.ts";

/** Selections that are looked up at once. */
const LOOKUP_CONCURRENCY = 4;

export async function answerLabelNames(request: QueryRequest): Promise<Response> {
  const { c, source, signal, parameters } = request;
  const limit = limitParameter(parameters);
  const { selections, omitted } = selectionsOf(request, limit);
  const names = await mergedNames(selections, (one) => source.labelNames(one, signal));
  const { items, notes } = limited(names, limit, omitted);
  return answerTexts(c, items, notes);
}

export async function answerLabelValues(request: QueryRequest): Promise<Response> {
  const { c, source, signal, parameters } = request;
  const name = unescapeLabelName(c.req.param("name") ?? "");
  if (name === "") throw new HearthError("invalid", `invalid label name: ${quote(name)}`);
  const limit = limitParameter(parameters);
  const { selections, omitted } = selectionsOf(request, limit);
  const values = await mergedNames(selections, (one) => source.labelValues(name, one, signal));
  const { items, notes } = limited(values, limit, omitted);
  return answerTexts(c, items, notes);
}

export async function answerSeries(request: QueryRequest): Promise<Response> {
  const { c, source, signal, parameters, deadline } = request;
  if (!parameters.has("match[]")) throw new HearthError("invalid", "no match[] parameter provided");
  const limit = limitParameter(parameters);
  const { selections, omitted } = selectionsOf(request, limit, (error) =>
    invalidParameter("match[]", error.message),
  );
  const { maxSeries } = request.services.settings.limits;
  const series = await mergedSeries(selections, maxSeries, deadline, (one) => source.series(one, signal));
  const { items, notes } = limited(series, limit, omitted);
  return answerData(c, printSeries(items), notes);
}

/** The latest days with samples that a lookup without a `start` reads. */
export const DEFAULT_LOOKUP_DAYS = 30;

/** Days with samples that the lookups of a request left out: the most of any of them. */
interface OmittedDays {
  days: number;
}

/**
 * One selection per `match[]`; without any, one of all series. `rephrase` words their errors as the
 * route does.
 */
function selectionsOf(
  { parameters, patterns, services, setPhase }: QueryRequest,
  limit: number,
  rephrase: (error: HearthError) => HearthError = (error) => error,
): { selections: Lookup[]; omitted: OmittedDays } {
  const range = lookupRange(parameters);
  const matcherSets = checkedMatchers(parameters, { ...services.settings.parse, patterns }, rephrase);
  setPhase("evaluation");
  const omitted = { days: 0 };
  const onOmittedDays = (days: number) => {
    omitted.days = Math.max(omitted.days, days);
  };
  const isBounded = (parameters.get("start") ?? "") === "";
  const bounds = { limit, ...(isBounded && { maxDays: DEFAULT_LOOKUP_DAYS, onOmittedDays }) };
  const selections = (matcherSets.length === 0 ? [[]] : matcherSets).map((matchers) => ({
    matchers,
    ...range,
    ...bounds,
  }));
  return { selections, omitted };
}

function checkedMatchers(
  parameters: URLSearchParams,
  options: ParseOptions,
  rephrase: (error: HearthError) => HearthError,
) {
  try {
    return matchParameters(parameters, options);
  } catch (error) {
    throw isAboutText(error) ? rephrase(error) : error;
  }
}

/** What the selections find together, in order. Merged as they are found: their lists may have all in common. */
export async function mergedNames(
  selections: readonly Lookup[],
  find: (selection: Lookup) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  if (selections.length === 1) return find(selections[0]);
  const merged = new Set<string>();
  const bytes = new LabelBytes(DEFAULT_LIMITS.maxQueryLabelBytes);
  await forEachBounded(selections, LOOKUP_CONCURRENCY, async (selection) => {
    for (const name of await find(selection)) {
      if (merged.has(name)) continue;
      bytes.addText(name);
      merged.add(name);
    }
  });
  return [...merged].sort(compareBytewise);
}

/** The same of series, of which all selections together may find as many as a query. */
async function mergedSeries(
  selections: readonly Lookup[],
  maxSeries: number,
  deadline: Deadline,
  find: (selection: Lookup) => Promise<readonly LabelSet[]>,
): Promise<readonly LabelSet[]> {
  if (selections.length === 1) return find(selections[0]);
  const merged = new Map<string, LabelSet>();
  await forEachBounded(selections, LOOKUP_CONCURRENCY, async (selection) => {
    for (const labels of await find(selection)) {
      const text = JSON.stringify(labels);
      deadline.spend(text.length);
      merged.set(mapKey(text), labels);
    }
    if (merged.size > maxSeries)
      throw tooManyFound(
        maxSeries,
        selections.flatMap(({ matchers }) => matchers),
      );
  });
  return [...merged.values()].sort(compareLabelSets);
}

function limited<T>(
  items: readonly T[],
  limit: number,
  { days }: OmittedDays,
): { items: readonly T[]; notes: Notes } {
  const warnings =
    days === 0
      ? []
      : [
          `without start only the latest ${DEFAULT_LOOKUP_DAYS} days with samples are read, and ${days} more have samples; give start for them`,
        ];
  if (limit === 0 || items.length <= limit) return { items, notes: { warnings } };
  return {
    items: items.slice(0, limit),
    notes: { warnings: ["results truncated due to limit", ...warnings] },
  };
}

function* printSeries(series: readonly LabelSet[]): Generator<string> {
  yield "[";
  for (let i = 0; i < series.length; i++) yield (i === 0 ? "" : ",") + printLabelsJson(series[i]);
  yield "]";
}
