/** A random lookup of any kind, sent in any way. */
import type { Random } from "../../simulation/random.ts";
import type { LookupData } from "../data.ts";
import type { Lookup } from "../lookup.ts";
import { randomAboutLookup, randomRouteLookup } from "./about.ts";
import { randomCostLookup } from "./costs.ts";
import { randomExemplarsLookup, randomExpressionLookup } from "./expressions.ts";
import { randomFederateLookup } from "./federate.ts";
import { randomGrafanaLookup } from "./grafana.ts";
import { randomNamesLookup, randomSeriesLookup, randomValuesLookup } from "./labels.ts";
import { randomInstantQuery, randomRangeQuery } from "./queries.ts";
import { randomSearchLookup } from "./searches.ts";
import { randomServerLookup } from "./server.ts";

type Make = (random: Random, data: LookupData) => Lookup;

/** Each as often as its weight says. */
const KINDS: readonly (readonly [weight: number, make: Make])[] = [
  [20, randomSeriesLookup],
  [10, randomNamesLookup],
  [20, randomValuesLookup],
  [12, randomExpressionLookup],
  [8, randomExemplarsLookup],
  [8, randomInstantQuery],
  [8, randomRangeQuery],
  [4, randomAboutLookup],
  [3, randomRouteLookup],
  [7, randomGrafanaLookup],
  [12, randomSearchLookup],
  [6, randomFederateLookup],
  [6, randomServerLookup],
  [8, randomCostLookup],
];
const ALL = KINDS.flatMap(([weight, make]) => Array.from({ length: weight }, () => make));

const TYPES = [
  "application/x-www-form-urlencoded; charset=utf-8",
  "Application/X-WWW-Form-URLEncoded",
  "text/plain",
  "application/json",
];

/** Paths that take a form. */
const TAKES_FORM =
  /\/(query|query_range|query_cost|query_range_cost|query_exemplars|format_query|parse_query|series|labels|(metric|label)_names|label_values)$/;

export function randomLookup(random: Random, data: LookupData): Lookup {
  const lookup = random.pick(ALL)(random, data);
  if (lookup.method !== "GET") return lookup;
  const isGzip = random.chance(0.3);
  if (!TAKES_FORM.test(lookup.path) || random.chance(0.6)) return { ...lookup, isGzip };
  const { parameters } = lookup;
  // Some are in the form, the rest in the URL: mostly none.
  const split = random.chance(0.8) ? parameters.length : random.between(0, parameters.length);
  return {
    ...lookup,
    method: "POST",
    form: parameters.slice(0, split),
    parameters: parameters.slice(split),
    // A search without its start is about now, by clocks that are not the same.
    contentType: random.chance(0.05) && lookup.kind !== "search" ? random.pick(TYPES) : undefined,
    isGzip,
  };
}
