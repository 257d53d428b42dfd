/** The protocols of writes: the same samples, encoded as a sender of each encodes them. */

import type { SampleBatch } from "../../lib/model/sample-batch.ts";
import { WRITE_V2_MESSAGE } from "../../lib/wire/write-v2.ts";
import type { Workload } from "../workload.ts";
import type { BatchSeries, Encode, Requests } from "./batch-series.ts";
import { newOtlpEncoder } from "./otlp-requests.ts";
import { newWriteV2Encoder } from "./write-v2-requests.ts";

export interface Protocol {
  readonly name: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The requests of a scrape interval. */
  readonly requests: (workload: Workload, interval: number) => Requests;
}

const SNAPPY = { "Content-Encoding": "snappy", "Content-Type": "application/x-protobuf" };
const V2 = { ...SNAPPY, "Content-Type": `application/x-protobuf;proto=${WRITE_V2_MESSAGE}` };
const WRITE_PATH = "/api/v1/write";

export const WRITE_V1: Protocol = {
  name: "remote write 1.0",
  path: WRITE_PATH,
  headers: SNAPPY,
  requests: (workload, interval) => workload.requests(interval),
};

export const PROTOCOLS: readonly Protocol[] = [
  WRITE_V1,
  {
    name: "remote write 2.0",
    path: WRITE_PATH,
    headers: V2,
    requests: encodedBy((series) => newWriteV2Encoder(series, {})),
  },
  {
    name: "2.0, start timestamps",
    path: WRITE_PATH,
    headers: V2,
    requests: encodedBy((series) => newWriteV2Encoder(series, { hasStartTimestamps: true })),
  },
  {
    name: "2.0, a histogram in 20",
    path: WRITE_PATH,
    headers: V2,
    requests: encodedBy((series) => newWriteV2Encoder(series, { histogramEvery: 20 })),
  },
  {
    name: "OTLP",
    path: "/api/v1/otlp/v1/metrics",
    headers: { "Content-Type": "application/x-protobuf" },
    requests: encodedBy(newOtlpEncoder),
  },
];

function encodedBy(newEncoder: (series: readonly BatchSeries[]) => Encode): Protocol["requests"] {
  /** By the batch that a workload fills again for every interval. */
  const encoders = new WeakMap<SampleBatch, Encode>();
  return (workload, interval) =>
    workload.batches(interval).map(({ batch }) => {
      const encode = encoders.get(batch) ?? newEncoder(seriesOf(batch));
      encoders.set(batch, encode);
      return encode(batch);
    });
}

function seriesOf({ bytes, labelStarts, labelEnds, seriesCount, decodeLabels }: SampleBatch): BatchSeries[] {
  return Array.from({ length: seriesCount }, (_, i) => {
    const labels = decodeLabels(bytes, labelStarts[i], labelEnds[i], Number.POSITIVE_INFINITY);
    return { labels, isCounter: labels[0][1].endsWith("_total") };
  });
}
