/** Random searches, over all times of the data: Hearth has an index a day, a Prometheus one of its head. */
import type { Random } from "../../simulation/random.ts";
import { type LookupData, METRICS, VALUES } from "../data.ts";
import { getOf, type Lookup, type Parameters } from "../lookup.ts";
import { randomSelector } from "./random-selector.ts";

const FLAGS = ["true", "false", "1", "0", "t", "", "yes"];
const NUMBERS = ["1", "2", "3", "7", "100", "0", "-1", "x", "10001"];
const ALL_VALUES = [...METRICS, ...Object.values(VALUES).flat()];

export function randomSearchLookup(random: Random, data: LookupData): Lookup {
  const path = random.pick(["metric_names", "label_names", "label_values", "label_values"]);
  const parameters: Parameters = [
    ["start", String(data.startMs / 1000)],
    ["end", String(data.endMs / 1000)],
    ...Array.from({ length: random.pick([0, 1, 1, 1, 2]) }, () => ["search[]", randomTerm(random)] as const),
    ...(random.chance(0.2) ? [["match[]", randomSelector(random)] as const] : []),
    ...(path === "label_values" && random.chance(0.97)
      ? [["label", random.pick(["__name__", ...Object.keys(VALUES), "absent"])] as const]
      : []),
    ...some(random, "limit", NUMBERS),
    ...some(random, "batch_size", NUMBERS),
    ...some(random, "case_sensitive", FLAGS),
    ...some(random, "include_score", FLAGS),
    ...some(random, "fuzz_alg", ["subsequence", "jarowinkler", "jarowinkler", "other", ""]),
    ...some(random, "fuzz_threshold", ["0", "10", "50", "80", "100", "101", "x"]),
    ...some(random, "sort_by", ["alpha", "score", "score", "other"]),
    ...(random.chance(0.1) ? some(random, "sort_dir", ["asc", "dsc", "desc"]) : []),
  ];
  return getOf("search", `/api/v1/search/${path}`, parameters);
}

function some(random: Random, name: string, values: readonly string[]): Parameters {
  return random.chance(0.3) ? [[name, random.pick(values)]] : [];
}

/** A part of a name or a value, or some of its characters. */
function randomTerm(random: Random): string {
  const characters = [...random.pick(ALL_VALUES)];
  if (random.chance(0.3)) return characters.filter(() => random.chance(0.5)).join("");
  const from = random.between(0, Math.max(0, characters.length - 1));
  return characters.slice(from, from + random.between(1, 6)).join("");
}
