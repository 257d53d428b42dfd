/**
 * Remote read's request: the selected series and samples, and the accepted response types.
 * https://prometheus.io/docs/prometheus/latest/querying/remote_read_api/
 *
 *     message ReadRequest  { repeated Query queries = 1; repeated ResponseType accepted_response_types = 2; }
 *     message Query        { int64 start_timestamp_ms = 1; int64 end_timestamp_ms = 2;
 *                            repeated LabelMatcher matchers = 3; ReadHints hints = 4; }
 *     message LabelMatcher { Type type = 1; string name = 2; string value = 3; }
 */
import { HearthError } from "../model/errors.ts";
import type { Limits } from "../model/limits.ts";
import { type Matcher, type MatcherType, newMatcher } from "../model/matcher.ts";
import { Patterns } from "../model/regexp/patterns.ts";
import type { Selection } from "../model/selection.ts";
import { LENGTH_DELIMITED, ProtobufReader, tagOf, VARINT } from "./protobuf-reader.ts";

/** The most entries of `accepted_response_types`; two types exist. */
export const MAX_RESPONSE_TYPES = 16;

/** Response types, by the protocol's numbers. */
const RESPONSE_TYPES = ["samples", "streamed-xor-chunks"] as const;
export type ResponseType = (typeof RESPONSE_TYPES)[number];

const MATCHER_TYPES: readonly MatcherType[] = ["=", "!=", "=~", "!~"];

const REQUEST_QUERY = tagOf(1, LENGTH_DELIMITED);
const REQUEST_RESPONSE_TYPE = tagOf(2, VARINT);
const REQUEST_RESPONSE_TYPES_PACKED = tagOf(2, LENGTH_DELIMITED);
const REQUEST_LAST_FIELD = 2;

const QUERY_START = tagOf(1, VARINT);
const QUERY_END = tagOf(2, VARINT);
const QUERY_MATCHER = tagOf(3, LENGTH_DELIMITED);
const QUERY_LAST_REQUIRED_FIELD = 3;

const MATCHER_TYPE = tagOf(1, VARINT);
const MATCHER_NAME = tagOf(2, LENGTH_DELIMITED);
const MATCHER_VALUE = tagOf(3, LENGTH_DELIMITED);
const MATCHER_LAST_FIELD = 3;

export interface ReadRequest {
  readonly queries: readonly Selection[];
  /** In the client's order; a number is an unknown type. */
  readonly acceptedResponseTypes: readonly (ResponseType | number)[];
}

/**
 * Decodes an uncompressed ReadRequest. Skips hints, which never narrow the selection. Throws "invalid"
 * for malformed bytes and matchers, "too large" past a limit of queries, matchers or regular expressions.
 */
export function decodeReadRequest(
  body: Uint8Array,
  limits: Pick<Limits, "maxQueries">,
  patterns = new Patterns(),
): ReadRequest {
  const reader = new ProtobufReader(body);
  const queries: Selection[] = [];
  const acceptedResponseTypes: (ResponseType | number)[] = [];
  while (reader.hasMore()) {
    const tag = reader.readTag();
    if (tag === REQUEST_QUERY) {
      if (queries.length === limits.maxQueries) throw tooMany("queries", limits.maxQueries);
      queries.push(readQuery(reader, patterns));
    } else if (tag === REQUEST_RESPONSE_TYPE) {
      readResponseType(reader, acceptedResponseTypes);
    } else if (tag === REQUEST_RESPONSE_TYPES_PACKED) {
      const outerEnd = reader.enter();
      while (reader.hasMore()) readResponseType(reader, acceptedResponseTypes);
      reader.leave(outerEnd);
    } else {
      reader.skip(tag, REQUEST_LAST_FIELD);
    }
  }
  return { queries, acceptedResponseTypes };
}

/**
 * Returns the first known response type; samples if the client names none. Throws "invalid" if all
 * named types are unknown, where Prometheus responds with 400 (`NegotiateResponseType`,
 * https://github.com/prometheus/prometheus/blob/main/storage/remote/codec.go).
 */
export function negotiateResponseType(accepted: readonly (ResponseType | number)[]): ResponseType {
  if (accepted.length === 0) return "samples";
  const known = accepted.find((type) => typeof type === "string");
  if (known !== undefined) return known;
  throw new HearthError(
    "invalid",
    `read request: none of the accepted response types is known here accepted=${accepted} known=0 (samples), 1 (streamed XOR chunks)`,
  );
}

function readResponseType(reader: ProtobufReader, accepted: (ResponseType | number)[]): void {
  if (accepted.length === MAX_RESPONSE_TYPES) throw tooMany("accepted response types", MAX_RESPONSE_TYPES);
  const type = reader.readUint32();
  accepted.push(RESPONSE_TYPES[type] ?? type);
}

function readQuery(reader: ProtobufReader, patterns: Patterns): Selection {
  const matchers: Matcher[] = [];
  let minTime = 0;
  let maxTime = 0;
  const outerEnd = reader.enter();
  while (reader.hasMore()) {
    const tag = reader.readTag();
    if (tag === QUERY_START) minTime = reader.readInt64();
    else if (tag === QUERY_END) maxTime = reader.readInt64();
    else if (tag === QUERY_MATCHER) matchers.push(readMatcher(reader, patterns));
    else reader.skip(tag, QUERY_LAST_REQUIRED_FIELD);
  }
  reader.leave(outerEnd);
  return { matchers, minTime, maxTime };
}

function readMatcher(reader: ProtobufReader, patterns: Patterns): Matcher {
  let typeNumber = 0;
  let name = "";
  let value = "";
  const outerEnd = reader.enter();
  while (reader.hasMore()) {
    const tag = reader.readTag();
    if (tag === MATCHER_TYPE) typeNumber = reader.readUint32();
    else if (tag === MATCHER_NAME) name = reader.readString();
    else if (tag === MATCHER_VALUE) value = reader.readString();
    else reader.skip(tag, MATCHER_LAST_FIELD);
  }
  reader.leave(outerEnd);
  const type = MATCHER_TYPES[typeNumber];
  if (type === undefined) {
    throw new HearthError("invalid", `read request: a matcher of type ${typeNumber}, there are 0 to 3`);
  }
  return newMatcher(type, name, value, patterns);
}

function tooMany(what: string, limit: number): HearthError {
  return new HearthError("too large", `read request: more than ${limit} ${what}`);
}
