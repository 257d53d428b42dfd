import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { HearthError } from "../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { printAnyValue } from "../../lib/otlp/any-value.ts";
import { decodeOtlpJson } from "../../lib/otlp/decode-json.ts";
import { decodeOtlpProtobuf } from "../../lib/otlp/decode-protobuf.ts";
import type { ResourceMetrics } from "../../lib/otlp/metrics.ts";
import { msOfNanosecondLanes, msOfNanosecondText } from "../../lib/otlp/nanoseconds.ts";
import { exponentialHistogram } from "../../lib/otlp/native-histogram.ts";
import { DEFAULT_OTLP_SETTINGS } from "../../lib/otlp/settings.ts";
import { translateMetrics } from "../../lib/otlp/translate.ts";
import { bucketsOf, meaningOf } from "../helpers/histograms.ts";
import { atOffset, fromHex } from "../wire/prometheus-proto.ts";
import { readFixture, readGolden } from "./golden.ts";

const SEED = 20261124;
const golden = readGolden();

function refuses(decode: () => unknown, kind: string, message: RegExp): void {
  assert.throws(
    decode,
    (error) => error instanceof HearthError && error.kind === kind && message.test(error.message),
  );
}

const text = (json: unknown) =>
  new TextEncoder().encode(typeof json === "string" ? json : JSON.stringify(json));

test("both encodings of a request decode to the same", () => {
  for (const { name, json, protobuf } of golden) {
    // Not deepEqual: the difference of what is so large takes minutes to print.
    assert.ok(isDeepStrictEqual(decodeOtlpProtobuf(protobuf), decodeOtlpJson(json)), name);
  }
});

test("an offset view decodes to the same", () => {
  const [{ json, protobuf }] = golden;
  assert.deepEqual(decodeOtlpProtobuf(atOffset(protobuf)), decodeOtlpProtobuf(protobuf));
  assert.deepEqual(decodeOtlpJson(atOffset(json)), decodeOtlpJson(json));
});

describe("cut at every length", () => {
  test("protobuf: refused, or fewer resources", () => {
    const body = readFixture("js-0.223-proto-cumulative.bin");
    for (let length = 1; length < body.length; length++) {
      refuses(() => decodeOtlpProtobuf(body.subarray(0, length)), "invalid", /protobuf: /);
    }
  });

  test("JSON: refused", () => {
    const body = readFixture("js-0.223-json-cumulative.json");
    for (let length = 0; length < body.length; length++) {
      refuses(() => decodeOtlpJson(body.subarray(0, length)), "invalid", /OTLP request: /);
    }
  });
});

describe("damaged bodies decode or are refused, and what decodes can be translated", () => {
  const attempt = (decode: () => ResourceMetrics[]) => {
    try {
      translateMetrics(decode(), DEFAULT_OTLP_SETTINGS, DEFAULT_LIMITS);
    } catch (error) {
      assert.ok(error instanceof HearthError && ["invalid", "too large"].includes(error.kind), `${error}`);
    }
  };
  const damaged = (body: Uint8Array) =>
    fc.array(fc.tuple(fc.nat(body.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }).map((edits) => {
      const copy = body.slice();
      for (const [at, byte] of edits) copy[at] = byte;
      return copy;
    });
  test("protobuf", () => {
    fc.assert(
      fc.property(damaged(golden[0].protobuf), (body) => attempt(() => decodeOtlpProtobuf(body))),
      { seed: SEED, numRuns: 1500 },
    );
  });
  test("JSON", () => {
    fc.assert(
      fc.property(damaged(golden[0].json), (body) => attempt(() => decodeOtlpJson(body))),
      { seed: SEED, numRuns: 1500 },
    );
  });
});

describe("times are divided exactly", () => {
  test("any 64 bits", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (nanoseconds) => {
        const expected = Number(nanoseconds / 1_000_000n);
        assert.equal(
          msOfNanosecondLanes(Number(nanoseconds >> 32n), Number(nanoseconds & 0xffffffffn)),
          expected,
        );
        assert.equal(msOfNanosecondText(String(nanoseconds)), expected);
      }),
      { seed: SEED, numRuns: 5000 },
    );
  });

  test("at the edges of a millisecond", () => {
    for (const ms of [0n, 1n, 1795337468486n, 2n ** 43n, (2n ** 64n - 1n) / 1_000_000n]) {
      for (const extra of [0n, 999_999n]) {
        const ns = ms * 1_000_000n + (ms > 2n ** 44n ? 0n : extra);
        assert.equal(msOfNanosecondLanes(Number(ns >> 32n), Number(ns & 0xffffffffn)), Number(ms));
      }
    }
  });

  const point = (time: string) =>
    `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"x","gauge":{"dataPoints":[{"timeUnixNano":${time}}]}}]}]}]}`;
  const timeOf = (time: string) => {
    const [{ scopes }] = decodeOtlpJson(text(point(time)));
    return scopes[0].metrics[0].data.points[0].timestamp;
  };
  test("in JSON, as a text or as a number that no double holds", () => {
    for (const time of [
      '"1795337468486000001"',
      "1795337468486000001",
      '"1795337468486999999"',
      "1795337468486999999",
    ]) {
      assert.equal(timeOf(time), 1795337468486, time);
    }
    for (const time of ['"x"', '""', '"-1"', "-1", "1.5", "1e18", '"18446744073709551616"', "true", "{}"]) {
      refuses(() => timeOf(time), "invalid", /timeUnixNano is .*expected whole nanoseconds|not JSON/);
    }
  });

  test("a text that looks like a time in JSON stays what it is", () => {
    const body = point('"1"').replace('"name":"x"', '"name":"\\"timeUnixNano\\":5"');
    assert.equal(decodeOtlpJson(text(body))[0].scopes[0].metrics[0].name, '"timeUnixNano":5');
  });
});

describe("JSON that is none of this kind", () => {
  const request = (point: object) => ({
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ gauge: { dataPoints: [point] } }] }] }],
  });
  const CASES: readonly (readonly [string, unknown, RegExp])[] = [
    ["an array", "[]", /the request is an array, expected an object/],
    ["a number", "5", /expected an object/],
    ["null", "null", /expected an object/],
    ["not UTF-8", "", /not JSON/],
    [
      "resources that are an object",
      { resourceMetrics: {} },
      /resourceMetrics is an object, expected an array/,
    ],
    ["a resource that is a text", { resourceMetrics: ["x"] }, /a resource is "x"/],
    ["a value that is a text", request({ asDouble: "x" }), /asDouble is "x", expected a number/],
    ["a value that is an array", request({ asInt: [1] }), /asInt is an array, expected a number/],
    ["an attribute that is a text", request({ attributes: ["x"] }), /an attribute is "x"/],
    ["a key that is a number", request({ attributes: [{ key: 5 }] }), /key is 5, expected a text/],
    [
      "an int that is none",
      request({ attributes: [{ key: "a", value: { intValue: "1.5" } }] }),
      /intValue is "1.5"/,
    ],
  ];
  for (const [name, body, message] of CASES) {
    test(name, () => refuses(() => decodeOtlpJson(text(body)), "invalid", message));
  }

  test("what is absent or null has its default, and what is not known is passed over", () => {
    const nulls = {
      asDouble: null,
      attributes: null,
      timeUnixNano: null,
      exemplars: null,
      other: { a: [1] },
    };
    const [{ scopes }] = decodeOtlpJson(text(request(nulls)));
    assert.deepEqual(scopes[0].metrics[0].data.points[0], {
      attributes: [],
      timestamp: 0,
      startTimestamp: 0,
      hasNoValue: false,
      exemplars: [],
      value: undefined,
    });
    assert.deepEqual(decodeOtlpJson(text("{}")), []);
  });

  test("64-bit numbers as texts, NaN and infinities as words", () => {
    const numberFrom = (point: object) => {
      const [{ scopes }] = decodeOtlpJson(text(request(point)));
      return (scopes[0].metrics[0].data.points[0] as { value: number }).value;
    };
    assert.equal(numberFrom({ asInt: "-9007199254740991" }), -9007199254740991);
    assert.equal(numberFrom({ asDouble: "Infinity" }), Number.POSITIVE_INFINITY);
    assert.ok(Number.isNaN(numberFrom({ asDouble: "NaN" })));
    assert.equal(numberFrom({ asDouble: "1.5e3" }), 1500);
  });
});

test("values of attributes as text", () => {
  const values = [
    [{ kind: "empty" }, ""],
    [{ kind: "double", value: -0 }, "-0"],
    [{ kind: "double", value: Number.NaN }, "NaN"],
    [{ kind: "double", value: Number.NEGATIVE_INFINITY }, "-Infinity"],
    [{ kind: "list", values: [{ kind: "double", value: Number.POSITIVE_INFINITY }] }, ""],
    [{ kind: "boolean", value: false }, "false"],
    [
      { kind: "list", values: [{ kind: "empty" }, { kind: "text", text: 'a"\u2028' }] },
      '[null,"a\\"\\u2028"]',
    ],
    [
      {
        kind: "map",
        entries: [
          ["b", { kind: "integer", digits: "1" }],
          ["a", { kind: "bytes", base64: "AQ==" }],
        ],
      },
      '{"a":"AQ==","b":1}',
    ],
  ] as const;
  for (const [value, printed] of values) assert.equal(printAnyValue(value), printed);
});

/** Prometheus 3.14 puts the first of these a bucket too low: behind empty buckets it forgets where it is. */
test("an exponential histogram that is scaled down after a gap", () => {
  const counts = Array.from({ length: 40 }, (_, i) => (i < 7 || i >= 38 ? 1 : 0));
  const none = { offset: 0, counts: [] };
  const point = {
    ...{ attributes: [], timestamp: 0, startTimestamp: 0, hasNoValue: false, exemplars: [] },
    ...{ count: 9, sum: 1, scale: 11, zeroCount: 0, positive: { offset: -9, counts }, negative: none },
  };
  const made = exponentialHistogram(point, false);
  assert.ok(typeof made !== "string");
  assert.deepEqual(meaningOf(made).positive, ["-1:1", "0:6", "4:2"]);
  assert.deepEqual(made.positive.spans, bucketsOf([-1, 1], [0, 6], [4, 2]).spans);
  const huge = exponentialHistogram(
    {
      ...point,
      scale: 2 ** 31 - 1,
      positive: { offset: -1, counts: [4, 5] },
    },
    false,
  );
  assert.ok(typeof huge !== "string");
  assert.deepEqual(meaningOf(huge).positive, ["0:4", "1:5"]);
});

// They end: what takes the square of such a length does not, on any day of CI.
describe("32 MiB made to cost as much as possible", () => {
  const SIZE = 2 ** 25;
  const filled = (unit: Uint8Array) => new Uint8Array(Buffer.alloc(SIZE, unit));
  /** Fields within fields, each 2 MiB long or so. */
  const nested = (hex: string, unit: string) => {
    const inner = Buffer.alloc(2 ** 21, fromHex(unit));
    return hex.split(" ").reduceRight((body, tag) => {
      const length = Buffer.from([
        0x80 | (body.length & 0x7f),
        0x80 | ((body.length >> 7) & 0x7f),
        0x80 | ((body.length >> 14) & 0x7f),
        (body.length >> 21) & 0x7f,
      ]);
      return Buffer.concat([fromHex(tag), length, body]);
    }, inner);
  };
  const deep = () => {
    let value = fromHex("0a 00");
    for (let i = 0; i < 200; i++)
      value = new Uint8Array(
        Buffer.concat(
          [
            Uint8Array.of(0x2a, 0x80 | ((value.length + 4) & 0x7f), (value.length + 4) >> 7),
            Uint8Array.of(0x0a, 0x80 | (value.length & 0x7f), value.length >> 7),
            value,
          ].map((b) => Buffer.from(b)),
        ),
      );
    return value;
  };
  const CASES: readonly (readonly [string, () => unknown, RegExp])[] = [
    ["resources of nothing", () => decodeOtlpProtobuf(filled(fromHex("0a 00"))), /more data points/],
    ["points of nothing", () => decodeOtlpProtobuf(nested("0a 12 12 2a", "0a 00")), /more data points/],
    [
      "attributes of nothing",
      () => decodeOtlpProtobuf(nested("0a 12 12 2a 0a", "3a 00")),
      /more data points/,
    ],
    ["bucket counts", () => decodeOtlpProtobuf(nested("0a 12 12 52 0a 42 12", "01")), /^none$/],
    ["groups within groups", () => decodeOtlpProtobuf(filled(fromHex("2b"))), /nested groups/],
    ["values within values", () => decodeOtlpProtobuf(Buffer.concat([deep()])), /./],
    [
      "JSON arrays within arrays",
      () => decodeOtlpJson(filled(text("["))),
      /JSON nested more than \d+ levels deep/,
    ],
    [
      "JSON objects within objects",
      () => decodeOtlpJson(filled(text('{"a":'))),
      /JSON nested more than \d+ levels deep/,
    ],
    [
      "JSON numbers",
      () => decodeOtlpJson(text(`{"resourceMetrics":[${"0,".repeat(SIZE / 2 - 20)}0]}`)),
      /more data points/,
    ],
    [
      "JSON objects",
      () => decodeOtlpJson(text(`{"resourceMetrics":[${"{},".repeat(SIZE / 3 - 20)}{}]}`)),
      /more data points/,
    ],
    [
      "one JSON text",
      () => decodeOtlpJson(text(`{"a":"${"x".repeat(SIZE - 20)}"}`)),
      /member "a" of request/,
    ],
    ["backslashes", () => decodeOtlpJson(filled(text('"\\\\'))), /not JSON|more data points/],
  ];
  for (const [what, decode, message] of CASES) {
    test(what, () => {
      let outcome = "none";
      try {
        decode();
      } catch (error) {
        assert.ok(error instanceof HearthError, `${error}`);
        outcome = error.message;
      }
      assert.match(outcome, message);
    });
  }
});
