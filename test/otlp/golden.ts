/** Requests, and what the translator of Prometheus 3.16 made of them. */
import { readFileSync } from "node:fs";
import { checkLabels } from "../../lib/model/label-rules.ts";
import type { Label } from "../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import type { WriteBatch } from "../../lib/model/sample-batch.ts";
import { DEFAULT_OTLP_SETTINGS, type OtlpSettings } from "../../lib/otlp/settings.ts";
import { meaningOf } from "../helpers/histograms.ts";
import { columnBits } from "../helpers/write-requests.ts";

const FIXTURES = new URL("../fixtures/otlp/", import.meta.url);

export interface GoldenRequest {
  readonly name: string;
  readonly settings: OtlpSettings;
  readonly json: Uint8Array;
  readonly protobuf: Uint8Array;
  readonly error: string;
  /** One line for each sample. */
  readonly lines: readonly string[];
  /** `name type unit help` of each metric, once. */
  readonly metadata: readonly string[];
}

export function readFixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, FIXTURES)));
}

export function readGolden(): GoldenRequest[] {
  return Buffer.from(readFixture("translated.jsonl"))
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .map(({ name, settings, body, proto, appended, error }) => ({
      name,
      settings: settingsOf(settings),
      json: new TextEncoder().encode(JSON.stringify(body)),
      protobuf: new Uint8Array(Buffer.from(proto, "base64")),
      error,
      lines: appended.map(goldenLine),
      metadata: [...new Set<string>(appended.map(goldenMetadata))],
    }));
}

// biome-ignore lint/suspicious/noExplicitAny: the shape is the fixture's
function settingsOf(some: any): OtlpSettings {
  const strategies = [
    "UnderscoreEscapingWithSuffixes",
    "UnderscoreEscapingWithoutSuffixes",
    "NoUTF8EscapingWithSuffixes",
    "NoTranslation",
  ] as const;
  return {
    ...DEFAULT_OTLP_SETTINGS,
    translationStrategy: strategies[(some.utf8 ? 2 : 0) + (some.noSuffixes ? 1 : 0)],
    promoteResourceAttributes: some.promoteAll ? "all" : (some.promote ?? []),
    promoteScopeMetadata: some.scope ?? false,
    keepIdentifyingResourceAttributes: some.keepIdentifying ?? false,
    convertHistogramsToNhcb: some.nhcb ?? false,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the shape is the fixture's
function goldenLine({ labels, t, st, v, h, exemplars }: any): string {
  const ofExemplars = exemplars.map((one: { labels: Label[]; value: number; t: number }) =>
    printExemplar(one.labels, one.value, one.t),
  );
  return [printSorted(labels), `${t} since ${st}`, v ?? printGoldenHistogram(h), ...ofExemplars].join(" | ");
}

// biome-ignore lint/suspicious/noExplicitAny: the shape is the fixture's
function printGoldenHistogram(h: any): string {
  if (h === "stale") return h;
  const buckets = (h.buckets ?? []).filter((bucket: string) => !bucket.endsWith(":0"));
  return JSON.stringify([h.schema, h.zt, h.zero, h.count, h.sum, buckets, h.bounds ?? []]);
}

// biome-ignore lint/suspicious/noExplicitAny: the shape is the fixture's
function goldenMetadata({ family, type, unit, help }: any): string {
  return [family, type, unit, help].join(" | ");
}

function printSorted(labels: readonly Label[]): string {
  const check = checkLabels(labels, DEFAULT_LIMITS);
  return check.ok ? JSON.stringify(check.labels) : `refused: ${check.reason}`;
}

function printExemplar(labels: readonly Label[], value: number, t: number): string {
  return `${JSON.stringify(labels.toSorted(([a], [b]) => (a < b ? -1 : 1)))} ${value} ${t}`;
}

/** A batch as the lines of a golden request, series by series. */
export function batchLines(batch: WriteBatch): string[] {
  const bits = columnBits(batch.values.subarray(0, batch.sampleCount));
  return Array.from({ length: batch.seriesCount }, (_, s) => {
    const labels = printSorted(
      batch.decodeLabels(batch.bytes, batch.labelStarts[s], batch.labelEnds[s], 1000),
    );
    const exemplars = batch.exemplars
      .filter(({ series }) => series === s)
      .map((one) => printExemplar(one.labels, one.value, one.timestamp));
    const samples = bits.flatMap((b, i) =>
      batch.sampleSeries[i] === s
        ? [
            `${batch.timestamps[i]} since ${batch.startTimestamps?.[i] ?? 0} | ${b.toString(16).padStart(16, "0")}`,
          ]
        : [],
    );
    const histograms = batch.histograms
      .filter(({ series }) => series === s)
      .map(({ timestamp, startTimestamp, histogram }) => {
        const { schema, zeroThreshold, zeroCount, count, sum, customBounds, isStale } = histogram;
        const { positive, negative } = meaningOf(histogram);
        const buckets = [...positive, ...negative.map((bucket) => `-${bucket}`)];
        const said = [schema, zeroThreshold, zeroCount, count, sum, buckets, [...customBounds]];
        return `${timestamp} since ${startTimestamp} | ${isStale ? "stale" : JSON.stringify(said)}`;
      });
    return [...samples, ...histograms].map((line) => [labels, line, ...exemplars].join(" | "));
  }).flat();
}

export function batchMetadata({ metadata }: WriteBatch): string[] {
  return Array.from({ length: metadata.count }, (_, i) => {
    const { metricFamilyName, type, unit, help } = metadata.decode(i);
    return [metricFamilyName, type, unit, help].join(" | ");
  });
}
