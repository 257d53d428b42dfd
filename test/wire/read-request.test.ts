import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { HearthError } from "../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { MAX_MATCHERS, MAX_PATTERN_CHARACTERS } from "../../lib/model/regexp/patterns.ts";
import { decodeReadRequest, negotiateResponseType, type ReadRequest } from "../../lib/wire/read-request.ts";
import { uncompress } from "../../lib/wire/snappy.ts";
import { atOffset, encodeMessage, type Fields, fromHex, readFixture } from "./prometheus-proto.ts";

const SEED = 20261122;
const MAX_BYTES = 1 << 20;
const OPERATORS: Record<string, string> = { EQ: "=", NEQ: "!=", RE: "=~", NRE: "!~" };

interface RecordedQuery {
  matchers: { type: string; name: string; value: string }[];
  startTimestampMs: number;
  endTimestampMs: number;
}

function decode(body: Uint8Array): ReadRequest {
  return decodeReadRequest(body, DEFAULT_LIMITS);
}

function encode(fields: Fields): Uint8Array {
  return encodeMessage("ReadRequest", fields);
}

/** A decoded request with what can be compared of its matchers. */
function plain({ queries, acceptedResponseTypes }: ReadRequest) {
  return {
    queries: queries.map(({ matchers, minTime, maxTime }) => ({
      matchers: matchers.map(({ type, name, value }) => `${name}${type}${value}`),
      minTime,
      maxTime,
    })),
    acceptedResponseTypes,
  };
}

function refuses(body: Uint8Array, kind: string, message: RegExp): void {
  assert.throws(
    () => decode(body),
    (error) => error instanceof HearthError && error.kind === kind && message.test(error.message),
  );
}

const NODE_QUERY = {
  matchers: ["__name__=~node_(load|cpu).*"],
  minTime: 1795336860000,
  maxTime: 1795337160000,
};

/** Requests that a real Prometheus answered; test/fixtures/wire. */
const GOLDEN = {
  samples_node_load1: {
    queries: [{ ...NODE_QUERY, matchers: ["__name__=node_load1"] }],
    acceptedResponseTypes: ["samples"],
  },
  default_node_cpu: { queries: [NODE_QUERY], acceptedResponseTypes: [] },
  chunks_two_queries: {
    queries: [NODE_QUERY, { ...NODE_QUERY, matchers: ["__name__=up"] }],
    acceptedResponseTypes: ["streamed-xor-chunks"],
  },
};

for (const [name, expected] of Object.entries(GOLDEN)) {
  test(`decodes ${name}`, () => {
    const body = uncompress(readFixture(`${name}.req.snappy`), MAX_BYTES);
    assert.deepEqual(plain(decode(body)), expected);
    assert.deepEqual(plain(decode(atOffset(body))), expected);
  });
}

test("decodes every request recorded of Prometheus as a client", () => {
  const lines = Buffer.from(readFixture("remote-read-requests-2.42.jsonl")).toString().trim().split("\n");
  const types = new Set<string>();
  for (const { read } of lines.map((line) => JSON.parse(line))) {
    const expected = read.queries.map((query: RecordedQuery) => ({
      matchers: query.matchers.map(({ type, name, value }) => `${name}${OPERATORS[type]}${value}`),
      minTime: query.startTimestampMs,
      maxTime: query.endTimestampMs,
    }));
    for (const query of read.queries) for (const { type } of query.matchers) types.add(type);
    assert.deepEqual(plain(decode(encode(read))), { queries: expected, acceptedResponseTypes: [] });
  }
  assert.equal(lines.length, 21);
  assert.equal(types.size, 4);
});

test("a range reaches as far as an int64", () => {
  const [query] = decode(
    encode({
      queries: [{ startTimestampMs: "-9223372036854775808", endTimestampMs: "9223372036854775807" }],
    }),
  ).queries;
  assert.deepEqual([query.minTime, query.maxTime], [-(2 ** 63), 2 ** 63]);
  assert.deepEqual(plain(decode(encode({ queries: [{}] }))).queries, [
    { matchers: [], minTime: 0, maxTime: 0 },
  ]);
});

test("matchers match", () => {
  const matchers = Object.keys(OPERATORS).map((type) => ({ type, name: "a", value: "b|c" }));
  const [query] = decode(encode({ queries: [{ matchers }] })).queries;
  assert.deepEqual(
    query.matchers.map((matcher) => ["b", "b|c", ""].filter(matcher.matches)),
    [["b|c"], ["b", ""], ["b"], ["b|c", ""]],
  );
});

test("response types come packed or one by one, unknown ones as numbers", () => {
  const bodies = [
    "12 06 01 00 07 8102 01",
    "10 01 10 00 10 07 10 8102 10 01",
    "12 02 01 00 10 07 12 03 8102 01",
  ];
  for (const body of bodies) {
    const expected = ["streamed-xor-chunks", "samples", 7, 257, "streamed-xor-chunks"];
    assert.deepEqual(decode(fromHex(body)).acceptedResponseTypes, expected);
  }
});

test("the first known response type wins, samples when none is given", () => {
  assert.equal(negotiateResponseType([]), "samples");
  assert.equal(negotiateResponseType(["streamed-xor-chunks", "samples"]), "streamed-xor-chunks");
  assert.equal(negotiateResponseType(["samples", "streamed-xor-chunks"]), "samples");
  assert.equal(negotiateResponseType([2, "samples"]), "samples");
  assert.throws(
    () => negotiateResponseType([2, 7]),
    (error) =>
      error instanceof HearthError && error.kind === "invalid" && /accepted=2,7 /.test(error.message),
  );
});

test("limits", () => {
  const pattern = (first: string, length = MAX_PATTERN_CHARACTERS / 2) => ({
    type: "RE",
    name: "a",
    value: first + ".".repeat(length - first.length),
  });
  const query = (count: number, fields: Fields) => ({ matchers: new Array(count).fill(fields) });
  decode(encode({ queries: [query(1, pattern("a")), query(1, pattern("b")), query(1, pattern("a"))] }));
  decode(encode({ queries: [query(MAX_MATCHERS, { name: "a", value: "x".repeat(100) })] }));
  const cases: [request: Fields, message: RegExp][] = [
    [{ queries: new Array(DEFAULT_LIMITS.maxQueries + 1).fill({}) }, /more than 64 queries/],
    [{ queries: [query(MAX_MATCHERS, {}), query(1, {})] }, /more than 1024 matchers/],
    [
      { queries: [query(1, pattern("a")), query(1, pattern("b")), query(1, pattern("c", 2))] },
      /32768 characters together/,
    ],
    [{ acceptedResponseTypes: new Array(17).fill(0) }, /more than 16 accepted response types/],
  ];
  for (const [request, message] of cases) refuses(encode(request), "too large", message);
});

test("malformed requests", () => {
  refuses(
    encode({ queries: [{ matchers: [{ type: "RE", name: "a", value: "(" }] }] }),
    "invalid",
    /label a: not a RE2/,
  );
  refuses(encode({ queries: [{ matchers: [{ type: 4, name: "a" }] }] }), "invalid", /a matcher of type 4/);
  refuses(fromHex("0a 04 1a 02 0a 00"), "invalid", /field 1 with wire type 2/);
  refuses(fromHex("08 01"), "invalid", /field 1 with wire type 0/);
  refuses(fromHex("0a 05 1a 03 12 01 ff"), "invalid", /not UTF-8/);
});

test("fields that are not known are passed over", () => {
  const body = fromHex("0a 0e 08 05 10 07 22 04 08 01 12 00 28 01 42 00 1a 00");
  assert.deepEqual(plain(decode(body)).queries, [{ matchers: [], minTime: 5, maxTime: 7 }]);
});

/** A cut between two fields of the request is a request with fewer fields; any other cut is malformed. */
test("a request cut at any length", () => {
  const query = {
    startTimestampMs: 1,
    endTimestampMs: 2,
    matchers: [{ type: "RE", name: "job", value: "a.*" }],
    hints: { func: "rate" },
  };
  const one = encode({ queries: [query] }).length;
  const body = encode({ queries: [query, query], acceptedResponseTypes: [1, 0] });
  const whole = [0, one, 2 * one, body.length];
  for (let length = 0; length <= body.length; length++) {
    const cut = atOffset(body.subarray(0, length));
    if (whole.includes(length)) assert.equal(decode(cut).queries.length, Math.min(2, whole.indexOf(length)));
    else refuses(cut, "invalid", /^protobuf: /);
  }
});

test("garbage and damaged requests decode or are refused", () => {
  const valid = uncompress(readFixture("chunks_two_queries.req.snappy"), MAX_BYTES);
  const damaged = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 3 }).map((edits) => {
    const body = valid.slice();
    for (const [at, byte] of edits) body[at] = byte;
    return body;
  });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 80 })), (body) => {
      try {
        decode(atOffset(body));
      } catch (error) {
        assert.ok(error instanceof HearthError && ["invalid", "too large"].includes(error.kind), `${error}`);
      }
    }),
    { seed: SEED, numRuns: 3000 },
  );
});
