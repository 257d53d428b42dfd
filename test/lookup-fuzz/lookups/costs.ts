/** Random costs of queries, and queries with limits on them. */
import type { Random } from "../../simulation/random.ts";
import type { LookupData } from "../data.ts";
import { getOf, type Lookup, type Parameters } from "../lookup.ts";
import { randomInstantQuery, randomRangeQuery } from "./queries.ts";

const VALUES: Readonly<Record<string, readonly string[]>> = {
  cost: ["true", "false", "1", "x", ""],
  max_series: ["0", "1", "5", "100000", "-1", "x", "1.5", "", "18446744073709551616"],
  max_samples_read: ["0", "1", "100", "-1", "x", "1e3", "", "18446744073709551616"],
  max_query_duration: ["0", "5s", "1", "-1", "-1s", "x", "", "25s"],
};

export function randomCostLookup(random: Random, data: LookupData): Lookup {
  const asked = random.chance(0.5) ? randomInstantQuery(random, data) : randomRangeQuery(random, data);
  const parameters: Parameters = Object.entries(VALUES).flatMap(([name, values]) =>
    random.chance(0.3) ? [[name, random.pick(values)] as const] : [],
  );
  const path = random.chance(0.6) ? `${asked.path}_cost` : asked.path;
  return getOf("cost", path, [...asked.parameters, ...parameters]);
}
