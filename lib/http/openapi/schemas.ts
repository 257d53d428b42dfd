/** Shapes of responses, as JSON Schema 2020-12. */
export type Schema = Readonly<Record<string, unknown>>;

export const text: Schema = { type: "string" };
export const number: Schema = { type: "number" };
export const whole: Schema = { type: "integer" };
export const flag: Schema = { type: "boolean" };
/** A document that another page describes. */
export const anything: Schema = {};

export const list = (items: Schema): Schema => ({ type: "array", items });
export const mapOf = (values: Schema): Schema => ({ type: "object", additionalProperties: values });

/** With these members and no others; names that end with a question mark may be absent. */
export function object(members: Readonly<Record<string, Schema>>): Schema {
  const entries = Object.entries(members).map(([name, schema]) => [name.replace(/\?$/, ""), schema] as const);
  const required = Object.keys(members).filter((name) => !name.endsWith("?"));
  return {
    type: "object",
    properties: Object.fromEntries(entries),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

const constant = (value: string): Schema => ({ type: "string", const: value });

/** `data` in Prometheus' envelope. */
export const envelope = (data: Schema): Schema =>
  object({ status: constant("success"), data, "warnings?": list(text), "infos?": list(text) });

export const ERROR = object({ status: constant("error"), errorType: text, error: text });

export const labels = mapOf(text);

/** A time in seconds and a value as text: JSON has no NaN. */
const pair: Schema = { type: "array", prefixItems: [number, text], minItems: 2, maxItems: 2 };
const histogram = object({
  count: text,
  sum: text,
  "buckets?": list({ type: "array", prefixItems: [whole, text, text, text], minItems: 4, maxItems: 4 }),
});
const histogramPair: Schema = { type: "array", prefixItems: [number, histogram], minItems: 2, maxItems: 2 };

const cost = object({
  seriesTouched: whole,
  samplesRead: whole,
  "peakSamples?": whole,
  readUnits: number,
  dollars: number,
});
export const COST_ESTIMATE = object({ estimate: cost });

const perStep = list({ type: "array", prefixItems: [number, number], minItems: 2, maxItems: 2 });
const stats = object({
  timings: mapOf(number),
  samples: object({
    "totalQueryableSamplesPerStep?": perStep,
    totalQueryableSamples: whole,
    "samplesReadPerStep?": perStep,
    samplesRead: whole,
    seriesTouched: whole,
    peakSamples: whole,
    "rowsRead?": whole,
  }),
});

const result = (type: string, data: Schema): Schema =>
  object({
    resultType: constant(type),
    result: data,
    "stats?": stats,
    "cost?": object({ estimated: cost, actual: cost }),
  });
const sample = object({ metric: labels, "value?": pair, "histogram?": histogramPair });
const series = object({ metric: labels, "values?": list(pair), "histograms?": list(histogramPair) });

export const MATRIX = result("matrix", list(series));
export const QUERY_RESULT: Schema = {
  oneOf: [result("vector", list(sample)), MATRIX, result("scalar", pair), result("string", pair)],
};

export const METADATA = mapOf(list(object({ type: text, unit: text, help: text })));

export const EXEMPLARS = list(
  object({ seriesLabels: labels, exemplars: list(object({ labels, value: text, timestamp: number })) }),
);

const counted = list(object({ name: text, value: whole }));
export const TSDB_STATUS = object({
  headStats: object({
    numSeries: whole,
    numLabelPairs: whole,
    chunkCount: whole,
    minTime: whole,
    maxTime: whole,
  }),
  seriesCountByMetricName: counted,
  labelValueCountByLabelName: counted,
  memoryInBytesByLabelName: counted,
  seriesCountByLabelValuePair: counted,
});

export const VERSION = object({
  version: text,
  revision: text,
  branch: text,
  buildUser: text,
  buildDate: text,
  goVersion: text,
});
export const BUILD_INFO = object({
  version: text,
  revision: text,
  branch: text,
  buildUser: text,
  buildDate: text,
  goVersion: text,
  application: text,
  features: labels,
});

export const RUNTIME_INFO = object({
  startTime: text,
  CWD: text,
  hostname: text,
  serverTime: text,
  reloadConfigSuccess: flag,
  lastConfigTime: text,
  corruptionCount: whole,
  goroutineCount: whole,
  GOMAXPROCS: whole,
  GOMEMLIMIT: whole,
  GOGC: text,
  GODEBUG: text,
  storageRetention: text,
});

const alert = { type: "object", required: ["labels", "annotations", "state", "activeAt", "value"] };
export const ALERTS = object({ alerts: list(alert) });
const group = { type: "object", required: ["name", "file", "rules", "interval"] };
export const RULES = object({ groups: list(group), "groupNextToken?": text });

const warnings = { "warnings?": list(text) };
/** A group as it is written, of which other fields have defaults. */
export const WRITTEN_GROUP: Schema = {
  type: "object",
  properties: { name: text, rules: list({ type: "object" }) },
  required: ["name", "rules"],
};
/** By namespace. */
export const WRITTEN_GROUPS = mapOf(list(WRITTEN_GROUP));

export const LABEL_NAMES_CARDINALITY = object({
  label_values_count_total: whole,
  label_names_count: whole,
  cardinality: list(object({ label_name: text, label_values_count: whole })),
  ...warnings,
});
export const LABEL_VALUES_CARDINALITY = object({
  series_count_total: whole,
  labels: list(
    object({
      label_name: text,
      label_values_count: whole,
      series_count: whole,
      cardinality: list(object({ label_value: text, series_count: whole })),
    }),
  ),
  ...warnings,
});
export const ACTIVE_SERIES = object({ data: list(labels), ...warnings });
