/** One item as plain data for people, decoded as far as it can be. */
import { errorMessage } from "../../model/errors.ts";
import { printLabels } from "../../model/labels.ts";
import { MINUTE_MS } from "../../model/time.ts";
import { decodeDeletions } from "../deletion/deletion.ts";
import { decodeDirectory } from "../index/index-directory.ts";
import { briefSince, parseReferences } from "../layout/brief-keys.ts";
import { placeOfKey, printDay } from "../layout/key-place.ts";
import { isDeletionsSortKey, parseLogSortKey } from "../layout/keys.ts";
import { decodeManifest } from "../layout/manifest.ts";
import {
  parseChunkLink,
  parseChunkSortKey,
  parseIndexSortKey,
  parseRunSortKey,
} from "../layout/part-keys.ts";
import { isRowDeletionsSortKey, parseRollupManifestSortKey, parseRowSortKey } from "../layout/rollup-keys.ts";
import { decodeDictionary } from "../log/dictionary.ts";
import { LoggedRecord } from "../log/logged-record.ts";
import { countChunkSamples, decodeChunkItem } from "../parts/chunk-item.ts";
import { decodeRunBlock } from "../parts/run-block.ts";
import { decodeRollupManifest } from "../rollups/rollup-manifest.ts";
import { decodeRowBlock } from "../rollups/row-block.ts";
import { decodeSeriesBlock } from "../series/series-block.ts";
import { hashHex } from "../series/series-hash.ts";
import { checksumOf } from "../table/checksum.ts";
import type { Item, Key, Table } from "../table/table.ts";
import { printDeletions, printKey, printTime } from "./describe-day.ts";

/** Kinds whose values are not shown: they hold secrets, or hashes of them. */
const HIDDEN: ReadonlySet<string> = new Set(["accessKey"]);
/** Of a list in an item, what is printed. */
const MAX_ENTRIES = 100;

/** `stored`: a table that does not verify. */
export async function describeItem(stored: Table, key: Key): Promise<object> {
  const { kind, tenant, day } = placeOfKey(key);
  const place = { kind, tenant, ...(day === undefined ? {} : { day: printDay(day) }), key: printKey(key) };
  const item = await stored.get(key, { consistent: true });
  if (item === undefined) return { ...place, found: false };
  const { expiresAtSeconds, checksum, value } = item;
  return {
    ...place,
    found: true,
    bytes: value.length,
    expires: expiresAtSeconds === undefined ? "never" : printTime(expiresAtSeconds * 1000),
    checksum:
      checksum === undefined
        ? "none"
        : checksum === checksumOf(item)
          ? "right"
          : "wrong: the item is damaged",
    ...decode(kind, item),
    ...(HIDDEN.has(kind) ? {} : { value: Buffer.from(value).toString("base64") }),
  };
}

function decode(kind: string, item: Item): object {
  const decoder = DECODERS[kind];
  if (decoder === undefined) return {};
  try {
    return { content: decoder(item) };
  } catch (error) {
    return { unreadable: errorMessage(error) };
  }
}

const DECODERS: Readonly<Record<string, (item: Item) => unknown>> = {
  log: describeRecord,
  series: describeSeriesRecord,
  dictionary: ({ value }) => listed(decodeDictionary(value).map(hashHex)),
  index: describeIndexItem,
  run: describeBlock,
  chunk: describeChunks,
  manifest: ({ sk, value }) =>
    isDeletionsSortKey(sk) ? printDeletions(decodeDeletions(value)) : decodeManifest(value),
  rowIndex: describeIndexItem,
  rows: describeRows,
  rollupManifest: ({ sk, value }) =>
    isRowDeletionsSortKey(sk)
      ? printDeletions(decodeDeletions(value))
      : decodeRollupManifest(parseRollupManifestSortKey(sk), value),
};

function describeRecord(item: Item): unknown {
  const { receivedMs, sequence } = parseLogSortKey(item.sk);
  const since = briefSince(item.sk);
  const record = new LoggedRecord(item);
  const { record: columns, kind } = record.decode();
  return {
    received: printTime(receivedMs),
    sequence,
    writer: hashHex(record.writer),
    ...(since !== undefined && { briefReferencesSince: printTime(since) }),
    kind,
    samples: columns.references.length,
    from: printTime(record.minTime),
    to: printTime(record.maxTime),
  };
}

/** With the references that it gives out. */
function describeSeriesRecord({ sk, value }: Item): unknown {
  const { receivedMs } = parseLogSortKey(sk);
  const given = parseReferences(sk);
  return {
    received: printTime(receivedMs),
    ...(given && {
      dictionary: hashHex(given.dictionary),
      shards: given.firsts.length,
      firstReferences: given.firsts,
    }),
    ...listed(decodeSeriesBlock(value).map(printLabels)),
  };
}

function describeIndexItem({ sk, value }: Item): unknown {
  const position = parseIndexSortKey(sk);
  try {
    return { ...position, ...listed(decodeSeriesBlock(value).map(printLabels)) };
  } catch {
    return { ...position, ...listed(decodeDirectory(value)) };
  }
}

function describeBlock({ sk, value }: Item): unknown {
  const { hashes, bounds, timestamps, histograms } = decodeRunBlock(value);
  const series = hashes.map((hash, i) => `${hashHex(hash)}: ${bounds[i + 1] - bounds[i]} samples`);
  const floats = timestamps.length;
  return {
    ...parseRunSortKey(sk),
    floats,
    histograms: histograms?.timestamps.length ?? 0,
    ...listed(series),
  };
}

function describeRows({ sk, value }: Item): unknown {
  const { hashes, floatBounds, histogramBounds } = decodeRowBlock(value);
  const series = hashes.map((hash, i) => ({
    series: hashHex(hash),
    floats: floatBounds[i + 1] - floatBounds[i],
    histograms: histogramBounds[i + 1] - histogramBounds[i],
  }));
  return { ...parseRowSortKey(sk), ...listed(series) };
}

function describeChunks({ sk, value }: Item): unknown {
  const chunks = decodeChunkItem(value);
  return {
    series: parseChunkSortKey(sk),
    place: parseChunkLink(sk)?.place,
    chunks: chunks.map((chunk) => ({
      kind: chunk.kind ?? "floats",
      samples: countChunkSamples(chunk),
      minutes: Math.round((chunk.maxTime - chunk.minTime) / MINUTE_MS),
      from: printTime(chunk.minTime),
      to: printTime(chunk.maxTime),
    })),
  };
}

function listed<T>(entries: readonly T[]): { readonly count: number; readonly entries: readonly T[] } {
  return { count: entries.length, entries: entries.slice(0, MAX_ENTRIES) };
}
