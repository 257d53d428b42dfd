/**
 * Items of usage. A process stores a *flush* now and then: what its requests cost since the last one. The collector adds the
 * flushes of a UTC day into the item of that day. Values are compressed JSON.
 *
 *     flush   pk: kind, 0, day    sk: time (6), process (8), sequence (4)
 *     day     pk: kind, 1         sk: day
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { DAY_OFFSET, KIND, RECEIVE_TIME_BYTES } from "../layout/keys.ts";
import type { Key, KeyRange } from "../table/table.ts";
import { type HeavyQuery, packQuery, unpackQuery } from "./heavy-queries.ts";
import { type MetricRow, packMetric, unpackMetric } from "./metric-usage.ts";
import { packRow, type UsageRow, unpackRow } from "./usage-rows.ts";

export const INSTANCE_BYTES = 8;
const FLUSH = 0;
const DAY = 1;
/** An item that holds more is not one of Hearth's. */
const MAX_INFLATED_BYTES = 16 * 1024 * 1024;

export interface Flush {
  readonly rows: readonly UsageRow[];
  readonly queries: readonly HeavyQuery[];
  readonly metrics: readonly MetricRow[];
}

/** Usage of one UTC day. */
export interface DayUsage extends Flush {
  /** Sequences of the newest flush of each process that is in it, by the process' id in hex. */
  readonly merged: Readonly<Record<string, number>>;
  /** The time of the newest of them, in ms. */
  readonly mergedToMs: number;
}

export const NO_USAGE: DayUsage = { rows: [], queries: [], metrics: [], merged: {}, mergedToMs: 0 };

export interface FlushPlace {
  readonly atMs: number;
  /** In hex. */
  readonly instance: string;
  readonly sequence: number;
}

function flushPartition(day: number): Uint8Array {
  return new ByteWriter()
    .writeByte(KIND.usage)
    .writeByte(FLUSH)
    .writeUint(day + DAY_OFFSET, 4)
    .finish();
}

export function flushKey(day: number, { atMs, instance, sequence }: FlushPlace): Key {
  const sk = new ByteWriter()
    .writeUint(atMs, RECEIVE_TIME_BYTES)
    .writeBytes(Buffer.from(instance, "hex"))
    .writeUint(sequence, 4)
    .finish();
  return { pk: flushPartition(day), sk };
}

/** The flushes of a day that were made from a time on. */
export function flushRange(day: number, fromMs: number): KeyRange {
  const first = new ByteWriter().writeUint(Math.max(0, fromMs), RECEIVE_TIME_BYTES).finish();
  return { pk: flushPartition(day), first };
}

/** Throws "data". */
export function parseFlushSortKey(sk: Uint8Array): FlushPlace {
  const reader = new ByteReader(sk, "usage's sort key");
  const atMs = reader.readUint(RECEIVE_TIME_BYTES);
  const instance = Buffer.from(reader.readBytes(INSTANCE_BYTES)).toString("hex");
  return { atMs, instance, sequence: reader.readUint(4) };
}

export function dayUsageKey(day: number): Key {
  const sk = new ByteWriter().writeUint(day + DAY_OFFSET, 4).finish();
  return { pk: Uint8Array.of(KIND.usage, DAY), sk };
}

/** The days `first..last`, both included. */
export function dayUsageRange(first: number, last: number): KeyRange {
  const { pk, sk } = dayUsageKey(first);
  return { pk, first: sk, last: dayUsageKey(last).sk };
}

export function parseDayUsageSortKey(sk: Uint8Array): number {
  return new ByteReader(sk, "usage's sort key").readUint(4) - DAY_OFFSET;
}

export function encodeFlush(flush: Flush): Uint8Array {
  return pack(packed(flush));
}

export function encodeDayUsage({ merged, mergedToMs, ...flush }: DayUsage): Uint8Array {
  return pack({ ...packed(flush), merged, mergedToMs });
}

function packed({ rows, queries, metrics }: Flush): object {
  const ofMetrics = metrics.length > 0 ? { metrics: metrics.map(packMetric) } : {};
  return { rows: rows.map(packRow), queries: queries.map(packQuery), ...ofMetrics };
}

/** What cannot be read counts as nothing: usage is not worth an error of what reads it. */
export function decodeUsage(value: Uint8Array): DayUsage {
  const stored = unpack(value);
  const list = <T>(all: unknown, read: (one: unknown) => T | undefined): T[] =>
    Array.isArray(all) ? all.map(read).filter((one) => one !== undefined) : [];
  const { merged, mergedToMs } = stored;
  return {
    rows: list(stored.rows, unpackRow),
    queries: list(stored.queries, unpackQuery),
    metrics: list(stored.metrics, unpackMetric),
    merged: typeof merged === "object" && merged !== null ? (merged as Record<string, number>) : {},
    mergedToMs: typeof mergedToMs === "number" ? mergedToMs : 0,
  };
}

function pack(value: object): Uint8Array {
  return deflateRawSync(JSON.stringify(value));
}

function unpack(value: Uint8Array): Record<string, unknown> {
  try {
    const text = inflateRawSync(value, { maxOutputLength: MAX_INFLATED_BYTES }).toString();
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
