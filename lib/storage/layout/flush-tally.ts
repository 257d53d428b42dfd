/**
 * How many log and series records a day's flushes have taken, by hour of reception, and a sum of their keys' hashes. A
 * record that landed behind the watermark is in no part; a listing of the log that holds more than was counted shows it.
 */
import { HOUR_MS } from "../../model/time.ts";
import type { ByteReader, ByteWriter } from "../codec/bytes.ts";
import type { Key } from "../table/table.ts";
import { hourOf, parseReceiveTime } from "./keys.ts";

/** Records received `startMs..endMs` (half-open, whole hours). */
export interface TallySpan {
  readonly startMs: number;
  readonly endMs: number;
  readonly records: number;
  /** Of the keys' hashes, modulo 2^32. */
  readonly sum: number;
}

export interface FlushTally {
  /** Records received after this are counted, in ms. A version that does not count leaves all before unknown. */
  readonly sinceMs: number;
  /** Ascending, not overlapping. */
  readonly spans: readonly TallySpan[];
}

/** Spans of a manifest at most, 8 bytes each: past them the two oldest become one. */
export const MAX_TALLY_SPANS = 48;

/** Counts `keys` in addition; those of before `sinceMs` are ignored. */
export function addToTally({ sinceMs, spans }: FlushTally, keys: Iterable<Key>): FlushTally {
  const added = new Map<number, { readonly startMs: number; endMs: number; records: number; sum: number }>();
  for (const span of spans) added.set(span.startMs, { ...span });
  for (const key of keys) {
    const receivedMs = parseReceiveTime(key.sk);
    if (receivedMs <= sinceMs) continue;
    const hourMs = hourOf(receivedMs);
    let span = added.get(hourMs) ?? findSpan(added.values(), receivedMs);
    if (span === undefined) {
      span = { startMs: hourMs, endMs: hourMs + HOUR_MS, records: 0, sum: 0 };
      added.set(hourMs, span);
    }
    span.records++;
    span.sum = (span.sum + hashOf(key)) >>> 0;
  }
  const sorted: TallySpan[] = [...added.values()].sort((a, b) => a.startMs - b.startMs);
  while (sorted.length > MAX_TALLY_SPANS) sorted.splice(0, 2, joined(sorted[0], sorted[1]));
  return { sinceMs, spans: sorted };
}

function findSpan<Span extends TallySpan>(spans: Iterable<Span>, receivedMs: number): Span | undefined {
  for (const span of spans) if (receivedMs >= span.startMs && receivedMs < span.endMs) return span;
  return undefined;
}

function joined(a: TallySpan, b: TallySpan): TallySpan {
  return {
    startMs: a.startMs,
    endMs: b.endMs,
    records: a.records + b.records,
    sum: (a.sum + b.sum) >>> 0,
  };
}

/**
 * The start of the earliest hour in which `listed` has a record that `counted` lacks, in ms; undefined: there is none.
 * A span that has lost records holds no more than was counted and proves nothing. Spans that begin before `fromMs` are not
 * compared.
 */
export function earliestUncounted(
  counted: FlushTally,
  listed: FlushTally,
  fromMs: number,
): number | undefined {
  for (const span of listed.spans) {
    if (span.startMs < fromMs) continue;
    const known = counted.spans.find(({ startMs, endMs }) => startMs < span.endMs && endMs > span.startMs);
    const isSame = known !== undefined && known.records === span.records && known.sum === span.sum;
    if (!isSame && span.records >= (known?.records ?? 0)) return Math.max(span.startMs, counted.sinceMs + 1);
  }
  return undefined;
}

/** An empty tally whose spans are those of another, so that listings are counted by the same bounds. */
export function emptyLike({ sinceMs, spans }: FlushTally): FlushTally {
  return { sinceMs, spans: spans.map(({ startMs, endMs }) => ({ startMs, endMs, records: 0, sum: 0 })) };
}

/** What is counted of records received before a time that begins an hour or lies before all that is counted. */
export function tallyBefore({ sinceMs, spans }: FlushTally, beforeMs: number): FlushTally {
  return { sinceMs: Math.min(sinceMs, beforeMs - 1), spans: spans.filter(({ endMs }) => endMs <= beforeMs) };
}

/** FNV-1a of 32 bits. */
function hashOf({ pk, sk }: Key): number {
  let hash = 0x811c9dc5;
  for (const bytes of [pk, sk])
    for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return hash >>> 0;
}

/** `sinceMs`, spans: each start less the end before in hours, length in hours, records, sum (4 bytes). */
export function writeTally(writer: ByteWriter, { sinceMs, spans }: FlushTally): void {
  writer.writeVarint(sinceMs).writeVarint(spans.length);
  let endMs = 0;
  for (const span of spans) {
    writer.writeVarint((span.startMs - endMs) / HOUR_MS).writeVarint((span.endMs - span.startMs) / HOUR_MS);
    writer.writeVarint(span.records).writeUint(span.sum, 4);
    endMs = span.endMs;
  }
}

/** Throws "data". */
export function readTally(reader: ByteReader): FlushTally {
  const sinceMs = reader.readVarint();
  const spans: TallySpan[] = [];
  let previousMs = 0;
  for (let count = reader.readVarint(); count > 0; count--) {
    const startMs = previousMs + reader.readVarint() * HOUR_MS;
    previousMs = startMs + reader.readVarint() * HOUR_MS;
    spans.push({ startMs, endMs: previousMs, records: reader.readVarint(), sum: reader.readUint(4) });
  }
  return { sinceMs, spans };
}
