/**
 * A record of exemplars: those of one request and one hour, with their series' labels written out: exemplars are few and stay
 * for days, so they need neither index nor compaction.
 *
 *     the frame of packed.ts, the count that of the series; then of each
 *       labels      count varint, names and values as strings
 *       exemplars   count varint, then of each its time (zigzag varint, ms), value (8 bytes) and labels
 */
import type { Exemplar, SeriesExemplars } from "../../model/exemplars.ts";
import type { Label } from "../../model/labels.ts";
import { type ByteReader, ByteWriter } from "../codec/bytes.ts";
import { decodePacked, encodePacked, expectEnd } from "../codec/packed.ts";

const WHAT = "exemplar record";
const MIN_SERIES_BYTES = 2;
/** Bytes of a body from which on another is begun; labels of a series are 64 KiB at most, of an exemplar 128 characters. */
const FULL_BYTES = 128 * 1024;
/** Of one series in one piece; each takes up to 700 bytes. */
const MAX_SERIES_EXEMPLARS = 128;

/** Yields as many records as it takes, with the time of the newest exemplar of each. */
export function* encodeExemplarRecords(
  all: readonly SeriesExemplars[],
): Generator<readonly [newestMs: number, record: Uint8Array], void, void> {
  let body = new ByteWriter();
  let [count, newestMs] = [0, Number.NEGATIVE_INFINITY];
  for (const { labels, exemplars } of all) {
    for (let start = 0; start < exemplars.length; start += MAX_SERIES_EXEMPLARS) {
      const some = exemplars.slice(start, start + MAX_SERIES_EXEMPLARS);
      writeSeries(body, { labels, exemplars: some });
      newestMs = some.reduce((newest, { timestamp }) => Math.max(newest, timestamp), newestMs);
      count++;
      if (body.length < FULL_BYTES) continue;
      yield [newestMs, encodePacked(count, body.finish())];
      body = new ByteWriter();
      [count, newestMs] = [0, Number.NEGATIVE_INFINITY];
    }
  }
  if (count > 0) yield [newestMs, encodePacked(count, body.finish())];
}

function writeSeries(writer: ByteWriter, { labels, exemplars }: SeriesExemplars): void {
  writeLabels(writer, labels);
  writer.writeVarint(exemplars.length);
  for (const { labels: own, value, timestamp } of exemplars) {
    writeLabels(writer.writeSigned(timestamp).writeDouble(value), own);
  }
}

function writeLabels(writer: ByteWriter, labels: readonly Label[]): void {
  writer.writeVarint(labels.length);
  for (const [name, value] of labels) writer.writeString(name).writeString(value);
}

/** Throws "data". */
export function decodeExemplarRecord(record: Uint8Array): SeriesExemplars[] {
  const { count, body } = decodePacked(record, MIN_SERIES_BYTES, WHAT);
  const all = Array.from({ length: count }, (): SeriesExemplars => {
    const labels = readLabels(body);
    return { labels, exemplars: readExemplars(body) };
  });
  expectEnd(body, WHAT);
  return all;
}

/** Lists grow as they are read, whatever number their bytes say. */
function readExemplars(body: ByteReader): Exemplar[] {
  const exemplars: Exemplar[] = [];
  for (let left = body.readVarint(); left > 0; left--) {
    const timestamp = body.readSigned();
    const value = body.readDouble();
    exemplars.push({ labels: readLabels(body), value, timestamp });
  }
  return exemplars;
}

function readLabels(body: ByteReader): Label[] {
  const labels: Label[] = [];
  for (let left = body.readVarint(); left > 0; left--) labels.push([body.readString(), body.readString()]);
  return labels;
}
