/** References of remote write 2.0 that lead nowhere, and read requests of odd counts: refused in words, or read as meant. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { repeat } from "../../bench/hostile/write-bodies.ts";
import { ProtobufWriter } from "../../lib/wire/protobuf-writer.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { TestGateway } from "../helpers/test-gateway.ts";

const V2 = { "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request" };
const SYMBOLS = ["", "__name__", "m", "l", "v"];
const [LARGE, LARGEST] = [2 ** 31, 2 ** 32 - 1];

type Write = (writer: ProtobufWriter) => void;

function refs(...numbers: number[]): Write {
  const packed = new ProtobufWriter();
  for (const number of numbers) packed.writeUint(number);
  return (writer) => writer.writeBytesField(1, packed.copy());
}

function nested(field: number, write: Write): Write {
  return (writer) => {
    const mark = writer.begin(field);
    write(writer);
    writer.end(mark);
  };
}

const sample = nested(2, (writer) => writer.writeInt64Field(2, MIDNIGHT_MS));
function all(...parts: Write[]): Write {
  return (writer) => {
    for (const part of parts) part(writer);
  };
}

async function write(
  symbols: readonly string[],
  series: Write,
  count = 1,
): Promise<{ status: number; text: string }> {
  const writer = new ProtobufWriter();
  for (const symbol of symbols) nested(4, (one) => one.writeRaw(Buffer.from(symbol)))(writer);
  repeat(writer, 5, count, series);
  const gateway = await TestGateway.open();
  const response = await gateway.post("/api/v1/write", compress(writer.copy()), V2);
  return { status: response.status, text: await response.text() };
}

const NAME = refs(1, 2);
const BIG = "x".repeat(60_000);

const WRITES: readonly (readonly [what: string, status: number, error: RegExp, series: Write])[] = [
  ["one beyond the symbols", 400, /label reference 5 is beyond the 5 symbols/, refs(1, 2, 5, 4)],
  ["2^31", 400, /label reference 2147483648 is beyond/, refs(1, 2, LARGE, 4)],
  ["2^32 - 1", 400, /label reference 4294967295 is beyond/, refs(1, 2, 3, LARGEST)],
  ["one reference", 400, /1 label references, expected pairs/, refs(1)],
  ["three references", 400, /3 label references, expected pairs/, refs(1, 2, 3)],
  ["no reference", 400, /label __name__ is missing/, all()],
  ["an empty name", 400, /a label has an empty name/, refs(1, 2, 0, 4)],
  ["an empty metric name", 400, /label __name__ is missing or empty/, refs(1, 0)],
  ["an empty value", 204, /^$/, refs(1, 2, 3, 0)],
  ["the same label twice", 400, /label name "l" appears twice/, refs(1, 2, 3, 4, 3, 4)],
  [
    "metadata of 2^31",
    400,
    /metadata reference 2147483648/,
    all(
      NAME,
      nested(5, (w) => w.writeInt64Field(3, LARGE)),
    ),
  ],
  [
    "a unit of 2^32 - 1",
    400,
    /metadata reference 4294967295/,
    all(
      NAME,
      nested(5, (w) => w.writeInt64Field(4, LARGEST)),
    ),
  ],
  [
    "an exemplar of 2^32 - 1",
    400,
    /exemplar: label reference 4294967295/,
    all(NAME, nested(4, refs(LARGEST, 4))),
  ],
  ["an exemplar of one reference", 400, /exemplar: 1 label references/, all(NAME, nested(4, refs(3)))],
];

for (const [what, status, error, series] of WRITES) {
  test(`write 2.0: ${what}`, async () => {
    const response = await write(SYMBOLS, all(series, sample));
    assert.equal(response.status, status, response.text);
    assert.match(response.text, error);
  });
}

for (const [what, status, error, symbols, series, count] of [
  [
    "a first symbol that is not empty",
    400,
    /the first symbol must be the empty/,
    ["x", "__name__", "m"],
    NAME,
    1,
  ],
  ["no symbols", 400, /the first symbol must be the empty/, [], NAME, 1],
  [
    "50,000 series of a symbol of 60 KB",
    413,
    /labels are more than \d+ bytes/,
    [...SYMBOLS, BIG],
    refs(1, 2, 3, 5),
    50_000,
  ],
  ["a million symbols and one", 413, /more than 1000000 symbols/, Array(1_000_001).fill(""), NAME, 1],
] as const) {
  test(`write 2.0: ${what}`, async () => {
    const response = await write(symbols, all(series, sample), count);
    assert.equal(response.status, status, response.text);
    assert.match(response.text, error);
  });
}

async function read(queries: number, query: Write, types: Uint8Array = Uint8Array.of(1)) {
  const writer = new ProtobufWriter();
  repeat(writer, 1, queries, query);
  writer.writeBytesField(2, types);
  const gateway = await TestGateway.open();
  const response = await gateway.post("/api/v1/read", compress(writer.copy()));
  return { status: response.status, text: await response.text() };
}

const times =
  (start: number, end: number): Write =>
  (writer) => {
    writer.writeInt64Field(1, start);
    writer.writeInt64Field(2, end);
  };
const matcher = (type: number, name: string, value: string) =>
  nested(3, (writer) => {
    writer.writeInt64Field(1, type);
    writer.writeStringField(2, name);
    writer.writeStringField(3, value);
  });
const M = all(times(0, MIDNIGHT_MS), matcher(0, "__name__", "m"));
const hints = nested(4, (writer) => {
  writer.writeInt64Field(1, -1);
  writer.writeStringField(2, "f".repeat(1_000_000));
  for (const number of [3, 4, 7]) writer.writeInt64Field(number, -(2 ** 53));
  for (let i = 0; i < 100_000; i++) writer.writeStringField(5, "l");
});

for (const [what, status, error, queries, query, types] of [
  ["64 queries without times and matchers", 200, /^$/, 64, all(), [1]],
  ["a million queries", 422, /more than 64 queries/, 1_000_000, all(), [1]],
  ["all times there are", 200, /^$/, 64, all(times(-(2 ** 53), 2 ** 53), matcher(0, "__name__", "m")), [1]],
  [
    "an end before its start",
    200,
    /^$/,
    64,
    all(times(2 ** 53, -(2 ** 53)), matcher(0, "__name__", "m")),
    [1],
  ],
  ["hints of a megabyte", 200, /^$/, 1, all(M, hints), [1]],
  ["a matcher of an unknown type", 400, /a matcher of type 9/, 1, all(M, matcher(9, "a", "b")), [1]],
  [
    "65,536 matchers",
    422,
    /more than 1024 matchers/,
    64,
    all(...Array(1024).fill(matcher(1, "a", "b"))),
    [1],
  ],
  ["a million response types", 422, /more than 16 accepted/, 1, M, new Uint8Array(1_000_000)],
  ["an unknown response type", 400, /none of the accepted response types/, 1, M, [7]],
] as const) {
  test(`read: ${what}`, async () => {
    const response = await read(queries, query, Uint8Array.from(types));
    assert.equal(response.status, status, response.text);
    assert.match(response.text, error);
  });
}
