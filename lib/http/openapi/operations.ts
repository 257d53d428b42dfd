/** The routes of Hearth, as its OpenAPI document lists them. */

import type { Schema } from "./schemas.ts";
import * as schemas from "./schemas.ts";

export type Method = "get" | "post" | "put" | "delete";

export interface Operation {
  readonly path: string;
  readonly methods: readonly Method[];
  readonly tag: "query" | "lookup" | "rules" | "status" | "write" | "admin";
  readonly summary: string;
  /** Of the URL, and of a form where it is posted. */
  readonly parameters?: readonly string[];
  /** What a request has as its body instead of a form. */
  readonly body?: { readonly type: string; readonly schema: Schema };
  /** By status; a content type without a schema is not JSON. */
  readonly responses: Readonly<Record<string, Content>>;
  /** What errors are; default: Prometheus' JSON. */
  readonly errors?: "json" | "text";
  readonly aliases?: readonly string[];
}

export type Content = Readonly<Record<string, Schema>>;

const JSON_TYPE = "application/json";
const json = (schema: Schema): Operation["responses"] => ({ "200": { [JSON_TYPE]: schema } });
const data = (schema: Schema) => json(schemas.envelope(schema));
const of = (type: string): Operation["responses"] => ({ "200": { [type]: schemas.text } });
const NOTHING: Operation["responses"] = { "204": {} };

const EVALUATION = ["query!", "timeout", "limit", "lookback_delta", "stats", "cost"];
const COST_LIMITS = ["max_series", "max_samples_read", "max_query_duration", "max_source_resolution"];
const INSTANT = [...EVALUATION, "time", ...COST_LIMITS];
const RANGE = [...EVALUATION, "start!", "end!", "step!", ...COST_LIMITS];
const LOOKUP = ["match[]", "start", "end", "limit"];
const SEARCH = [
  ...LOOKUP,
  ...[
    "search[]",
    "sort_by",
    "sort_dir",
    "fuzz_alg",
    "fuzz_threshold",
    "case_sensitive",
    "include_score",
    "batch_size",
  ],
];
const COUNTED = ["selector", "start", "end", "limit", "count_method"];
const GET: readonly Method[] = ["get"];
const BOTH: readonly Method[] = ["get", "post"];
const { list, text, object, anything, mapOf, flag, whole } = schemas;
const NDJSON = "application/x-ndjson";

type Row = readonly [
  path: string,
  methods: readonly Method[],
  tag: Operation["tag"],
  summary: string,
  parameters: readonly string[],
  responses: Operation["responses"],
];

/** Below `/api/v1`, and the same below `/api/v3`. */
const ROWS: readonly Row[] = [
  ["/query", BOTH, "query", "Evaluates an expression at one time", INSTANT, data(schemas.QUERY_RESULT)],
  ["/query_range", BOTH, "query", "Evaluates an expression at steps", RANGE, data(schemas.MATRIX)],
  ["/query_cost", BOTH, "query", "What an instant query will cost", INSTANT, data(schemas.COST_ESTIMATE)],
  ["/query_range_cost", BOTH, "query", "What a range query will cost", RANGE, data(schemas.COST_ESTIMATE)],
  [
    "/query_exemplars",
    BOTH,
    "query",
    "Exemplars of the series of an expression",
    ["query!", "start", "end"],
    data(schemas.EXEMPLARS),
  ],
  ["/format_query", BOTH, "query", "Formats an expression", ["query!"], data(text)],
  ["/parse_query", BOTH, "query", "The syntax tree of an expression", ["query!"], data(anything)],
  [
    "/explain",
    BOTH,
    "query",
    "The plan and the reads of a query, without evaluating it",
    ["query!", "time", "start", "end", "step", "lookback_delta", "max_source_resolution", "format"],
    { "200": { [JSON_TYPE]: schemas.envelope(anything), "text/plain": text } },
  ],
  ["/series", BOTH, "lookup", "Series", ["match[]!", "start", "end", "limit"], data(list(schemas.labels))],
  ["/labels", BOTH, "lookup", "Names of labels", LOOKUP, data(list(text))],
  ["/label/{name}/values", GET, "lookup", "Values of a label", LOOKUP, data(list(text))],
  [
    "/search/metric_names",
    BOTH,
    "lookup",
    "Searches names of metrics",
    [...SEARCH, "include_metadata"],
    of(NDJSON),
  ],
  ["/search/label_names", BOTH, "lookup", "Searches names of labels", SEARCH, of(NDJSON)],
  ["/search/label_values", BOTH, "lookup", "Searches values of a label", ["label!", ...SEARCH], of(NDJSON)],
  [
    "/cardinality/label_names",
    BOTH,
    "lookup",
    "Labels with their numbers of values",
    COUNTED,
    json(schemas.LABEL_NAMES_CARDINALITY),
  ],
  [
    "/cardinality/label_values",
    BOTH,
    "lookup",
    "Values of labels with their numbers of series",
    ["label_names[]!", ...COUNTED],
    json(schemas.LABEL_VALUES_CARDINALITY),
  ],
  [
    "/cardinality/active_series",
    BOTH,
    "lookup",
    "Series of a selector",
    ["selector!", "start", "end", "count_method"],
    json(schemas.ACTIVE_SERIES),
  ],
  [
    "/metadata",
    GET,
    "lookup",
    "Type, help and unit of metrics",
    ["metric", "limit", "limit_per_metric"],
    data(schemas.METADATA),
  ],
  [
    "/rules",
    GET,
    "rules",
    "Rules with their state",
    [
      "type",
      "rule_name[]",
      "rule_group[]",
      "file[]",
      "match[]",
      "exclude_alerts",
      "group_limit",
      "group_next_token",
    ],
    data(schemas.RULES),
  ],
  ["/alerts", GET, "rules", "Alerts", [], data(schemas.ALERTS)],
  ["/status/buildinfo", GET, "status", "The version of the API and of Hearth", [], data(schemas.BUILD_INFO)],
  ["/status/tsdb", GET, "status", "Cardinality of today", ["limit"], data(schemas.TSDB_STATUS)],
  ["/status/tsdb/blocks", GET, "status", "Blocks: none", [], data(object({ blocks: list(anything) }))],
  ["/status/config", GET, "status", "The configuration: empty", [], data(object({ yaml: text }))],
  ["/status/flags", GET, "status", "Settings that Prometheus has as flags", [], data(mapOf(text))],
  [
    "/status/runtimeinfo",
    GET,
    "status",
    "The time of the server and the retention",
    [],
    data(schemas.RUNTIME_INFO),
  ],
  [
    "/status/walreplay",
    GET,
    "status",
    "Nothing is replayed",
    [],
    data(object({ min: whole, max: whole, current: whole })),
  ],
  [
    "/status/self_metrics",
    GET,
    "status",
    "Metrics of the process: none",
    ["metric_name_pattern"],
    data(list(anything)),
  ],
  ["/status/store", GET, "status", "Compaction and damage of the last days", [], data(anything)],
  ["/user_limits", GET, "status", "Limits of the tenant, as in Mimir", [], json(anything)],
  ["/usage", GET, "status", "What tenants use and what it costs", ["start", "end", "by"], data(anything)],
  [
    "/usage/queries",
    GET,
    "status",
    "The queries that cost or took the most",
    ["start", "end", "order", "limit"],
    data(anything),
  ],
  ["/features", GET, "status", "Which of Prometheus' features Hearth has", [], data(mapOf(mapOf(flag)))],
  [
    "/targets",
    GET,
    "status",
    "Targets: none",
    [],
    data(
      object({
        activeTargets: list(anything),
        droppedTargets: list(anything),
        droppedTargetCounts: mapOf(whole),
      }),
    ),
  ],
  ["/targets/metadata", GET, "status", "Metadata of targets: none", [], data(list(anything))],
  [
    "/targets/relabel_steps",
    GET,
    "status",
    "Relabeling of a scrape pool: there is none",
    ["scrapePool!", "labels!"],
    {},
  ],
  ["/scrape_pools", GET, "status", "Scrape pools: none", [], data(object({ scrapePools: list(text) }))],
  [
    "/scrape_pools/config",
    GET,
    "status",
    "The configuration of a scrape pool: there is none",
    ["scrapePool!"],
    {},
  ],
  [
    "/alertmanagers",
    GET,
    "status",
    "Alertmanagers: none",
    [],
    data(object({ activeAlertmanagers: list(anything), droppedAlertmanagers: list(anything) })),
  ],
  ["/notifications", GET, "status", "Notifications: none", [], data(list(anything))],
  ["/notifications/live", GET, "status", "No stream of notifications", [], NOTHING],
  [
    "/openapi.yaml",
    GET,
    "status",
    "This document",
    [],
    { "200": { "application/yaml": { type: "object" } } },
  ],
];

const PROTOBUF = { type: "application/x-protobuf", schema: { type: "string", format: "binary" } } as const;
const YAML_TYPE = "application/yaml";
const YAML_GROUP = { type: YAML_TYPE, schema: schemas.WRITTEN_GROUP } as const;
const GROUP = { "200": { [YAML_TYPE]: schemas.WRITTEN_GROUP } } as const;
const GROUPS = { "200": { [YAML_TYPE]: schemas.WRITTEN_GROUPS } } as const;
const GROUPS_PATHS = ["/prometheus/config/v1/rules", "/api/prom/rules"];

const OTHERS: readonly Operation[] = [
  { path: "/version", methods: GET, tag: "status", summary: "The version", responses: json(schemas.VERSION) },
  {
    path: "/federate",
    methods: GET,
    tag: "query",
    summary: "The newest samples of series",
    parameters: ["match[]"],
    responses: { "200": { "text/plain": text, "application/vnd.google.protobuf": text } },
  },
  {
    path: "/api/v1/write",
    methods: ["post"],
    tag: "write",
    summary: "Remote write 1.0 and 2.0",
    body: PROTOBUF,
    responses: { "200": {}, "202": {}, "204": {} },
    errors: "text",
    aliases: ["/api/v3/write", "/api/prom_write"],
  },
  {
    path: "/api/v1/read",
    methods: ["post"],
    tag: "query",
    summary: "Remote read",
    body: PROTOBUF,
    responses: { "200": { "application/x-protobuf": text, "application/x-streamed-protobuf": text } },
    errors: "text",
    aliases: ["/api/v3/read", "/api/prom_read"],
  },
  {
    path: "/api/v1/otlp/v1/metrics",
    methods: ["post"],
    tag: "write",
    summary: "OTLP metrics",
    body: PROTOBUF,
    responses: { "200": { "application/x-protobuf": text, [JSON_TYPE]: anything } },
    errors: "text",
  },
  {
    path: "/api/v1/admin/tsdb/delete_series",
    methods: ["post", "put"],
    tag: "admin",
    summary: "Deletes series",
    parameters: ["match[]!", "start", "end"],
    responses: NOTHING,
  },
  {
    path: "/api/v1/admin/tsdb/clean_tombstones",
    methods: ["post", "put"],
    tag: "admin",
    summary: "Calls the compactor to what is deleted",
    responses: NOTHING,
  },
  {
    path: "/config/v1/rules",
    methods: GET,
    tag: "rules",
    summary: "All groups of rules",
    responses: GROUPS,
    errors: "text",
    aliases: GROUPS_PATHS,
  },
  ...(
    [
      ["/{namespace}", "get", "The groups of a namespace", undefined, GROUPS],
      ["/{namespace}", "post", "Stores a group", YAML_GROUP, { "202": { [JSON_TYPE]: anything } }],
      ["/{namespace}", "delete", "Deletes a namespace", undefined, { "202": { [JSON_TYPE]: anything } }],
      ["/{namespace}/{group}", "get", "A group", undefined, GROUP],
      ["/{namespace}/{group}", "delete", "Deletes a group", undefined, { "202": { [JSON_TYPE]: anything } }],
    ] as const
  ).map(
    ([path, method, summary, body, responses]): Operation => ({
      path: `/config/v1/rules${path}`,
      methods: [method],
      tag: "rules",
      summary,
      ...(body && { body }),
      responses,
      errors: "text",
      aliases: [...GROUPS_PATHS, "/api/v1/rules"].map((prefix) => prefix + path),
    }),
  ),
];

export const OPERATIONS: readonly Operation[] = [
  ...ROWS.map(
    ([path, methods, tag, summary, parameters, responses]): Operation => ({
      path: `/api/v1${path}`,
      methods,
      tag,
      summary,
      parameters,
      responses,
      aliases: [`/api/v3${path}`],
    }),
  ),
  ...OTHERS,
];
