/**
 * Searches of metric names, label names and label values, for completion. Results come as lines of JSON, some at a time, and
 * a last line that says whether there are more.
 */
import { HearthError } from "../../model/errors.ts";
import { METRIC_NAME } from "../../model/labels.ts";
import type { MetricDescription } from "../../model/metric-metadata.ts";
import type { Lookup } from "../../model/selection.ts";
import { answerLines } from "../query/answer.ts";
import { mergedNames } from "../query/lookup.ts";
import { matchParameters } from "../query/parameters.ts";
import type { QueryRequest } from "../query/request.ts";
import { newFilter } from "./filter.ts";
import { describedFamily } from "./metric-family.ts";
import { booleanParameter, type SearchParameters, searchParameters, searchRange } from "./parameters.ts";

interface Found {
  readonly name: string;
  readonly score: number;
}

type Printer = (found: Found) => Readonly<Record<string, unknown>>;

export async function searchMetricNames(request: QueryRequest): Promise<Response> {
  const asked = parametersOf(request, "metric_names");
  const includesMetadata = booleanParameter(request.parameters, "include_metadata", false);
  const { source, signal } = request;
  const found = await search(request, asked, (one) => source.labelValues(METRIC_NAME, one, signal));
  const metadata =
    includesMetadata && found.length > 0 ? await source.metadata(undefined, signal) : undefined;
  return answer(request, asked, found, ({ name }) => ({ name, ...descriptionOf(metadata, name) }));
}

export async function searchLabelNames(request: QueryRequest): Promise<Response> {
  const asked = parametersOf(request, "label_names");
  const { source, signal } = request;
  const found = await search(request, asked, (one) => source.labelNames(one, signal));
  return answer(request, asked, found, ({ name }) => ({ name }));
}

export async function searchLabelValues(request: QueryRequest): Promise<Response> {
  const asked = parametersOf(request, "label_values");
  const label = request.parameters.get("label") ?? "";
  if (label === "") throw new HearthError("invalid", 'missing required parameter "label"');
  const { source, signal } = request;
  const found = await search(request, asked, (one) => source.labelValues(label, one, signal));
  return answer(request, asked, found, ({ name }) => ({ value: name }));
}

interface Asked extends SearchParameters {
  readonly selections: readonly Lookup[];
}

function parametersOf({ parameters, patterns, services, clock }: QueryRequest, route: string): Asked {
  const range = searchRange(parameters, clock());
  const matcherSets = matchParameters(parameters, { ...services.settings.parse, patterns });
  const asked = searchParameters(parameters, route);
  const sets = matcherSets.length === 0 ? [[]] : matcherSets;
  return { ...asked, selections: sets.map((matchers) => ({ matchers, ...range })) };
}

/** In the order asked for, one more than the limit at most. */
async function search(
  { setPhase, deadline }: QueryRequest,
  { selections, filter: options, order, limit }: Asked,
  find: (selection: Lookup) => Promise<readonly string[]>,
): Promise<readonly Found[]> {
  setPhase("evaluation");
  const names = await mergedNames(selections, find);
  const filter = newFilter(options, deadline);
  const most = limit + 1;
  const found: Found[] = [];
  const inOrder = order === "descending" ? names.toReversed() : names;
  for (const name of inOrder) {
    deadline.spend(name.length + 1);
    const score = filter === undefined ? 1 : filter(name);
    if (score === undefined) continue;
    found.push({ name, score });
    if (order !== "score" && found.length === most) break;
  }
  if (order !== "score") return found;
  // Names of one score stay in their order.
  return found.sort((a, b) => b.score - a.score).slice(0, most);
}

function descriptionOf(
  metadata: ReadonlyMap<string, readonly MetricDescription[]> | undefined,
  name: string,
): Readonly<Record<string, string>> {
  const description = metadata && describedFamily(metadata, name);
  if (description === undefined) return {};
  const { type, help, unit } = description;
  return Object.fromEntries(Object.entries({ type, help, unit }).filter(([, text]) => text !== ""));
}

function answer({ c }: QueryRequest, asked: Asked, found: readonly Found[], print: Printer): Response {
  const withScore: Printer = (one) => {
    const [[key, value], ...rest] = Object.entries(print(one));
    return Object.fromEntries([[key, value], ["score", one.score], ...rest]);
  };
  const warnings = c.get("damage")?.warnings ?? [];
  return answerLines(c, printLines(found, asked, asked.includesScore ? withScore : print, warnings));
}

/** The first line is there whatever is found: it has the warnings. */
function* printLines(
  found: readonly Found[],
  { limit, batchSize }: Asked,
  print: Printer,
  warnings: readonly string[],
): Generator<string> {
  const shown = found.slice(0, limit);
  for (let at = 0; at === 0 || at < shown.length; at += batchSize) {
    const results = shown.slice(at, at + batchSize).map(print);
    yield `${JSON.stringify({ results, ...(at === 0 && warnings.length > 0 && { warnings }) })}\n`;
  }
  yield `${JSON.stringify({ status: "success", has_more: found.length > limit })}\n`;
}
