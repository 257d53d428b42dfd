/** Parameters of routes, by name. */
import { ALGORITHMS } from "../search/filter.ts";
import { flag, list, type Schema, text, whole } from "./schemas.ts";

const TIME = "seconds since the epoch, or RFC 3339";
const DURATION = "seconds, or a duration such as 5m";

const positive: Schema = { type: "integer", minimum: 1 };
const notNegative: Schema = { type: "integer", minimum: 0 };

const PARAMETERS: Readonly<Record<string, readonly [description: string, schema: Schema]>> = {
  query: ["an expression of PromQL", text],
  time: [`when to evaluate: ${TIME}; default: now`, text],
  start: [`the beginning of the range: ${TIME}`, text],
  end: [`the end of the range: ${TIME}`, text],
  step: [`the distance of the steps: ${DURATION}`, text],
  timeout: [`when to give up: ${DURATION}; at most 25 s`, text],
  limit: ["the most results; 0 for all", notNegative],
  lookback_delta: [`the greatest age of an instant vector's samples: ${DURATION}`, text],
  stats: ["true or all for statistics", text],
  cost: ["whether to compare estimated with actual cost", flag],
  max_series: ["the most series that the query may touch", notNegative],
  max_samples_read: ["the most samples that the query may read", notNegative],
  max_query_duration: [`the longest that the query may take: ${DURATION}`, text],
  max_source_resolution: ["auto, 0s for samples, 1h for hourly rows", text],
  format: ["text for plain text", text],
  "match[]": ["selectors of series", list(text)],
  "search[]": ["what names have in common with the results", list(text)],
  label: ["the label whose values are searched", text],
  sort_by: ["alpha or score", { type: "string", enum: ["alpha", "score"] }],
  sort_dir: ["asc or dsc", { type: "string", enum: ["asc", "dsc"] }],
  fuzz_alg: ["how names are matched", { type: "string", enum: ALGORITHMS }],
  fuzz_threshold: ["the least score of a match", { type: "integer", minimum: 0, maximum: 100 }],
  case_sensitive: ["whether case counts", flag],
  include_score: ["whether results have their score", flag],
  include_metadata: ["whether results have type, help and unit", flag],
  batch_size: ["results of a line", positive],
  selector: ["a selector of series", text],
  "label_names[]": ["labels whose values are counted", list(text)],
  count_method: ["as in Mimir; both count the same", { type: "string", enum: ["inmemory", "active"] }],
  metric: ["the metric", text],
  limit_per_metric: ["the most descriptions of a metric", whole],
  type: ["alert or record", { type: "string", enum: ["alert", "record"] }],
  "rule_name[]": ["names of rules", list(text)],
  "rule_group[]": ["names of groups", list(text)],
  "file[]": ["files of groups", list(text)],
  exclude_alerts: ["whether alerts are left out", flag],
  group_limit: ["groups of a page", positive],
  group_next_token: ["the page after this one", text],
  scrapePool: ["a scrape pool", text],
  labels: ["labels as JSON", text],
  metric_name_pattern: ["a regular expression", text],
  by: ["tenant, key, route, day or metric, with commas between them", text],
  order: ["readUnits or durationMs", text],
};

export interface Parameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly required?: boolean;
  readonly description: string;
  readonly schema: Schema;
}

/** An exclamation mark at the end: it is required. */
export function queryParameters(names: readonly string[]): Parameter[] {
  return names.map((written) => {
    const name = written.replace(/!$/, "");
    const found = PARAMETERS[name];
    if (found === undefined) throw new Error(`OpenAPI: no parameter ${name}`);
    const [description, schema] = found;
    const required = written.endsWith("!");
    return { name, in: "query", ...(required && { required }), description, schema };
  });
}
