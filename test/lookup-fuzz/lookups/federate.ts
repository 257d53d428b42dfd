/** Random scrapes of `/federate`, in every format. */
import type { Random } from "../../simulation/random.ts";
import { getOf, type Lookup } from "../lookup.ts";
import { randomSelector } from "./random-selector.ts";

const MESSAGE = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily";
const TYPES = [
  "text/plain",
  "text/plain;version=0.0.4",
  "text/plain;version=1.0.0",
  "application/openmetrics-text;version=1.0.0",
  `${MESSAGE};encoding=delimited`,
  `${MESSAGE};encoding=delimited`,
  `${MESSAGE};encoding=text`,
  `${MESSAGE};encoding=compact-text`,
  `${MESSAGE};encoding=other`,
  MESSAGE,
  "application/*;proto=io.prometheus.client.MetricFamily;encoding=delimited",
  "text/html",
  "*/*",
];
const ESCAPINGS = ["allow-utf-8", "underscores", "dots", "values", "values", "other"];

export function randomFederateLookup(random: Random): Lookup {
  const count = random.pick([0, 1, 1, 1, 1, 2, 3]);
  const matches = Array.from({ length: count }, () => {
    const all = random.chance(0.4);
    return ["match[]", all ? '{__name__=~".+"}' : randomSelector(random)] as const;
  });
  const clauses = Array.from({ length: random.pick([0, 1, 1, 2, 3]) }, () => randomClause(random));
  return { ...getOf("federate", "/federate", matches), accept: clauses.join(random.pick([",", ", "])) };
}

function randomClause(random: Random): string {
  const escaping = random.chance(0.5) ? `;escaping=${random.pick(ESCAPINGS)}` : "";
  const quality = random.chance(0.4) ? `;q=${random.pick(["1", "0.9", "0.5", "0.1"])}` : "";
  return random.pick(TYPES) + escaping + quality;
}
