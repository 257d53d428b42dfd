/**
 * The native histogram of both versions of remote write; 2.0 adds the start timestamp.
 * proto/prometheus/types.proto and proto/io/prometheus/write/v2/types.proto
 *
 *     message Histogram {
 *       oneof count { uint64 count_int = 1; double count_float = 2; }    double sum = 3;
 *       sint32 schema = 4;    double zero_threshold = 5;
 *       oneof zero_count { uint64 zero_count_int = 6; double zero_count_float = 7; }
 *       repeated BucketSpan negative_spans = 8;   repeated sint64 negative_deltas = 9;   repeated double negative_counts = 10;
 *       repeated BucketSpan positive_spans = 11;  repeated sint64 positive_deltas = 12;  repeated double positive_counts = 13;
 *       ResetHint reset_hint = 14;    int64 timestamp = 15;    repeated double custom_values = 16;
 *       int64 start_timestamp = 17;
 *     }
 *     message BucketSpan { sint32 offset = 1; uint32 length = 2; }
 *
 * A histogram with `count_float` has float counts. A delta is the difference to the previous bucket.
 */
import { HearthError } from "../model/errors.ts";
import { type Buckets, COUNTER_RESET_HINTS, type Histogram, type Span } from "../model/histogram.ts";
import { isStaleMarker } from "../model/stale-marker.ts";
import { FIXED64, LENGTH_DELIMITED, type ProtobufReader, tagOf, VARINT } from "./protobuf-reader.ts";
import { isStorableTime, timeProblem } from "./sent-time.ts";

export interface HistogramMessage {
  readonly timestamp: number;
  /** 0 for none. */
  readonly startTimestamp: number;
  /** Why its timestamp is invalid; undefined if it is valid. */
  readonly wrongTime?: string | undefined;
  /** As sent. Callers validate it with `checkHistogram` and then call `reduceToSupported`. */
  readonly histogram: Histogram;
}

const COUNT_INT = tagOf(1, VARINT);
const COUNT_FLOAT = tagOf(2, FIXED64);
const SUM = tagOf(3, FIXED64);
const SCHEMA = tagOf(4, VARINT);
const ZERO_THRESHOLD = tagOf(5, FIXED64);
const ZERO_COUNT_INT = tagOf(6, VARINT);
const ZERO_COUNT_FLOAT = tagOf(7, FIXED64);
const RESET_HINT = tagOf(14, VARINT);
const TIMESTAMP = tagOf(15, VARINT);
const START_TIMESTAMP = tagOf(17, VARINT);
/** Numbers of the repeated fields. */
const NEGATIVE_SPANS = 8;
const NEGATIVE_DELTAS = 9;
const NEGATIVE_COUNTS = 10;
const POSITIVE_SPANS = 11;
const POSITIVE_DELTAS = 12;
const POSITIVE_COUNTS = 13;
const CUSTOM_VALUES = 16;
const LAST_HISTOGRAM_FIELD = 17;

const SPAN_OFFSET = tagOf(1, VARINT);
const SPAN_LENGTH = tagOf(2, VARINT);
const LAST_SPAN_FIELD = 2;

/** Buckets and bounds that further histograms of a request may have. */
export interface BucketBudget {
  left: number;
  readonly limit: number;
}

const sumColumn = new Float64Array(1);

/** The fields read from a message. */
interface Fields {
  count: number;
  zeroCount: number;
  isFloat: boolean;
  zeroIsFloat: boolean;
  schema: number;
  zeroThreshold: number;
  hint: number;
  timestamp: number;
  wrongTime: string | undefined;
  startTimestamp: number;
  /** Lists by field number; a missing field has no entry. */
  readonly spans: Map<number, Span[]>;
  readonly numbers: Map<number, number[]>;
}

/** Reads the message to which `reader` is narrowed. Throws "invalid" for malformed protobuf, "too large" past the budget. */
export function readHistogram(reader: ProtobufReader, budget: BucketBudget): HistogramMessage {
  const fields: Fields = {
    count: 0,
    zeroCount: 0,
    isFloat: false,
    zeroIsFloat: false,
    schema: 0,
    zeroThreshold: 0,
    hint: 0,
    timestamp: 0,
    wrongTime: undefined,
    startTimestamp: 0,
    spans: new Map(),
    numbers: new Map(),
  };
  sumColumn[0] = 0;
  while (reader.hasMore()) {
    const tag = reader.readTag();
    if (!readScalar(reader, tag, fields) && !readRepeated(reader, tag, fields, budget)) {
      reader.skip(tag, LAST_HISTOGRAM_FIELD);
    }
  }
  const { timestamp, wrongTime, startTimestamp } = fields;
  return { timestamp, wrongTime, startTimestamp, histogram: toHistogram(fields) };
}

/** Reads a singular field. Returns false for any other field. */
function readScalar(reader: ProtobufReader, tag: number, fields: Fields): boolean {
  switch (tag) {
    case COUNT_INT:
      fields.count = reader.readUint64();
      fields.isFloat = false;
      return true;
    case COUNT_FLOAT:
      fields.count = reader.readDouble();
      fields.isFloat = true;
      return true;
    case SUM:
      reader.readDoubleInto(sumColumn, 0);
      return true;
    case SCHEMA:
      fields.schema = reader.readSint64();
      return true;
    case ZERO_THRESHOLD:
      fields.zeroThreshold = reader.readDouble();
      return true;
    case ZERO_COUNT_INT:
      fields.zeroCount = reader.readUint64();
      fields.zeroIsFloat = false;
      return true;
    case ZERO_COUNT_FLOAT:
      fields.zeroCount = reader.readDouble();
      fields.zeroIsFloat = true;
      return true;
    case RESET_HINT:
      fields.hint = reader.readUint32();
      return true;
    case TIMESTAMP: {
      const { position } = reader;
      fields.timestamp = reader.readInt64();
      fields.wrongTime = isStorableTime(fields.timestamp) ? undefined : timeProblem(reader, position);
      return true;
    }
    case START_TIMESTAMP:
      fields.startTimestamp = reader.readInt64();
      return true;
    default:
      return false;
  }
}

/** Reads one or more values of a repeated field, packed or not. Returns false for any other field. */
function readRepeated(reader: ProtobufReader, tag: number, fields: Fields, budget: BucketBudget): boolean {
  const [field, wireType] = [tag >>> 3, tag & 7];
  const isSpan = field === NEGATIVE_SPANS || field === POSITIVE_SPANS;
  if (isSpan && wireType === LENGTH_DELIMITED) {
    spend(budget);
    listOf(fields.spans, field).push(readSpan(reader));
    return true;
  }
  const isDelta = field === NEGATIVE_DELTAS || field === POSITIVE_DELTAS;
  const isDouble = field === NEGATIVE_COUNTS || field === POSITIVE_COUNTS || field === CUSTOM_VALUES;
  if (!isDelta && !isDouble) return false;
  const numbers = listOf(fields.numbers, field);
  const readOne = () => {
    spend(budget);
    numbers.push(isDelta ? reader.readSint64() : reader.readDouble());
  };
  if (wireType === LENGTH_DELIMITED) readPacked(reader, readOne);
  else if (wireType === (isDelta ? VARINT : FIXED64)) readOne();
  else return false;
  return true;
}

/** Calls `readOne` until the end of a packed field. */
export function readPacked(reader: ProtobufReader, readOne: () => void): void {
  const outerEnd = reader.enter();
  while (reader.hasMore()) readOne();
  reader.leave(outerEnd);
}

function spend(budget: BucketBudget): void {
  if (budget.left-- > 0) return;
  throw new HearthError(
    "too large",
    `write request: more than ${budget.limit} buckets; send fewer histograms a request`,
  );
}

function listOf<T>(lists: Map<number, T[]>, field: number): T[] {
  const list = lists.get(field) ?? [];
  lists.set(field, list);
  return list;
}

function readSpan(reader: ProtobufReader): Span {
  const outerEnd = reader.enter();
  let offset = 0;
  let length = 0;
  while (reader.hasMore()) {
    const tag = reader.readTag();
    if (tag === SPAN_OFFSET) offset = reader.readSint64();
    else if (tag === SPAN_LENGTH) length = reader.readUint32();
    else reader.skip(tag, LAST_SPAN_FIELD);
  }
  reader.leave(outerEnd);
  return { offset, length };
}

function toHistogram({ spans, numbers, isFloat, zeroIsFloat, ...fields }: Fields): Histogram {
  const bucketsOf = (spanField: number, deltaField: number, countField: number): Buckets => ({
    spans: spans.get(spanField) ?? [],
    counts: isFloat
      ? Float64Array.from(numbers.get(countField) ?? [])
      : sumDeltas(numbers.get(deltaField) ?? []),
  });
  return {
    kind: isFloat ? "float" : "integer",
    counterResetHint: COUNTER_RESET_HINTS[fields.hint] ?? "unknown",
    schema: fields.schema,
    zeroThreshold: fields.zeroThreshold,
    zeroCount: zeroIsFloat === isFloat ? fields.zeroCount : 0,
    count: fields.count,
    sum: sumColumn[0],
    positive: bucketsOf(POSITIVE_SPANS, POSITIVE_DELTAS, POSITIVE_COUNTS),
    negative: bucketsOf(NEGATIVE_SPANS, NEGATIVE_DELTAS, NEGATIVE_COUNTS),
    customBounds: Float64Array.from(numbers.get(CUSTOM_VALUES) ?? []),
    isStale: isStaleMarker(sumColumn, 0),
  };
}

/** Exact while all counts are below 2^53. Larger counts are refused later. */
function sumDeltas(deltas: readonly number[]): Float64Array {
  const counts = new Float64Array(deltas.length);
  let count = 0;
  for (let i = 0; i < deltas.length; i++) {
    count += deltas[i];
    counts[i] = count;
  }
  return counts;
}
