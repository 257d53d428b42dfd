/**
 * What Grafana's Prometheus data source asks: its health check, its variables, its query builder. After what it says of them:
 * https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/
 */
import type { Random } from "../../simulation/random.ts";
import { type LookupData, METRICS, VALUES } from "../data.ts";
import { getOf, type Lookup, type Parameters } from "../lookup.ts";

/** How many names and values it asks for at most. */
const LIMIT = "40000";
const WORDS = ["a", "req", "p", "z", "_", "API"];

export function randomGrafanaLookup(random: Random, data: LookupData): Lookup {
  const range = dashboardRange(random, data);
  const metric = random.pick(METRICS.slice(0, 3));
  const label = random.pick(Object.keys(VALUES).slice(0, 2));
  const word = random.pick(WORDS);
  const seconds = String(Math.floor(random.between(data.startMs, data.endMs) / 1000));
  const posted = (path: string, form: Parameters): Lookup => ({
    ...getOf("labels", path),
    method: "POST",
    form,
    isGzip: true,
  });
  return random.pick([
    // "Save & test".
    (): Lookup => ({
      ...posted("/api/v1/query", [
        ["query", "1+1"],
        ["time", "4"],
      ]),
      kind: "query",
    }),
    // label_names(), label_values(metric, label), label_values(label), metrics(regex), query_result(query).
    () => posted("/api/v1/labels", range),
    () => posted("/api/v1/labels", [["match[]", `{__name__="${metric}"}`], ...range]),
    () => getOf("labels", `/api/v1/label/${label}/values`, [["match[]", metric], ...range]),
    () => getOf("labels", `/api/v1/label/${label}/values`, range),
    () => getOf("labels", "/api/v1/label/__name__/values", [...range, ["limit", LIMIT]]),
    (): Lookup => ({
      ...getOf("query", "/api/v1/query", [
        ["query", `topk(2, ${metric})`],
        ["time", seconds],
      ]),
    }),
    // The builder: metrics by a word, values beside what is chosen already.
    () =>
      getOf("labels", "/api/v1/label/__name__/values", [
        ...range,
        ["limit", LIMIT],
        ["match[]", `{__name__=~"(?i).*${word}.*"}`],
      ]),
    () =>
      getOf("labels", `/api/v1/label/${label}/values`, [
        ...range,
        ["limit", LIMIT],
        ["match[]", `{__name__="${metric}",instance!="",job=~".*${word}.*|.+"}`],
      ]),
    (): Lookup => ({
      ...posted("/api/v1/series", [
        ["match[]", `${metric}{job!="",instance=~"a:1|b:2"}`],
        ...range,
        ["limit", LIMIT],
      ]),
      kind: "series",
    }),
    (): Lookup => ({
      ...posted("/api/v1/query_exemplars", [["query", `rate(${metric}[5m])`], ...range]),
      kind: "exemplars",
    }),
    (): Lookup => ({ ...getOf("about", "/api/v1/metadata", [["limit", LIMIT]]), isGzip: true }),
    () =>
      getOf("about", "/api/v1/rules", [
        ["exclude_alerts", "true"],
        ["group_limit", "40"],
      ]),
  ])();
}

/** From and to in whole minutes, as it rounds them. */
function dashboardRange(random: Random, { startMs, endMs }: LookupData): Parameters {
  const start = Math.floor(random.between(startMs, endMs) / 60_000) * 60;
  const end = start + 60 * random.pick([5, 60, 360, 1440, 2880]);
  return [
    ["start", String(start)],
    ["end", String(end)],
  ];
}
