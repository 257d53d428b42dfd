/** A data set as one request of remote write 1.0, which is the same for both. */
import type { Label } from "../../lib/model/labels.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { encodeMessage } from "../wire/prometheus-proto.ts";
import type { LookupData } from "./data.ts";
import { TARGETS } from "./scraped-metadata.ts";

const HEADERS = {
  "Content-Type": "application/x-protobuf",
  "Content-Encoding": "snappy",
  "X-Prometheus-Remote-Write-Version": "0.1.0",
};

export function writeInit({ series }: LookupData): RequestInit {
  const timeseries = series.map(({ labels, timesMs, exemplars }) => ({
    labels: labels.map(toMessage),
    samples: timesMs.map((timestamp) => ({ timestamp, value: 1 })),
    exemplars: exemplars.map((one) => ({ ...one, labels: one.labels.map(toMessage) })),
  }));
  const metadata = TARGETS.flat().map((one) => ({ ...one, type: one.type.toUpperCase() }));
  const body = compress(encodeMessage("WriteRequest", { timeseries, metadata })) as Uint8Array<ArrayBuffer>;
  return { method: "POST", headers: HEADERS, body };
}

const toMessage = ([name, value]: Label) => ({ name, value });
