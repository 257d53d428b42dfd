/** Random lookups that only look at an expression, valid or broken, and of exemplars by one. */
import { Expressions } from "../../promql-fuzz/queries/expressions.ts";
import { printTree } from "../../promql-fuzz/queries/tree.ts";
import type { Random } from "../../simulation/random.ts";
import { type LookupData, METRICS } from "../data.ts";
import { getOf, type Lookup, type Parameters } from "../lookup.ts";
import { randomRange } from "./random-parameters.ts";
import { randomSelector } from "./random-selector.ts";

const MAX_DEPTH = 3;

export function randomExpressionLookup(random: Random, data: LookupData): Lookup {
  const path = random.pick(["/api/v1/format_query", "/api/v1/parse_query"]);
  const query = printTree(
    new Expressions(random, data.startMs, data.endMs).query(random.between(1, MAX_DEPTH)),
  );
  return getOf("expression", path, queryOf(random, random.chance(0.4) ? broken(random, query) : query));
}

export function randomExemplarsLookup(random: Random, data: LookupData): Lookup {
  const selector = () => (random.chance(0.7) ? random.pick(METRICS.slice(0, 3)) : randomSelector(random));
  const query = random.pick([
    () => selector(),
    () => `rate(${selector()}[5m])`,
    () => `sum by (job) (rate(${selector()}[1m])) / on (job) ${selector()}`,
    () => `histogram_quantile(0.9, ${selector()} offset 1h)`,
    () => `max_over_time(${selector()}[1h:1m]) or ${selector()}`,
    () => "1",
  ])();
  const parameters = [...queryOf(random, query), ...randomRange(random, data)];
  return getOf("exemplars", "/api/v1/query_exemplars", parameters);
}

function queryOf(random: Random, query: string): Parameters {
  return random.chance(0.01) ? [] : [["query", query]];
}

const TOKENS = /[A-Za-z_:][A-Za-z0-9_:]*|[0-9][0-9a-z.]*|"[^"]*"|\s+|[=!<>~]+|./gsu;
const MORE_TOKENS = [
  "(",
  ")",
  "{",
  "}",
  "[5m]",
  "by",
  "offset",
  "-",
  ",",
  "1",
  '"a"',
  "@",
  "bool",
  "and",
  "up",
  "[",
  "5m",
  "=",
  "rate",
  "!",
  "0x1e",
  "(1m)",
  "offset (0)",
  "step()",
  "anchored",
  "group_left",
  "#",
];

/** One of its tokens is missing, twice there or another one, two have changed places, or it ends early; it may be valid still. */
function broken(random: Random, query: string): string {
  const tokens: readonly string[] = query.match(TOKENS) ?? [];
  if (tokens.length === 0) return query;
  const at = random.between(0, tokens.length - 1);
  switch (random.between(0, 4)) {
    case 0:
      return tokens.toSpliced(at, 1).join("");
    case 1:
      return tokens.toSpliced(at, 0, random.chance(0.5) ? tokens[at] : random.pick(MORE_TOKENS)).join("");
    case 2:
      return tokens.toSpliced(at, 1, random.pick(MORE_TOKENS)).join("");
    case 3: {
      const other = random.between(0, tokens.length - 1);
      return tokens.with(at, tokens[other]).with(other, tokens[at]).join("");
    }
    default:
      return tokens.slice(0, at).join("");
  }
}
