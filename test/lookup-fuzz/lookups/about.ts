/** Random lookups of what there is about a server, of paths that are not there, by methods that are not taken. */
import type { Random } from "../../simulation/random.ts";
import { getOf, type Lookup, type Parameters } from "../lookup.ts";
import { DESCRIPTIONS } from "../scraped-metadata.ts";

const METRICS = ["", "absent", "requests_total", "latency_seconds_bucket", ...DESCRIPTIONS.keys()];
const NUMBERS = ["", "0", "1", "-1", "5", "x", "1.5", "10001", "99999999999999999999"];

export function randomAboutLookup(random: Random): Lookup {
  const number = (name: string): Parameters => (random.chance(0.5) ? [[name, random.pick(NUMBERS)]] : []);
  switch (random.between(0, 4)) {
    case 0:
      return getOf("about", "/api/v1/rules");
    case 3:
      return getOf("about", "/api/v1/status/buildinfo");
    case 1:
      return getOf("about", "/api/v1/alerts");
    case 2:
      return getOf("about", "/api/v1/status/tsdb", number("limit"));
    default: {
      const metric: Parameters = random.chance(0.5) ? [["metric", random.pick(METRICS)]] : [];
      return getOf("about", "/api/v1/metadata", [
        ...metric,
        ...number("limit"),
        ...number("limit_per_metric"),
      ]);
    }
  }
}

const PATHS = [
  "/api/v1/query",
  "/api/v1/query_range",
  "/api/v1/query_exemplars",
  "/api/v1/format_query",
  "/api/v1/parse_query",
  "/api/v1/series",
  "/api/v1/labels",
  "/api/v1/label/job/values",
  "/api/v1/metadata",
  "/api/v1/rules",
  "/api/v1/alerts",
  "/api/v1/status/buildinfo",
  "/api/v1/status/tsdb",
  "/api/v1/nothing",
  "/api/v1/label/job",
  "/api/v1/label//values",
  "/api/v1/query/more",
  "/api/v1/labels/",
  "/api/v2/query",
];

export function randomRouteLookup(random: Random): Lookup {
  const method = random.pick(["GET", "POST", "POST", "PUT", "DELETE", "PATCH", "HEAD"]);
  return { ...getOf("route", random.pick(PATHS)), method, ...(method === "POST" && { form: [] }) };
}
