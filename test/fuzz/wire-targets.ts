/** The decoders of what senders and clients send: each protocol's bodies. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import type { WriteBatch } from "../../lib/model/sample-batch.ts";
import { decodeOtlpJson } from "../../lib/otlp/decode-json.ts";
import { decodeOtlpProtobuf } from "../../lib/otlp/decode-protobuf.ts";
import type { ResourceMetrics } from "../../lib/otlp/metrics.ts";
import { DEFAULT_OTLP_SETTINGS } from "../../lib/otlp/settings.ts";
import { translateMetrics } from "../../lib/otlp/translate.ts";
import { ByteReader, ByteWriter } from "../../lib/storage/codec/bytes.ts";
import { readHistogram, writeHistogram } from "../../lib/storage/codec/histogram-bytes.ts";
import { decodeReadRequest } from "../../lib/wire/read-request.ts";
import { compress, uncompress } from "../../lib/wire/snappy.ts";
import { WriteRequestDecoder } from "../../lib/wire/write-v1.ts";
import { WriteV2Decoder } from "../../lib/wire/write-v2.ts";
import { readGolden } from "../otlp/golden.ts";
import { BrokenProperty, type Target } from "./target.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures");
const MAX_BODY = 32 * 1024 * 1024;
/** Of an input: larger ones take most of the time and find little. */
const MAX_SEED_BYTES = 8 * 1024;

function fixtures(folder: string, suffix: string): Uint8Array[] {
  return readdirSync(join(FIXTURES, folder))
    .filter((name) => name.endsWith(suffix))
    .map((name) => new Uint8Array(readFileSync(join(FIXTURES, folder, name))));
}

const unpacked = (bodies: readonly Uint8Array[]) => bodies.map((body) => uncompress(body, MAX_BODY).slice());
const small = (bodies: readonly Uint8Array[]) =>
  bodies.map((body) => body.subarray(0, MAX_SEED_BYTES)).filter((body) => body.length > 0);

const translate = (all: ResourceMetrics[]) =>
  read(translateMetrics(all, DEFAULT_OTLP_SETTINGS, DEFAULT_LIMITS).batch);

/** Decodes what is decoded late, and encodes histograms as storage does. */
function read(batch: WriteBatch): string {
  const { bytes, labelStarts, labelEnds, seriesCount, histograms, metadata, exemplars } = batch;
  for (let i = 0; i < seriesCount; i++) {
    const labels = batch.decodeLabels(bytes, labelStarts[i], labelEnds[i], 128, true);
    if (labels.length > 129) throw new BrokenProperty(`${labels.length} labels of at most 129`);
  }
  for (let i = 0; i < metadata.count; i++) metadata.decode(i);
  for (const { histogram } of histograms) {
    const writer = new ByteWriter();
    writeHistogram(writer, histogram);
    const again = new ByteWriter();
    writeHistogram(again, readHistogram(new ByteReader(writer.finish(), "histogram")));
    if (Buffer.compare(writer.finish(), again.finish()) !== 0)
      throw new BrokenProperty("a histogram changes when it is stored");
  }
  return [seriesCount, batch.sampleCount, histograms.length, metadata.count, exemplars.length]
    .map((count) => Math.min(count, 3))
    .join();
}

const REFUSED = ["invalid", "too large", "unsupported"] as const;

export function wireTargets(): Target[] {
  const v1 = unpacked([...fixtures("rw1", ".snappy"), ...fixtures("wire", "00430.snappy")]);
  const v2 = [...unpacked(fixtures("rw2", ".snappy")), ...fixtures("wire", "write-v2-prom3.14.bin")];
  const golden = readGolden();
  const reads = unpacked(fixtures("wire", ".req.snappy"));
  const decoders = { v1: new WriteRequestDecoder(), v2: new WriteV2Decoder(DEFAULT_LIMITS) };
  return [
    {
      name: "snappy",
      corpus: small(v1)
        .slice(0, 6)
        .map((body) => compress(body.subarray(0, 2000))),
      errors: REFUSED,
      run: (input) => {
        const body = uncompress(input, 1_000_000);
        const again = uncompress(compress(body), 1_000_000);
        if (Buffer.compare(body, again) !== 0)
          throw new BrokenProperty("compressed again it is another body");
        return body.length;
      },
    },
    {
      name: "remote write 1.0",
      corpus: small(v1),
      errors: REFUSED,
      run: (input) => read(decoders.v1.decode(input, DEFAULT_LIMITS)),
    },
    {
      name: "remote write 2.0",
      corpus: small(v2),
      errors: REFUSED,
      run: (input) => read(decoders.v2.decode(input)),
    },
    {
      name: "OTLP protobuf",
      corpus: small([
        ...golden.map(({ protobuf }) => protobuf),
        ...fixtures("otlp", "proto-cumulative.bin"),
        ...fixtures("otlp", "proto-delta.bin"),
        ...fixtures("otlp", "gzip.bin").map((body) => new Uint8Array(gunzipSync(body))),
      ]),
      errors: REFUSED,
      run: (input) => translate(decodeOtlpProtobuf(input)),
    },
    {
      name: "OTLP JSON",
      corpus: [...golden.map(({ json }) => json), ...fixtures("otlp", ".json")].filter(
        ({ length }) => length <= 2 * MAX_SEED_BYTES,
      ),
      dictionary: JSON_WORDS,
      errors: REFUSED,
      run: (input) => translate(decodeOtlpJson(input)),
    },
    {
      name: "remote read",
      corpus: small(reads),
      errors: REFUSED,
      run: (input) => decodeReadRequest(input, DEFAULT_LIMITS).queries.length,
    },
  ];
}

const JSON_WORDS = [
  ..."{}[]:,",
  "null",
  "true",
  "-1",
  "1e999",
  '"1e999"',
  '"NaN"',
  '"Infinity"',
  "0.5",
  '"18446744073709551615"',
  '"timeUnixNano":',
  '"asInt":',
  '"asDouble":',
  '"scale":',
  '"zeroThreshold":',
  '"offset":',
  '"bucketCounts":',
  '"explicitBounds":',
  '"quantileValues":',
  '"attributes":',
  '"arrayValue":{"values":[',
  '"kvlistValue":{"values":[',
  '"bytesValue":',
  '"__proto__":',
  '"\\ud800"',
];
