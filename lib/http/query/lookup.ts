/** Label names, label values and series, from the index alone. */
import { HearthError } from "../../model/errors.ts";
import { compareBytewise, compareLabelSets, type LabelSet } from "../../model/labels.ts";
import type { Patterns } from "../../model/regexp/patterns.ts";
import type { Lookup } from "../../model/selection.ts";
import { quote } from "../../promql/syntax/quote.ts";
import { printLabelsJson } from "../../wire/api-json.ts";
import { answerData, answerValue, type Notes } from "./answer.ts";
import { unescapeLabelName } from "./label-escape.ts";
import { invalidParameter, limitParameter, lookupRange, matchParameters } from "./parameters.ts";
import type { QueryRequest } from "./request.ts";

export async function answerLabelNames(request: QueryRequest): Promise<Response> {
  const { c, source, signal, parameters } = request;
  const limit = limitParameter(parameters);
  const { selections, omitted } = selectionsOf(request, limit);
  const found = await Promise.all(selections.map((selection) => source.labelNames(selection, signal)));
  const { items, notes } = limited(mergeNames(found), limit, omitted);
  return answerValue(c, items, notes);
}

export async function answerLabelValues(request: QueryRequest): Promise<Response> {
  const { c, source, signal, parameters } = request;
  const name = unescapeLabelName(c.req.param("name") ?? "");
  if (name === "") throw new HearthError("invalid", `invalid label name: ${quote(name)}`);
  const limit = limitParameter(parameters);
  const { selections, omitted } = selectionsOf(request, limit);
  const found = await Promise.all(selections.map((selection) => source.labelValues(name, selection, signal)));
  const { items, notes } = limited(mergeNames(found), limit, omitted);
  return answerValue(c, items, notes);
}

export async function answerSeries(request: QueryRequest): Promise<Response> {
  const { c, source, signal, parameters } = request;
  if (!parameters.has("match[]")) throw new HearthError("invalid", "no match[] parameter provided");
  const limit = limitParameter(parameters);
  const { selections, omitted } = selectionsOf(request, limit, (error) =>
    invalidParameter("match[]", error.message),
  );
  const found = await Promise.all(selections.map((selection) => source.series(selection, signal)));
  const { items, notes } = limited(mergeSeries(found), limit, omitted);
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
  { parameters, patterns, setPhase }: QueryRequest,
  limit: number,
  rephrase: (error: HearthError) => HearthError = (error) => error,
): { selections: Lookup[]; omitted: OmittedDays } {
  const range = lookupRange(parameters);
  const matcherSets = checkedMatchers(parameters, patterns, rephrase);
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
  patterns: Patterns,
  rephrase: (error: HearthError) => HearthError,
) {
  try {
    return matchParameters(parameters, patterns);
  } catch (error) {
    throw error instanceof HearthError ? rephrase(error) : error;
  }
}

function mergeNames(lists: readonly (readonly string[])[]): readonly string[] {
  return lists.length === 1 ? lists[0] : [...new Set(lists.flat())].sort(compareBytewise);
}

function mergeSeries(lists: readonly (readonly LabelSet[])[]): readonly LabelSet[] {
  if (lists.length === 1) return lists[0];
  const sorted = lists.flat().sort(compareLabelSets);
  return sorted.filter((labels, i) => i === 0 || compareLabelSets(labels, sorted[i - 1]) !== 0);
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
