/**
 * OTLP in JSON: an `ExportMetricsServiceRequest` in protobuf's JSON mapping, but with hexadecimal ids
 * and numeric enums. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
import { type Deadline, NO_DEADLINE } from "../model/deadline.ts";
import { HearthError } from "../model/errors.ts";
import { quoteInput } from "../model/shorten.ts";
import { type AnyValue, MAX_VALUE_DEPTH, printAnyValue } from "./any-value.ts";
import { ATTRIBUTE_COST, Budget, NUMBER_COST, POINT_COST } from "./budget.ts";
import { SPAN_ID_BYTES, TRACE_ID_BYTES } from "./exemplar-ids.ts";
import {
  arrayField,
  type JsonObject,
  numberField,
  numberOf,
  objectField,
  objectOf,
  optionalNumber,
  quoteTimes,
  textField,
  timeField,
  wrongType,
} from "./json-value.ts";
import { checkHasKnown } from "./known-members.ts";
import {
  type Attribute,
  type ExponentialBuckets,
  type ExponentialPoint,
  type HistogramPoint,
  type Metric,
  type MetricData,
  type NumberPoint,
  type OtlpExemplar,
  type Point,
  type ResourceMetrics,
  type ScopeMetrics,
  type SummaryPoint,
  TEMPORALITIES,
  type Temporality,
} from "./metrics.ts";
import { NO_RECORDED_VALUE } from "./protobuf-points.ts";
import { decodeSentJson } from "./sent-text.ts";

/** The deepest nesting of objects and arrays. The message takes 12 levels, each level of a value 3. */
const MAX_DEPTH = 12 + 3 * MAX_VALUE_DEPTH;

/** Known members above the metrics, by object. */
const MEMBERS = {
  request: ["resourceMetrics"],
  resourceMetrics: ["resource", "scopeMetrics", "schemaUrl"],
  scopeMetrics: ["scope", "metrics", "schemaUrl"],
} as const;

/** Throws "invalid" for JSON that is not this message, "too large" past the budget, and as `deadline` does. */
export function decodeOtlpJson(body: Uint8Array, deadline: Deadline = NO_DEADLINE): ResourceMetrics[] {
  const request = objectOf(parseJson(body, deadline), "the request");
  const budget = new Budget(deadline);
  const resources = arrayField(request, "resourceMetrics").map((one) =>
    resourceOf(objectOf(one, "a resource"), budget),
  );
  checkHasKnown(resources, unknownMember(request));
  return resources;
}

/** Returns the first unknown member above the metrics. Names are in lowerCamelCase. */
function unknownMember(request: JsonObject): string | undefined {
  const resources = arrayField(request, "resourceMetrics") as readonly JsonObject[];
  const scopes = resources.flatMap((one) => arrayField(one, "scopeMetrics") as readonly JsonObject[]);
  return (
    unknownOf([request], "request") ??
    unknownOf(resources, "resourceMetrics") ??
    unknownOf(scopes, "scopeMetrics")
  );
}

function unknownOf(objects: readonly JsonObject[], level: keyof typeof MEMBERS): string | undefined {
  const known: readonly string[] = MEMBERS[level];
  for (const object of objects) {
    const unknown = Object.keys(object).find((name) => !known.includes(name));
    if (unknown !== undefined)
      return `member ${quoteInput(unknown)} of ${level} (known: ${known.join(", ")})`;
  }
  return undefined;
}

function parseJson(body: Uint8Array, deadline: Deadline): unknown {
  checkShape(body, deadline);
  deadline.check();
  const text = quoteTimes(decodeSentJson(body));
  deadline.check();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HearthError("invalid", "OTLP request: not JSON", { cause });
  }
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Runs before parsing: deep nesting or very many parts take many times their bytes once parsed. */
function checkShape(body: Uint8Array, deadline: Deadline): void {
  const budget = new Budget(deadline);
  let depth = 0;
  let inText = false;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (inText) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (byte === COMMA) budget.spend(NUMBER_COST);
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      budget.spend(ATTRIBUTE_COST / 4);
      if (++depth > MAX_DEPTH)
        throw new HearthError(
          "invalid",
          `OTLP request: JSON nested more than ${MAX_DEPTH} levels deep; send flatter attributes`,
        );
    }
  }
}

function resourceOf(resource: JsonObject, budget: Budget): ResourceMetrics {
  budget.spend(POINT_COST);
  return {
    attributes: attributesOf(objectField(resource, "resource"), "attributes", budget),
    scopes: arrayField(resource, "scopeMetrics").map((one) => scopeOf(objectOf(one, "scopeMetrics"), budget)),
  };
}

function scopeOf(scopeMetrics: JsonObject, budget: Budget): ScopeMetrics {
  budget.spend(POINT_COST);
  const scope = objectField(scopeMetrics, "scope");
  return {
    name: textField(scope, "name"),
    version: textField(scope, "version"),
    schemaUrl: textField(scopeMetrics, "schemaUrl"),
    attributes: attributesOf(scope, "attributes", budget),
    metrics: arrayField(scopeMetrics, "metrics").map((one) => metricOf(objectOf(one, "a metric"), budget)),
  };
}

function metricOf(metric: JsonObject, budget: Budget): Metric {
  budget.spend(POINT_COST);
  return {
    name: textField(metric, "name"),
    description: textField(metric, "description"),
    unit: textField(metric, "unit"),
    data: dataOf(metric, budget),
  };
}

function dataOf(metric: JsonObject, budget: Budget): MetricData {
  const pointsOf = <P>(data: JsonObject, make: (point: JsonObject, budget: Budget) => P): P[] =>
    arrayField(data, "dataPoints").map((one) => make(objectOf(one, "a data point"), budget));
  const has = (name: string) => metric[name] !== undefined && metric[name] !== null;
  if (has("gauge")) return { kind: "gauge", points: pointsOf(objectField(metric, "gauge"), numberPointOf) };
  if (has("sum")) {
    const data = objectField(metric, "sum");
    const isMonotonic = data.isMonotonic === true;
    return {
      kind: "sum",
      temporality: temporalityOf(data),
      isMonotonic,
      points: pointsOf(data, numberPointOf),
    };
  }
  if (has("histogram")) {
    const data = objectField(metric, "histogram");
    return { kind: "histogram", temporality: temporalityOf(data), points: pointsOf(data, histogramPointOf) };
  }
  if (has("exponentialHistogram")) {
    const data = objectField(metric, "exponentialHistogram");
    const points = pointsOf(data, exponentialPointOf);
    return { kind: "exponential histogram", temporality: temporalityOf(data), points };
  }
  if (has("summary"))
    return { kind: "summary", points: pointsOf(objectField(metric, "summary"), summaryPointOf) };
  return { kind: "unknown", points: [] };
}

/** Decodes an enum from its number; some senders write the name. */
function temporalityOf(data: JsonObject): Temporality {
  const value = data.aggregationTemporality ?? 0;
  if (typeof value === "number") return TEMPORALITIES[value] ?? "unspecified";
  const name = /^AGGREGATION_TEMPORALITY_(DELTA|CUMULATIVE)$/.exec(String(value))?.[1].toLowerCase();
  return TEMPORALITIES.find((one) => one === name) ?? "unspecified";
}

function pointOf(point: JsonObject, budget: Budget): Point {
  budget.spend(POINT_COST);
  return {
    attributes: attributesOf(point, "attributes", budget),
    timestamp: timeField(point, "timeUnixNano"),
    startTimestamp: timeField(point, "startTimeUnixNano"),
    hasNoValue: (numberField(point, "flags") & NO_RECORDED_VALUE) !== 0,
    exemplars: arrayField(point, "exemplars").map((one) => exemplarOf(objectOf(one, "an exemplar"), budget)),
  };
}

function pointValue(point: JsonObject): number | undefined {
  return optionalNumber(point, "asDouble") ?? optionalNumber(point, "asInt");
}

function numberPointOf(point: JsonObject, budget: Budget): NumberPoint {
  return { ...pointOf(point, budget), value: pointValue(point) };
}

function histogramPointOf(point: JsonObject, budget: Budget): HistogramPoint {
  return {
    ...pointOf(point, budget),
    count: numberField(point, "count"),
    sum: optionalNumber(point, "sum"),
    bucketCounts: numbersOf(point, "bucketCounts", budget),
    explicitBounds: numbersOf(point, "explicitBounds", budget),
  };
}

function numbersOf(object: JsonObject, name: string, budget: Budget): number[] {
  const values = arrayField(object, name);
  budget.spend(values.length * NUMBER_COST);
  return values.map((value) => numberOf(value, name));
}

function exponentialPointOf(point: JsonObject, budget: Budget): ExponentialPoint {
  return {
    ...pointOf(point, budget),
    count: numberField(point, "count"),
    sum: optionalNumber(point, "sum"),
    scale: numberField(point, "scale"),
    zeroCount: numberField(point, "zeroCount"),
    positive: bucketsOf(objectField(point, "positive"), budget),
    negative: bucketsOf(objectField(point, "negative"), budget),
  };
}

function bucketsOf(buckets: JsonObject, budget: Budget): ExponentialBuckets {
  return { offset: numberField(buckets, "offset"), counts: numbersOf(buckets, "bucketCounts", budget) };
}

function summaryPointOf(point: JsonObject, budget: Budget): SummaryPoint {
  const quantiles = arrayField(point, "quantileValues").map((one) => {
    budget.spend(ATTRIBUTE_COST);
    const quantile = objectOf(one, "a quantile");
    return { quantile: numberField(quantile, "quantile"), value: numberField(quantile, "value") };
  });
  return {
    ...pointOf(point, budget),
    count: numberField(point, "count"),
    sum: numberField(point, "sum"),
    quantiles,
  };
}

function exemplarOf(exemplar: JsonObject, budget: Budget): OtlpExemplar {
  budget.spend(POINT_COST);
  return {
    timestamp: timeField(exemplar, "timeUnixNano"),
    value: pointValue(exemplar) ?? 0,
    traceId: idField(exemplar, "traceId", TRACE_ID_BYTES),
    spanId: idField(exemplar, "spanId", SPAN_ID_BYTES),
    attributes: attributesOf(exemplar, "filteredAttributes", budget),
  };
}

/** Decodes an id. An invalid id is dropped, its data point is not. */
function idField(object: JsonObject, name: string, maxBytes: number): string {
  const text = textField(object, name);
  return text.length <= 2 * maxBytes && /^([0-9a-fA-F]{2})*$/.test(text) ? text.toLowerCase() : "";
}

function attributesOf(object: JsonObject, name: string, budget: Budget): Attribute[] {
  return arrayField(object, name).map((one) => {
    const [key, value] = keyValueOf(one, budget);
    return { key, value: printAnyValue(value) };
  });
}

function keyValueOf(value: unknown, budget: Budget): [string, AnyValue] {
  budget.spend(ATTRIBUTE_COST);
  const pair = objectOf(value, "an attribute");
  return [textField(pair, "key"), anyValueOf(objectField(pair, "value"), budget)];
}

/** Needs no check of depth: that of the JSON is checked. */
function anyValueOf(value: JsonObject, budget: Budget): AnyValue {
  budget.spend(ATTRIBUTE_COST);
  const [kind] = Object.keys(value).filter((name) => value[name] !== null);
  switch (kind) {
    case "stringValue":
      return { kind: "text", text: textField(value, kind) };
    case "boolValue":
      return { kind: "boolean", value: value[kind] === true };
    case "intValue":
      return { kind: "integer", digits: digitsOf(value[kind]) };
    case "doubleValue":
      return { kind: "double", value: numberField(value, kind) };
    case "bytesValue":
      return { kind: "bytes", base64: Buffer.from(textField(value, kind), "base64").toString("base64") };
    case "arrayValue": {
      const values = arrayField(objectField(value, kind), "values");
      return { kind: "list", values: values.map((one) => anyValueOf(objectOf(one, "a value"), budget)) };
    }
    case "kvlistValue": {
      const entries = arrayField(objectField(value, kind), "values");
      return { kind: "map", entries: entries.map((one) => keyValueOf(one, budget)) };
    }
    default:
      return { kind: "empty" };
  }
}

function digitsOf(value: unknown): string {
  if (typeof value === "string" && /^-?\d{1,19}$/.test(value)) return String(BigInt(value));
  if (typeof value === "number" && Number.isInteger(value)) return String(BigInt(value));
  throw wrongType("intValue", value, "a whole number");
}
