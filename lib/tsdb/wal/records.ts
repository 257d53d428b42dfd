/**
 * Records of Prometheus' write-ahead log.
 * https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/wal.md; records of version 2, which the page does not
 * have yet, as in https://github.com/prometheus/prometheus/blob/main/tsdb/record/record.go
 *
 *     series        1; for each: reference (8 bytes), labels (uvarint, then names and values behind their lengths)
 *     tombstones    3; for each: reference (8 bytes), minTime and maxTime (zigzag varints)
 *     min valid time  14; time (8 bytes): samples before it are in blocks
 *     samples       2, of histograms 7 to 10: reference and time (8 bytes each);
 *                   for each: both (zigzag varints, less those), then the value
 *     with starts   11, of histograms 12 and 13; the first: reference, time, start (zigzag varints), then its value;
 *                   for each further: reference (zigzag varint, less the one before), time (less the first),
 *                   start (1 byte: 0 none, 1 as before, 2 a zigzag varint follows, less the first), then its value
 *
 * Exemplars, metadata and marks of chunks are passed over, as are types that are not known.
 */
import type { Histogram } from "../../model/histogram.ts";
import type { Label } from "../../model/labels.ts";
import { decodeText } from "../../storage/codec/bytes.ts";
import { RecordCursor } from "../record-cursor.ts";
import { readFloatHistogram, readIntegerHistogram } from "./histogram-value.ts";

const TYPE = {
  series: 1,
  samples: 2,
  tombstones: 3,
  histograms: 7,
  floatHistograms: 8,
  customHistograms: 9,
  customFloatHistograms: 10,
  samplesWithStarts: 11,
  histogramsWithStarts: 12,
  floatHistogramsWithStarts: 13,
  minValidTime: 14,
} as const;

/** Longer labels are damage: those that can be stored have 64 KB. */
const MAX_LABELS_BYTES = 1024 * 1024;
/** Values between two pauses of a reader. */
const PAUSE_VALUES = 50_000;

const NO_START = 0;
const SAME_START = 1;

/** Takes what records say, in their order. Times are in ms; a start of 0 is unknown. */
export interface RecordSink {
  /** `labels`: to be decoded by `decodeLabels`, valid during the call. */
  onSeries(reference: number, labels: Uint8Array): void;
  /** The value as the two words of its bits. */
  onSample(reference: number, timeMs: number, startMs: number, high: number, low: number): void;
  onHistogram(reference: number, timeMs: number, startMs: number, histogram: Histogram): void;
  onTombstone(reference: number, minTime: number, maxTime: number): void;
  onMinValidTime(timeMs: number): void;
}

/**
 * Throws "data" for a record that is not what its type says; what came before has been handed over. Yields now and then, so
 * that its caller can store what a large record has brought.
 */
export function* decodeRecord(
  bytes: Uint8Array,
  what: string,
  sink: RecordSink,
): Generator<void, void, void> {
  const cursor = new RecordCursor(bytes, what);
  if (cursor.remaining === 0) return;
  const type = cursor.readByte();
  const readSample: ReadValue = (reference, timeMs, startMs) =>
    sink.onSample(reference, timeMs, startMs, cursor.readUint32(), cursor.readUint32());
  const readInteger: ReadValue = (reference, timeMs, startMs) =>
    sink.onHistogram(reference, timeMs, startMs, readIntegerHistogram(cursor));
  const readFloat: ReadValue = (reference, timeMs, startMs) =>
    sink.onHistogram(reference, timeMs, startMs, readFloatHistogram(cursor));
  switch (type) {
    case TYPE.series:
      readSeries(cursor, sink);
      break;
    case TYPE.samples:
      yield* readValues(cursor, readSample);
      break;
    case TYPE.histograms:
    case TYPE.customHistograms:
      yield* readValues(cursor, readInteger);
      break;
    case TYPE.floatHistograms:
    case TYPE.customFloatHistograms:
      yield* readValues(cursor, readFloat);
      break;
    case TYPE.samplesWithStarts:
      yield* readValuesWithStarts(cursor, readSample);
      break;
    case TYPE.histogramsWithStarts:
      yield* readValuesWithStarts(cursor, readInteger);
      break;
    case TYPE.floatHistogramsWithStarts:
      yield* readValuesWithStarts(cursor, readFloat);
      break;
    case TYPE.tombstones:
      while (cursor.remaining > 0)
        sink.onTombstone(cursor.readInt64(), cursor.readVarint(), cursor.readVarint());
      break;
    case TYPE.minValidTime:
      sink.onMinValidTime(cursor.readInt64());
      break;
    default:
  }
}

/** Reads one value and hands it over. */
type ReadValue = (reference: number, timeMs: number, startMs: number) => void;

function readSeries(cursor: RecordCursor, sink: RecordSink): void {
  while (cursor.remaining > 0) {
    const reference = cursor.readInt64();
    const start = cursor.position;
    for (let texts = 2 * cursor.readCount(2); texts > 0; texts--) cursor.skip(cursor.readUvarint());
    const labels = cursor.since(start);
    if (labels.length > MAX_LABELS_BYTES)
      throw cursor.error(
        `a series has ${labels.length} bytes of labels, expected at most ${MAX_LABELS_BYTES}`,
      );
    sink.onSeries(reference, labels);
  }
}

function* readValues(cursor: RecordCursor, read: ReadValue): Generator<void, void, void> {
  if (cursor.remaining === 0) return;
  const reference = cursor.readInt64();
  const timeMs = cursor.readInt64();
  for (let values = 1; cursor.remaining > 0; values++) {
    read(reference + cursor.readVarint(), timeMs + cursor.readVarint(), 0);
    if (values % PAUSE_VALUES === 0) yield;
  }
}

function* readValuesWithStarts(cursor: RecordCursor, read: ReadValue): Generator<void, void, void> {
  if (cursor.remaining === 0) return;
  let reference = cursor.readVarint();
  const firstTime = cursor.readVarint();
  const firstStart = cursor.readVarint();
  let start = firstStart;
  read(reference, firstTime, start);
  for (let values = 1; cursor.remaining > 0; values++) {
    reference += cursor.readVarint();
    const timeMs = firstTime + cursor.readVarint();
    start = readStart(cursor, firstStart, start);
    read(reference, timeMs, start);
    if (values % PAUSE_VALUES === 0) yield;
  }
}

function readStart(cursor: RecordCursor, first: number, before: number): number {
  switch (cursor.readByte()) {
    case NO_START:
      return 0;
    case SAME_START:
      return before;
    default:
      return first + cursor.readVarint();
  }
}

/** The labels of a series, sorted by name as Prometheus keeps them. Throws "data" where one is not UTF-8. */
export function decodeLabels(bytes: Uint8Array, what: string): Label[] {
  const cursor = new RecordCursor(bytes, what);
  const readText = () => {
    const length = cursor.readUvarint();
    const start = cursor.position;
    cursor.skip(length);
    return decodeText(cursor.since(start), what);
  };
  return Array.from({ length: cursor.readCount(2) }, (): Label => [readText(), readText()]);
}
