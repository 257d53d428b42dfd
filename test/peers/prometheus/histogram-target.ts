/**
 * A target of Prometheus that exports what only the protobuf format can: native histograms of every kind, exemplars, and
 * since when a counter counts.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import protobuf from "protobufjs";
import type { Fields } from "../../wire/prometheus-proto.ts";

export interface HistogramTarget extends AsyncDisposable {
  readonly address: string;
  readonly scrapeCount: number;
  /** From now on it answers errors, and its series become stale. */
  fail(): void;
}

const CONTENT_TYPE =
  "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

const root = protobuf.loadSync(path.join(import.meta.dirname, "metric-family.proto"));
const MetricFamily = root.lookupType("io.prometheus.client.MetricFamily");

/** The scrape in which its counters start anew. */
export const RESET_SCRAPE = 5;

export async function startHistogramTarget(): Promise<HistogramTarget> {
  const startMs = Date.now();
  let scrapeCount = 0;
  let failing = false;
  const server = createServer((_, response) => {
    if (failing) return response.writeHead(503).end();
    scrapeCount++;
    const families = familiesOf(scrapeCount, startMs).map((one) =>
      MetricFamily.encodeDelimited(MetricFamily.fromObject(one)).finish(),
    );
    return response.writeHead(200, { "Content-Type": CONTENT_TYPE }).end(Buffer.concat(families));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get scrapeCount() {
      return scrapeCount;
    },
    fail: () => {
      failing = true;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What it exports at its n-th scrape: counters grow by n, and start anew once. */
function familiesOf(scrape: number, startMs: number): Fields[] {
  const n = scrape < RESET_SCRAPE ? scrape : scrape - RESET_SCRAPE + 1;
  const createdTimestamp = timestampOf(scrape < RESET_SCRAPE ? startMs : startMs + RESET_SCRAPE * 1000);
  const exemplar = exemplarOf(scrape);
  return [
    family("peer_requests_total", "COUNTER", "Requests served.", {
      counter: { value: n * 10, exemplar, createdTimestamp },
    }),
    family("peer_temperature_celsius", "GAUGE", "Of the ünit ☃.", { gauge: { value: 20.5 - scrape } }),
    family("peer_latency_seconds", "HISTOGRAM", "An integer histogram.", {
      histogram: { ...integerHistogram(n), exemplars: [exemplar], createdTimestamp },
    }),
    family("peer_weight", "HISTOGRAM", "A float histogram.", { histogram: floatHistogram(n) }),
    family("peer_queue", "GAUGE_HISTOGRAM", "A gauge histogram.", {
      histogram: integerHistogram(scrape % 3),
    }),
    family("peer_size_bytes", "HISTOGRAM", "A classic histogram.", {
      histogram: { ...classicHistogram(n), createdTimestamp },
    }),
  ];
}

function family(name: string, type: string, help: string, metric: Fields): Fields {
  return { name, type, help, metric: [{ label: [{ name: "path", value: "/ü" }], ...metric }] };
}

/** 9n observations; a new bucket comes in the third round, so that the layout changes. */
function integerHistogram(n: number): Fields {
  const isWide = n >= 3;
  return {
    sampleCount: 9 * n + (isWide ? 2 : 0),
    sampleSum: 12.5 * n,
    schema: 3,
    zeroThreshold: 2 ** -128,
    zeroCount: n,
    positiveSpan: isWide
      ? [
          { offset: -2, length: 2 },
          { offset: 3, length: 3 },
        ]
      : [
          { offset: -2, length: 2 },
          { offset: 3, length: 2 },
        ],
    positiveDelta: isWide ? [n, n, -n, 0, 2 - n] : [n, n, -n, 0],
    negativeSpan: [{ offset: 0, length: 2 }],
    negativeDelta: [n, n],
  };
}

function floatHistogram(n: number): Fields {
  return {
    sampleCountFloat: 2.75 * n,
    sampleSum: -0.5 * n,
    schema: 0,
    zeroThreshold: 0.001,
    zeroCountFloat: 0.5 * n,
    positiveSpan: [{ offset: 0, length: 2 }],
    positiveCount: [1.5 * n, 0.75 * n],
  };
}

/** Prometheus makes it a native one with custom buckets where it is told to. */
function classicHistogram(n: number): Fields {
  return {
    sampleCount: 6 * n,
    sampleSum: 4096.25 * n,
    bucket: [
      { upperBound: 100, cumulativeCount: n },
      { upperBound: 1000, cumulativeCount: 3 * n },
      { upperBound: 10_000, cumulativeCount: 5 * n },
      { upperBound: Number.POSITIVE_INFINITY, cumulativeCount: 6 * n },
    ],
  };
}

function exemplarOf(scrape: number): Fields {
  return {
    label: [{ name: "trace_id", value: `trace-${scrape}` }],
    value: scrape / 8,
    timestamp: timestampOf(Date.now()),
  };
}

function timestampOf(timeMs: number): Fields {
  return { seconds: Math.floor(timeMs / 1000), nanos: (timeMs % 1000) * 1e6 };
}
