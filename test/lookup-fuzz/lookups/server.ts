/** Random lookups of what a server says of itself. `notifications/live` is a stream that never ends. */
import type { Random } from "../../simulation/random.ts";
import { getOf, type Lookup, type Parameters } from "../lookup.ts";
import { DESCRIPTIONS } from "../scraped-metadata.ts";

const PATHS = [
  "/version",
  "/api/v1/features",
  "/api/v1/alertmanagers",
  "/api/v1/notifications",
  "/api/v1/scrape_pools",
  "/api/v1/scrape_pools/config",
  "/api/v1/targets",
  "/api/v1/targets/metadata",
  "/api/v1/targets/relabel_steps",
  "/api/v1/status/config",
  "/api/v1/status/flags",
  "/api/v1/status/runtimeinfo",
  "/api/v1/status/self_metrics",
  "/api/v1/status/tsdb/blocks",
  "/api/v1/status/walreplay",
];

/** Values by parameter; those of other routes are passed over. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  scrapePool: ["", "x", "prometheus"],
  state: ["active", "dropped", "ANY", "other", ""],
  labels: ["", "{", "{}", '{"a":"b"}', "1", "[]"],
  metric: ["", ...DESCRIPTIONS.keys()],
  match_target: ["", "{", '{job="a"}', "up"],
  limit: ["", "0", "1", "-1", "x", "99999999999999999999"],
  metric_name_pattern: ["", "prometheus_.*", "(", "a{2,1}"],
};

export function randomServerLookup(random: Random): Lookup {
  const parameters: Parameters = Object.entries(PARAMETERS).flatMap(([name, values]) =>
    random.chance(0.3) ? [[name, random.pick(values)] as const] : [],
  );
  return getOf("server", random.pick(PATHS), parameters);
}
