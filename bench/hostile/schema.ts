/**
 * The messages of the protocols that Hearth decodes, as data: what is flooded. Names as in JSON; numbers and types as in
 * proto/ and in https://github.com/open-telemetry/opentelemetry-proto.
 */

export type FieldType = "text" | "bytes" | "varint" | "fixed64" | "varints" | "fixed64s" | Message;

export interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: FieldType;
  readonly isRepeated?: boolean;
}

export interface Message {
  readonly name: string;
  readonly fields: readonly Field[];
  /** Fields that make it worth looking at: a time, a value, a name. */
  readonly base: Readonly<Record<string, unknown>>;
}

type Row = readonly [name: string, number: number, type: FieldType, repeated?: "repeated"];

function message(name: string, base: Record<string, unknown>, ...rows: Row[]): Message {
  const fields = rows.map(([field, number, type, repeated]) => ({
    name: field,
    number,
    type,
    isRepeated: repeated !== undefined,
  }));
  return { name, base, fields };
}

/** A time that is never in the future of a store whose clock is right. */
export const SENT_MS = Date.UTC(2025, 0, 1);
const SENT_NS = `${SENT_MS}000000`;

const LABEL = message("Label", {}, ["name", 1, "text"], ["value", 2, "text"]);
const SAMPLE = message("Sample", { timestamp: SENT_MS }, ["value", 1, "fixed64"], ["timestamp", 2, "varint"]);
const EXEMPLAR = message(
  "Exemplar",
  { timestamp: SENT_MS },
  ["labels", 1, LABEL, "repeated"],
  ["value", 2, "fixed64"],
  ["timestamp", 3, "varint"],
);
const SPAN = message("BucketSpan", {}, ["offset", 1, "varint"], ["length", 2, "varint"]);
const HISTOGRAM = message(
  "Histogram",
  { timestamp: SENT_MS },
  ["countInt", 1, "varint"],
  ["countFloat", 2, "fixed64"],
  ["sum", 3, "fixed64"],
  ["schema", 4, "varint"],
  ["zeroThreshold", 5, "fixed64"],
  ["zeroCountInt", 6, "varint"],
  ["negativeSpans", 8, SPAN, "repeated"],
  ["negativeDeltas", 9, "varints"],
  ["negativeCounts", 10, "fixed64s"],
  ["positiveSpans", 11, SPAN, "repeated"],
  ["positiveDeltas", 12, "varints"],
  ["positiveCounts", 13, "fixed64s"],
  ["resetHint", 14, "varint"],
  ["timestamp", 15, "varint"],
  ["customValues", 16, "fixed64s"],
);
const NAMED = { labels: [{ name: "__name__", value: "m" }] };

export const WRITE_V1 = message(
  "WriteRequest",
  {},
  [
    "timeseries",
    1,
    message(
      "TimeSeries",
      { ...NAMED, samples: [{ timestamp: SENT_MS }] },
      ["labels", 1, LABEL, "repeated"],
      ["samples", 2, SAMPLE, "repeated"],
      ["exemplars", 3, EXEMPLAR, "repeated"],
      ["histograms", 4, HISTOGRAM, "repeated"],
    ),
    "repeated",
  ],
  [
    "metadata",
    3,
    message(
      "MetricMetadata",
      { metricFamilyName: "m", help: "h" },
      ["type", 1, "varint"],
      ["metricFamilyName", 2, "text"],
      ["help", 4, "text"],
      ["unit", 5, "text"],
    ),
    "repeated",
  ],
);

export const WRITE_V2 = message(
  "Request",
  // The next symbol, of a flood, is number 3.
  { symbols: ["", "__name__", "m"] },
  ["symbols", 4, "text", "repeated"],
  [
    "timeseries",
    5,
    message(
      "TimeSeries",
      { labelsRefs: [1, 2], samples: [{ timestamp: SENT_MS }] },
      ["labelsRefs", 1, "varints"],
      [
        "samples",
        2,
        message(
          "Sample",
          { timestamp: SENT_MS },
          ["value", 1, "fixed64"],
          ["timestamp", 2, "varint"],
          ["startTimestamp", 3, "varint"],
        ),
        "repeated",
      ],
      ["histograms", 3, HISTOGRAM, "repeated"],
      [
        "exemplars",
        4,
        message(
          "Exemplar",
          { timestamp: SENT_MS },
          ["labelsRefs", 1, "varints"],
          ["value", 2, "fixed64"],
          ["timestamp", 3, "varint"],
        ),
        "repeated",
      ],
      [
        "metadata",
        5,
        message(
          "Metadata",
          { helpRef: 2 },
          ["type", 1, "varint"],
          ["helpRef", 3, "varint"],
          ["unitRef", 4, "varint"],
        ),
      ],
      ["createdTimestamp", 6, "varint"],
    ),
    "repeated",
  ],
);

const MATCHER = message(
  "LabelMatcher",
  { name: "a" },
  ["type", 1, "varint"],
  ["name", 2, "text"],
  ["value", 3, "text"],
);

export const READ = message(
  "ReadRequest",
  {},
  [
    "queries",
    1,
    message(
      "Query",
      { endTimestampMs: SENT_MS, matchers: [{ name: "__name__", value: "m" }] },
      ["startTimestampMs", 1, "varint"],
      ["endTimestampMs", 2, "varint"],
      ["matchers", 3, MATCHER, "repeated"],
      ["hints", 4, message("ReadHints", {}, ["func", 2, "text"], ["grouping", 5, "text", "repeated"])],
    ),
    "repeated",
  ],
  ["acceptedResponseTypes", 2, "varints"],
);

const LIST_VALUE: Message = message("ArrayValue", {}, [
  "values",
  1,
  message("AnyValue", {}, ["stringValue", 1, "text"]),
  "repeated",
]);
const ANY_VALUE = message(
  "AnyValue",
  {},
  ["stringValue", 1, "text"],
  ["intValue", 3, "varint"],
  ["arrayValue", 5, LIST_VALUE],
  ["bytesValue", 7, "bytes"],
);
const ATTRIBUTE = message(
  "KeyValue",
  { value: { stringValue: "v" } },
  ["key", 1, "text"],
  ["value", 2, ANY_VALUE],
);
const OTLP_EXEMPLAR = message(
  "Exemplar",
  { timeUnixNano: SENT_NS },
  ["timeUnixNano", 2, "fixed64"],
  ["asDouble", 3, "fixed64"],
  ["spanId", 4, "bytes"],
  ["traceId", 5, "bytes"],
  ["filteredAttributes", 7, ATTRIBUTE, "repeated"],
);
const NUMBER_POINT = message(
  "NumberDataPoint",
  { timeUnixNano: SENT_NS, asDouble: 1 },
  ["startTimeUnixNano", 2, "fixed64"],
  ["timeUnixNano", 3, "fixed64"],
  ["asDouble", 4, "fixed64"],
  ["exemplars", 5, OTLP_EXEMPLAR, "repeated"],
  ["attributes", 7, ATTRIBUTE, "repeated"],
  ["flags", 8, "varint"],
);
const BUCKETS = message("Buckets", {}, ["offset", 1, "varint"], ["bucketCounts", 2, "varints"]);
const CUMULATIVE = { aggregationTemporality: 2 };

function data(name: string, point: Message): Message {
  return message(
    name,
    CUMULATIVE,
    ["dataPoints", 1, point, "repeated"],
    ["aggregationTemporality", 2, "varint"],
    ["isMonotonic", 3, "varint"],
  );
}

const HISTOGRAM_POINT = message(
  "HistogramDataPoint",
  { timeUnixNano: SENT_NS, count: 0 },
  ["timeUnixNano", 3, "fixed64"],
  ["count", 4, "fixed64"],
  ["sum", 5, "fixed64"],
  ["bucketCounts", 6, "fixed64s"],
  ["explicitBounds", 7, "fixed64s"],
  ["exemplars", 8, OTLP_EXEMPLAR, "repeated"],
  ["attributes", 9, ATTRIBUTE, "repeated"],
);
const EXPONENTIAL_POINT = message(
  "ExponentialHistogramDataPoint",
  { timeUnixNano: SENT_NS, count: 0 },
  ["attributes", 1, ATTRIBUTE, "repeated"],
  ["timeUnixNano", 3, "fixed64"],
  ["count", 4, "fixed64"],
  ["scale", 6, "varint"],
  ["positive", 8, BUCKETS],
  ["negative", 9, BUCKETS],
  ["exemplars", 11, OTLP_EXEMPLAR, "repeated"],
);
const SUMMARY_POINT = message(
  "SummaryDataPoint",
  { timeUnixNano: SENT_NS, count: 0 },
  ["timeUnixNano", 3, "fixed64"],
  ["count", 4, "fixed64"],
  [
    "quantileValues",
    6,
    message("ValueAtQuantile", {}, ["quantile", 1, "fixed64"], ["value", 2, "fixed64"]),
    "repeated",
  ],
  ["attributes", 7, ATTRIBUTE, "repeated"],
);
const METRIC = message(
  "Metric",
  { name: "m" },
  ["name", 1, "text"],
  ["description", 2, "text"],
  ["unit", 3, "text"],
  ["gauge", 5, data("Gauge", NUMBER_POINT)],
  ["sum", 7, data("Sum", NUMBER_POINT)],
  ["histogram", 9, data("Histogram", HISTOGRAM_POINT)],
  ["exponentialHistogram", 10, data("ExponentialHistogram", EXPONENTIAL_POINT)],
  ["summary", 11, data("Summary", SUMMARY_POINT)],
);
const SCOPE_METRICS = message(
  "ScopeMetrics",
  {
    scope: { name: "s" },
    metrics: [{ name: "m", gauge: { dataPoints: [{ timeUnixNano: SENT_NS, asDouble: 1 }] } }],
  },
  [
    "scope",
    1,
    message(
      "InstrumentationScope",
      { name: "s" },
      ["name", 1, "text"],
      ["version", 2, "text"],
      ["attributes", 3, ATTRIBUTE, "repeated"],
    ),
  ],
  ["metrics", 2, METRIC, "repeated"],
  ["schemaUrl", 3, "text"],
);

export const OTLP = message("ExportMetricsServiceRequest", {}, [
  "resourceMetrics",
  1,
  message(
    "ResourceMetrics",
    { resource: { attributes: [{ key: "service.name", value: { stringValue: "s" } }] } },
    [
      "resource",
      1,
      message("Resource", { attributes: [{ key: "service.name", value: { stringValue: "s" } }] }, [
        "attributes",
        1,
        ATTRIBUTE,
        "repeated",
      ]),
    ],
    ["scopeMetrics", 2, SCOPE_METRICS, "repeated"],
    ["schemaUrl", 3, "text"],
  ),
  "repeated",
]);
