/** Random parameters of queries: what is evaluated is simple, for that is what promql-fuzz is for. */
import type { Random } from "../../simulation/random.ts";
import type { LookupData } from "../data.ts";
import { getOf, type Lookup, type Parameters } from "../lookup.ts";
import { printTime, randomDuration, randomLimit, randomTime } from "./random-parameters.ts";

const QUERIES = [
  "up",
  "1",
  "vector(1)",
  '"text"',
  "sum by (job) (up)",
  "count_over_time(up[1d])",
  "up > 2",
  "",
  "up{",
  "up[1h]",
  "up offset (5m * 1e9)",
  "rate(up[step() - 1h])",
  "up offset -max_of(NaN, 5m)",
  "sum_over_time(up[1h:step() * 0] offset (range() * 1e18))",
];

export function randomInstantQuery(random: Random, data: LookupData): Lookup {
  const parameters: Parameters = [
    ["query", random.pick(QUERIES)],
    ["time", randomTime(random, data)],
    ...options(random),
  ];
  return getOf("query", "/api/v1/query", some(random, parameters, ["time"]));
}

const MAX_STEPS = 20;
/** Intervals between steps, of which 11,000 are taken. */
const STEP_LIMITS = [10_999, 11_000, 11_001, 11_002];

export function randomRangeQuery(random: Random, data: LookupData): Lookup {
  const startMs = random.between(data.startMs, data.endMs);
  const stepMs = 60_000 * random.between(1, 60);
  const steps = random.chance(0.05) ? random.pick(STEP_LIMITS) : random.between(-1, MAX_STEPS);
  const isOdd = random.chance(0.2);
  const parameters: Parameters = [
    ["query", random.pick(QUERIES.filter((query) => steps < 10_000 || query !== "count_over_time(up[1d])"))],
    ["start", isOdd ? randomTime(random, data) : printTime(random, startMs)],
    ["end", isOdd ? randomTime(random, data) : printTime(random, startMs + steps * stepMs)],
    ["step", random.chance(0.2) ? randomDuration(random) : String(stepMs / 1000)],
    ...options(random),
  ];
  return getOf("query", "/api/v1/query_range", some(random, parameters));
}

function options(random: Random): Parameters {
  const parameters: (readonly [string, string])[] = [...randomLimit(random)];
  if (random.chance(0.15)) parameters.push(["timeout", randomDuration(random)]);
  if (random.chance(0.15)) parameters.push(["lookback_delta", randomDuration(random)]);
  if (random.chance(0.3)) parameters.push(["stats", random.pick(["all", "true", "false", "x", ""])]);
  return parameters;
}

/** One is left away at times; `always` are not: without a time it is now, and the clocks are not the same. */
function some(random: Random, parameters: Parameters, always: readonly string[] = []): Parameters {
  if (!random.chance(0.05)) return parameters;
  const dropped = random.pick(parameters)[0];
  return always.includes(dropped) ? parameters : parameters.filter(([name]) => name !== dropped);
}
