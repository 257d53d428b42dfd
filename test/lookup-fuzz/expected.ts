/**
 * What each of both should answer to a lookup of series, label names or values, by what is known of it: a range selects series by
 * day in Hearth; in the head of Prometheus a series by its chunk, which is all of it here, and names and values by nothing.
 */

import { unescapeLabelName } from "../../lib/http/query/label-escape.ts";
import { lookupRange, matchParameters } from "../../lib/http/query/parameters.ts";
import { compareBytewise, type LabelSet, labelValue } from "../../lib/model/labels.ts";
import { matchesAll } from "../../lib/model/matcher.ts";
import { DAY_MS } from "../../lib/model/time.ts";
import type { Json } from "./answer.ts";
import type { LookupData, LookupSeries } from "./data.ts";
import { allParameters, type Lookup } from "./lookup.ts";

/** In order, without a limit. */
export interface Expected {
  readonly ours: readonly Json[];
  readonly theirs: readonly Json[];
}

/** Undefined where it is about something else. Throws when the lookup's parameters are not valid. */
export function expectedOf(lookup: Lookup, data: LookupData): Expected | undefined {
  const listOf = listMaker(lookup);
  if (listOf === undefined) return undefined;
  const parameters = new URLSearchParams(allParameters(lookup));
  const [range, matcherSets] = [lookupRange(parameters), matchParameters(parameters)];
  const matching = data.series.filter(
    ({ labels }) => matcherSets.length === 0 || matcherSets.some((matchers) => matchesAll(matchers, labels)),
  );
  const byChunk = ({ timesMs }: LookupSeries) =>
    timesMs[0] <= range.maxTime && timesMs.at(-1)! >= range.minTime;
  const isInHead = firstTime(data) <= range.maxTime && lastTime(data) >= range.minTime;
  const theirs = matching.filter(lookup.kind === "series" ? byChunk : () => isInHead);
  return { ours: listOf(matching.filter(isOnDay(range))), theirs: listOf(theirs) };
}

const firstTime = ({ series }: LookupData) => Math.min(...series.map(({ timesMs }) => timesMs[0]));
const lastTime = ({ series }: LookupData) => Math.max(...series.map(({ timesMs }) => timesMs.at(-1)!));

const dayOf = (timeMs: number) => Math.floor(timeMs / DAY_MS);

function isOnDay({ minTime, maxTime }: { readonly minTime: number; readonly maxTime: number }) {
  return ({ timesMs }: LookupSeries) =>
    minTime <= maxTime && timesMs.some((one) => dayOf(one) >= dayOf(minTime) && dayOf(one) <= dayOf(maxTime));
}

type ListOf = (series: readonly LookupSeries[]) => readonly Json[];

function listMaker({ path }: Lookup): ListOf | undefined {
  if (path === "/api/v1/series") return (series) => series.map(({ labels }) => Object.fromEntries(labels));
  if (path === "/api/v1/labels") return listedBy((labels) => labels.map(([name]) => name));
  const name = /^\/api\/v1\/label\/([^/]+)\/values$/.exec(path)?.[1];
  if (name === undefined) return undefined;
  const meant = unescapeLabelName(decodeURIComponent(name));
  return listedBy((labels) => [labelValue(labels, meant)].filter((value) => value !== ""));
}

function listedBy(textsOf: (labels: LabelSet) => readonly string[]): ListOf {
  return (series) => [...new Set(series.flatMap(({ labels }) => textsOf(labels)))].sort(compareBytewise);
}
