/**
 * OTLP in protobuf: an `ExportMetricsServiceRequest`. Messages and numbers:
 * https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto (v1.7).
 * Each reader lists the fields of its message.
 */
import { type Deadline, NO_DEADLINE } from "../model/deadline.ts";
import { POINT_COST } from "./budget.ts";
import { checkHasKnown } from "./known-members.ts";
import {
  type Attribute,
  type Metric,
  type MetricData,
  type ResourceMetrics,
  type ScopeMetrics,
  TEMPORALITIES,
  type Temporality,
} from "./metrics.ts";
import { bytesField, OtlpCursor, varintField } from "./protobuf-cursor.ts";
import {
  readExponentialPoint,
  readHistogramPoint,
  readNumberPoint,
  readSummaryPoint,
} from "./protobuf-points.ts";

/**
 * Throws "invalid" for malformed protobuf or a different message, "too large" past the budget, and as `deadline` does.
 */
export function decodeOtlpProtobuf(body: Uint8Array, deadline: Deadline = NO_DEADLINE): ResourceMetrics[] {
  const cursor = new OtlpCursor(body, deadline);
  const resources = readRequest(cursor);
  checkHasKnown(resources, cursor.unknown);
  return resources;
}

/** `repeated ResourceMetrics resource_metrics = 1` */
function readRequest(cursor: OtlpCursor): ResourceMetrics[] {
  const resources: ResourceMetrics[] = [];
  cursor.fields(1, (tag) => {
    if (tag !== bytesField(1)) return cursor.noteUnknown("ExportMetricsServiceRequest", tag, 1);
    resources.push(cursor.message(() => readResourceMetrics(cursor)));
    return true;
  });
  return resources;
}

/** `Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; string schema_url = 3`; `Resource: attributes = 1` */
function readResourceMetrics(cursor: OtlpCursor): ResourceMetrics {
  cursor.budget.spend(POINT_COST);
  const attributes: Attribute[] = [];
  const scopes: ScopeMetrics[] = [];
  cursor.fields(2, (tag) => {
    if (tag === bytesField(1)) cursor.message(() => cursor.readAttributes(1, attributes));
    else if (tag === bytesField(2)) scopes.push(cursor.message(() => readScopeMetrics(cursor)));
    else return cursor.noteUnknown("ResourceMetrics", tag, 3);
    return true;
  });
  return { attributes, scopes };
}

/** `InstrumentationScope scope = 1; repeated Metric metrics = 2; string schema_url = 3` */
function readScopeMetrics(cursor: OtlpCursor): ScopeMetrics {
  cursor.budget.spend(POINT_COST);
  const scope = { name: "", version: "", schemaUrl: "", attributes: [] as Attribute[] };
  const metrics: Metric[] = [];
  cursor.fields(3, (tag) => {
    if (tag === bytesField(1)) cursor.message(() => readScope(cursor, scope));
    else if (tag === bytesField(2)) metrics.push(cursor.message(() => readMetric(cursor)));
    else if (tag === bytesField(3)) scope.schemaUrl = cursor.readText();
    else return cursor.noteUnknown("ScopeMetrics", tag, 3);
    return true;
  });
  return { ...scope, metrics };
}

/** `string name = 1; string version = 2; repeated KeyValue attributes = 3` */
function readScope(
  cursor: OtlpCursor,
  scope: { name: string; version: string; attributes: Attribute[] },
): void {
  cursor.fields(3, (tag) => {
    if (tag === bytesField(1)) scope.name = cursor.readText();
    else if (tag === bytesField(2)) scope.version = cursor.readText();
    else if (tag === bytesField(3)) scope.attributes.push(cursor.readAttribute());
    else return false;
    return true;
  });
}

/** `name = 1; description = 2; unit = 3; oneof { gauge = 5; sum = 7; histogram = 9; exponential = 10; summary = 11 }` */
function readMetric(cursor: OtlpCursor): Metric {
  cursor.budget.spend(POINT_COST);
  const metric = {
    name: "",
    description: "",
    unit: "",
    data: { kind: "unknown", points: [] } as MetricData,
  };
  cursor.fields(3, (tag) => {
    if (tag === bytesField(1)) metric.name = cursor.readText();
    else if (tag === bytesField(2)) metric.description = cursor.readText();
    else if (tag === bytesField(3)) metric.unit = cursor.readText();
    else {
      const data = readData(cursor, tag);
      if (data !== undefined) metric.data = data;
      return data !== undefined;
    }
    return true;
  });
  return metric;
}

function readData(cursor: OtlpCursor, tag: number): MetricData | undefined {
  switch (tag) {
    case bytesField(5):
      return { kind: "gauge", points: readPoints(cursor, readNumberPoint).points };
    case bytesField(7):
      return { kind: "sum", ...readPoints(cursor, readNumberPoint) };
    case bytesField(9): {
      const { points, temporality } = readPoints(cursor, readHistogramPoint);
      return { kind: "histogram", temporality, points };
    }
    case bytesField(10): {
      const { points, temporality } = readPoints(cursor, readExponentialPoint);
      return { kind: "exponential histogram", temporality, points };
    }
    case bytesField(11):
      return { kind: "summary", points: readPoints(cursor, readSummaryPoint).points };
    default:
      return undefined;
  }
}

/** `repeated data_points = 1; AggregationTemporality aggregation_temporality = 2; bool is_monotonic = 3` */
function readPoints<P>(cursor: OtlpCursor, readPoint: (cursor: OtlpCursor) => P) {
  const points: P[] = [];
  let temporality: Temporality = "unspecified";
  let isMonotonic = false;
  cursor.message(() =>
    cursor.fields(1, (tag) => {
      if (tag === bytesField(1)) points.push(cursor.message(() => readPoint(cursor)));
      else if (tag === varintField(2))
        temporality = TEMPORALITIES[cursor.reader.readUint32()] ?? "unspecified";
      else if (tag === varintField(3)) isMonotonic = cursor.reader.readUint64() !== 0;
      else return false;
      return true;
    }),
  );
  return { points, temporality, isMonotonic };
}
