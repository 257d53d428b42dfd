/** A real Prometheus' requests, and what of them must come back. */
import { readFileSync } from "node:fs";
import { decodeXorChunk } from "../../lib/chunk/xor-chunk.ts";
import { compress, uncompress } from "../../lib/wire/snappy.ts";
import { bitsOf } from "../helpers/write-requests.ts";
import { decodeMessage, encodeMessage, type Fields } from "../wire/prometheus-proto.ts";

const DIRECTORY = new URL("../fixtures/rw1/", import.meta.url);
const MAX_BYTES = 2 ** 28;

/** Two scrapes of six targets, and a body of each other kind. */
const NAMES = [
  ...["00301", "00302", "00303", "00304", "00305", "00314", "00315", "00316", "00317", "00318"],
  ...["prom2.42-exemplars_histograms", "prom2.42-metadata", "prom2.42-stale", "vmagent1.79-scrape580"],
];

export function recordedBodies(): Uint8Array<ArrayBuffer>[] {
  return NAMES.map((name) => new Uint8Array(readFileSync(new URL(`${name}.snappy`, DIRECTORY))));
}

/** Series by their labels as text; the bits of a value by its time. */
export type Content = ReadonlyMap<string, ReadonlyMap<number, bigint>>;

interface Sample {
  readonly timestamp: number;
  readonly value: number;
}

interface TimeSeries {
  readonly labels: readonly { readonly name: string; readonly value: string }[];
  readonly samples: readonly Sample[];
}

/** Of two samples of one time the later one counts. */
function contentOf(all: Iterable<TimeSeries>): Content {
  const content = new Map<string, Map<number, bigint>>();
  for (const { labels, samples } of all) {
    if (samples.length === 0) continue;
    const key = keyOf(labels);
    const series = content.get(key) ?? new Map<number, bigint>();
    for (const { timestamp, value } of samples) series.set(timestamp, bitsOf(value));
    content.set(key, series);
  }
  return content;
}

function keyOf(labels: TimeSeries["labels"]): string {
  return JSON.stringify(labels.map(({ name, value }) => [name, value]).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function contentOfRequests(bodies: readonly Uint8Array[]): Content {
  return contentOf(bodies.flatMap((b) => decodeMessage("WriteRequest", uncompress(b, MAX_BYTES)).timeseries));
}

/** Of an answer of the type SAMPLES. */
export function contentOfSamples(body: Uint8Array): Content {
  const { results } = decodeMessage("ReadResponse", uncompress(body, MAX_BYTES));
  return contentOf(results[0].timeseries);
}

/** Of an answer of the type STREAMED_XOR_CHUNKS. */
export function contentOfStream(body: Uint8Array): Content {
  const content = new Map<string, Map<number, bigint>>();
  for (const message of framesOf(body)) {
    for (const { labels, chunks } of decodeMessage("ChunkedReadResponse", message).chunkedSeries) {
      const series = content.get(keyOf(labels)) ?? new Map<number, bigint>();
      for (const { type, data } of chunks) if (isXor(type)) addChunk(series, new Uint8Array(data));
      if (series.size > 0) content.set(keyOf(labels), series);
    }
  }
  return content;
}

/** Of one recording's native histograms test/peers has the proof. */
function isXor(type: unknown): boolean {
  return type === "XOR" || type === 1;
}

function addChunk(series: Map<number, bigint>, data: Uint8Array): void {
  const { timestamps, values } = decodeXorChunk(data);
  const bits = new BigUint64Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < timestamps.length; i++) series.set(timestamps[i], bits[i]);
}

/** A frame is a varint of the message's length, a checksum of four bytes, the message. */
function* framesOf(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < body.length; ) {
    let length = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = body[at++];
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    at += 4;
    yield body.subarray(at, at + length);
    at += length;
  }
}

/** A read of everything there is. */
export function readEverything(fields: Fields = {}): Uint8Array<ArrayBuffer> {
  const matchers = [{ type: "NEQ", name: "__name__", value: "" }];
  const queries = [{ startTimestampMs: 0, endTimestampMs: 2 ** 52, matchers }];
  return new Uint8Array(compress(encodeMessage("ReadRequest", { queries, ...fields })));
}

/** Throws at the first difference: a diff of so much would take minutes to print. */
export function assertSameContent(actual: Content, expected: Content, who: string): void {
  for (const [labels, samples] of expected) {
    for (const [timestamp, bits] of samples) {
      const found = actual.get(labels)?.get(timestamp);
      if (found !== bits)
        throw new Error(`${who}: ${labels} at ${timestamp}: expected bits ${bits}, came ${found}`);
    }
    const count = actual.get(labels)?.size;
    if (count !== samples.size)
      throw new Error(`${who}: ${labels}: expected ${samples.size} samples, came ${count}`);
  }
  if (actual.size !== expected.size)
    throw new Error(`${who}: expected ${expected.size} series, came ${actual.size}`);
}
