/**
 * `meta.json` of a block, as Prometheus, Thanos and Mimir write it.
 * https://github.com/prometheus/prometheus/blob/main/tsdb/block.go (BlockMeta),
 * https://thanos.io/tip/thanos/storage.md/#metadata-file-metajson
 */
import { HearthError } from "../model/errors.ts";
import { type LabelSet, labelSetOf } from "../model/labels.ts";
import { shorten } from "../model/shorten.ts";
import { DAY_MS } from "../model/time.ts";

export interface BlockMeta {
  readonly ulid: string;
  /** In ms. No sample is before it. */
  readonly minTime: number;
  /** In ms. Every sample is before it. */
  readonly maxTime: number;
  readonly samples: number;
  readonly series: number;
  readonly chunks: number;
  readonly hasTombstones: boolean;
  readonly level: number;
  /** Whether it holds all samples before `maxTime`: not a block of out-of-order samples or of a few series. */
  readonly isInOrder: boolean;
  /** External labels of Thanos and Mimir. */
  readonly externalLabels: LabelSet;
  /** Time between samples of a downsampled block of Thanos, in ms; 0: raw samples. */
  readonly resolutionMs: number;
}

const VERSION = 1;
/** Of the hints from-out-of-order, from-stale-series, from-selected-series. */
const PARTIAL_HINT = "from-";
/** An import goes through each day of a block: times further apart than a hundred years are damage. */
const MAX_SPAN_MS = 36_525 * DAY_MS;

/** Throws "data" with `file` in the message. */
export function parseBlockMeta(text: string, file: string): BlockMeta {
  const meta = parseObject(text, file);
  if (meta.version !== VERSION) throw invalid(file, `version ${print(meta.version)}, expected ${VERSION}`);
  const { ulid, minTime, maxTime } = meta;
  if (typeof ulid !== "string" || !/^[0-9A-HJKMNP-TV-Z]{26}$/.test(ulid))
    throw invalid(file, `ulid ${print(ulid)}, expected 26 letters and digits`);
  if (!Number.isSafeInteger(minTime) || !Number.isSafeInteger(maxTime) || maxTime < minTime)
    throw invalid(file, `minTime ${print(minTime)} and maxTime ${print(maxTime)}, expected times in ms`);
  if (maxTime - minTime > MAX_SPAN_MS)
    throw invalid(file, `minTime ${minTime} and maxTime ${maxTime}, expected at most 100 years between them`);
  const stats = objectOf(meta.stats);
  const thanos = objectOf(meta.thanos);
  const labels = Object.entries(objectOf(thanos.labels)).map(([name, value]) => {
    if (typeof value === "string") return [name, value] as const;
    throw invalid(file, `external label ${print(name)} is ${print(value)}, expected a text`);
  });
  return {
    ulid,
    minTime,
    maxTime,
    samples: numberOf(stats.numSamples),
    series: numberOf(stats.numSeries),
    chunks: numberOf(stats.numChunks),
    hasTombstones: numberOf(stats.numTombstones) > 0,
    level: numberOf(objectOf(meta.compaction).level),
    isInOrder: !hintsOf(meta).some((hint) => typeof hint === "string" && hint.startsWith(PARTIAL_HINT)),
    externalLabels: labelSetOf(labels),
    resolutionMs: numberOf(objectOf(thanos.downsample).resolution),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the members of JSON that others wrote are looked at one by one.
function parseObject(text: string, file: string): any {
  try {
    return objectOf(JSON.parse(text));
  } catch (cause) {
    throw new HearthError("data", `${file}: not JSON`, { cause });
  }
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
function objectOf(value: unknown): any {
  return typeof value === "object" && value !== null ? value : {};
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
function hintsOf(meta: any): readonly unknown[] {
  const { hints } = objectOf(meta.compaction);
  return Array.isArray(hints) ? hints : [];
}

/** A member as it is in the file, at its beginning. */
function print(value: unknown): string {
  return shorten(JSON.stringify(value) ?? "missing");
}

function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) ? Math.max(0, value) : 0;
}

function invalid(file: string, what: string): HearthError {
  return new HearthError("data", `${file}: ${what}`);
}
