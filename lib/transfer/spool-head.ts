/**
 * The samples of a Prometheus that are in no block yet, into a spool: finished chunks, then the write-ahead log, then the
 * log of out-of-order samples; read as Prometheus reads them when it starts. Its snapshot of memory (`chunk_snapshot.*`) is
 * not needed: the log still has what is in it.
 */
import { dropSamples } from "../chunk/drop-samples.ts";
import type { SampleColumns } from "../chunk/sample-columns.ts";
import { checkHistogram } from "../histogram/check.ts";
import { reduceToSupported } from "../histogram/resolution.ts";
import { errorKind, errorMessage, HearthError } from "../model/errors.ts";
import type { Histogram } from "../model/histogram.ts";
import { labelSetOf } from "../model/labels.ts";
import { MAX_TIMESTAMP_MS } from "../model/time.ts";
import type { ChunkPlace } from "../tsdb/block-index.ts";
import { damagedBlock } from "../tsdb/damaged-block.ts";
import { decodeTo } from "../tsdb/decode-chunk.ts";
import { DeletedSpans } from "../tsdb/deleted-spans.ts";
import type { BlockFile } from "../tsdb/files.ts";
import { readHeadChunks } from "../tsdb/wal/head-chunks.ts";
import type { HeadFiles } from "../tsdb/wal/head-files.ts";
import { decodeRecord, type RecordSink } from "../tsdb/wal/records.ts";
import { readRecords, TornRecord } from "../tsdb/wal/segment.ts";
import { SeriesReferences } from "../tsdb/wal/series-references.ts";
import type { SampleSpool } from "./sample-spool.ts";

/** Bytes of a sample in the spool, by which histograms are weighed. */
const SAMPLE_BYTES = 16;
/** Records that cannot be read and are named one by one. */
const MAX_NAMED_RECORDS = 5;
/** Records that cannot be read, of a log that is read all the same. */
const MAX_UNDECODABLE_RECORDS = 10_000;
/** Spans of time that are deleted, and references that are. Prometheus takes them out with the next block. */
const MAX_DELETIONS = 5_000_000;
/** What deletes a whole series reaches from the least to the largest integer of 64 bits. */
const ALL_TIME_BITS = 63;

export interface HeadReport {
  /** Samples that were spooled. */
  readonly samples: number;
  /** A line for each thing that is left out, and why. */
  readonly notes: readonly string[];
}

/** `minTime`: samples before it are in blocks, in ms; -Infinity: there is no block. */
export async function spoolHead(files: HeadFiles, minTime: number, spool: SampleSpool): Promise<HeadReport> {
  const head = new HeadSpool(files, minTime, spool);
  await head.survey();
  await head.readChunks();
  await head.readLog();
  await spool.finish();
  return head.report();
}

/** Where samples of a reference go. */
interface Place {
  readonly columns: SampleColumns;
  /** Deleted. */
  readonly hidden: DeletedSpans | undefined;
}

class HeadSpool {
  readonly #files: HeadFiles;
  readonly #spool: SampleSpool;
  readonly #series: SeriesReferences;
  readonly #notes = new Set<string>();
  /** Deleted, by the labels' bytes, and by the references that have these labels. */
  readonly #hidden = new Map<string, DeletedSpans>();
  readonly #hiddenOf = new Map<number, DeletedSpans>();
  #deletions = 0;
  /** References whose series Prometheus has moved into a block of its own. */
  readonly #moved = new Set<number>();
  /** Records that are not what their type says, by name and place. */
  readonly #undecodable = new Set<string>();
  #minTime: number;
  #places = new Map<number, Place>();
  /** Samples since the spool was asked last, and in all. */
  #added = 0;
  #samples = 0;
  #unknown = 0;
  #untimely = 0;
  readonly #refused = { count: 0, reason: "" };

  constructor(files: HeadFiles, minTime: number, spool: SampleSpool) {
    this.#files = files;
    this.#minTime = minTime;
    this.#spool = spool;
    this.#series = new SeriesReferences(files.name);
  }

  /** Finds what counts for samples that come before it: series, deletions, and the time from which samples count. */
  async survey(): Promise<void> {
    const sink: RecordSink = {
      ...NO_SINK,
      onSeries: (reference, labels) => {
        if (this.#series.set(reference, labels)) this.#hiddenOf.delete(reference);
      },
      onTombstone: (reference, minTime, maxTime) => this.#hide(reference, minTime, maxTime),
      onMinValidTime: (timeMs) => {
        this.#minTime = Math.max(this.#minTime, timeMs);
      },
    };
    await this.#readSegments(this.#log(), sink);
    await this.#readSegments(this.#files.outOfOrder, NO_SINK);
  }

  /**
   * The log has the same samples once more, which `advance` passes over. Chunks of out-of-order samples are passed over
   * here: their log has them until they are in a block.
   */
  async readChunks(): Promise<void> {
    const { chunks } = this.#files;
    try {
      for (const [i, file] of chunks.entries())
        for await (const chunk of readHeadChunks(file, i === chunks.length - 1)) {
          if (chunk.isOutOfOrder || chunk.maxTime < this.#minTime) continue;
          const place = this.#placeOf(chunk.series);
          if (place === undefined) continue;
          const { columns, hidden } = place;
          const [from, before] = [columns.count, columns.histogramBytes];
          decodeTo(chunk, columns);
          if (!hasTimes(columns, from, chunk)) {
            dropSamples(columns, from, () => true);
            throw damagedBlock(
              file.name,
              `a chunk of series ${chunk.series} has other times than its head says`,
            );
          }
          dropSamples(columns, from, (timeMs) => timeMs < this.#minTime || hidden?.has(timeMs) === true);
          this.#series.advance(chunk.series, chunk.maxTime);
          this.#count(columns.count - from, columns.histogramBytes - before);
          await this.#settle();
        }
    } catch (error) {
      if (errorKind(error) !== "data") throw error;
      this.#notes.add(`${errorMessage(error)}; the write-ahead log is read in its place`);
      this.#series.resetTimes();
    }
  }

  async readLog(): Promise<void> {
    const onSeries = (reference: number, labels: Uint8Array) => {
      if (this.#series.set(reference, labels)) this.#places.delete(reference);
    };
    await this.#readSegments(this.#log(), this.#sampleSink(onSeries, true));
    await this.#readSegments(this.#files.outOfOrder, this.#sampleSink(onSeries, false));
  }

  report(): HeadReport {
    const notes = [...this.#notes];
    const more = this.#undecodable.size - MAX_NAMED_RECORDS;
    if (more > 0) notes.push(`${this.#files.name}: ${more} more records cannot be read and are left out`);
    if (this.#unknown > 0)
      notes.push(
        `${this.#files.name}: ${this.#unknown} samples of series that the write-ahead log does not name; left out`,
      );
    if (this.#untimely > 0)
      notes.push(`${this.#files.name}: ${this.#untimely} samples of times past the year 70,000; left out`);
    const { count, reason } = this.#refused;
    if (count > 0)
      notes.push(
        `${this.#files.name}: ${count} native histograms cannot be stored and are left out: ${reason}`,
      );
    return { samples: this.#samples, notes };
  }

  #log(): readonly BlockFile[] {
    return [...this.#files.checkpoint, ...this.#files.segments];
  }

  async #readSegments(files: readonly BlockFile[], sink: RecordSink): Promise<void> {
    for (const [i, file] of files.entries()) {
      try {
        for await (const { bytes, offset } of readRecords(file)) {
          await this.#decode(bytes, `${file.name}: record at ${offset}`, sink);
          await this.#settle();
        }
      } catch (error) {
        if (error instanceof TornRecord && i === files.length - 1)
          this.#notes.add(`${file.name}: the last record is not whole yet; left out`);
        else if (error instanceof TornRecord || errorKind(error) === "data")
          this.#notes.add(
            `${file.name}: damaged, the rest of this segment is left out: ${errorMessage(error)}`,
          );
        else throw error;
      }
    }
  }

  /**
   * Passes over a record that is not what its type says. The survey finds it, so nothing is taken of it: what comes before
   * the fault may be nonsense too.
   */
  async #decode(bytes: Uint8Array, what: string, sink: RecordSink): Promise<void> {
    if (this.#undecodable.has(what)) return;
    try {
      for (const _ of decodeRecord(bytes, what, sink)) await this.#settle();
    } catch (error) {
      if (errorKind(error) !== "data") throw error;
      if (this.#undecodable.size >= MAX_UNDECODABLE_RECORDS)
        throw new HearthError("data", `more than ${MAX_UNDECODABLE_RECORDS} records cannot be read`);
      this.#undecodable.add(what);
      if (this.#undecodable.size <= MAX_NAMED_RECORDS)
        this.#notes.add(`${errorMessage(error)}; the record is left out`);
    }
  }

  #sampleSink(onSeries: RecordSink["onSeries"], isInOrder: boolean): RecordSink {
    const placeOf = (reference: number, timeMs: number): Place | undefined => {
      if (isInOrder && timeMs < this.#minTime) return undefined;
      if (!isTime(timeMs)) {
        this.#untimely++;
        return undefined;
      }
      const place = this.#placeOf(reference);
      if (place === undefined) return undefined;
      if (isInOrder && !this.#series.advance(reference, timeMs)) return undefined;
      return place.hidden?.has(timeMs) ? undefined : place;
    };
    return {
      ...NO_SINK,
      onSeries,
      onSample: (reference, timeMs, startMs, high, low) => {
        const place = placeOf(reference, timeMs);
        if (place === undefined) return;
        place.columns.appendSample(timeMs, high, low);
        place.columns.setStart(startMs);
        this.#count(1);
      },
      onHistogram: (reference, timeMs, startMs, histogram) => {
        const place = placeOf(reference, timeMs);
        if (place !== undefined) this.#addHistogram(place, timeMs, startMs, histogram);
      },
    };
  }

  #addHistogram({ columns }: Place, timeMs: number, startMs: number, histogram: Histogram): void {
    const problem = checkHistogram(histogram);
    if (problem !== undefined) {
      if (this.#refused.count++ === 0) this.#refused.reason = problem;
      return;
    }
    const before = columns.histogramBytes;
    columns.appendHistogram(timeMs, reduceToSupported(histogram));
    columns.setStart(startMs);
    this.#count(1, columns.histogramBytes - before);
  }

  #count(samples: number, histogramBytes = 0): void {
    this.#samples += samples;
    this.#added += samples + histogramBytes / SAMPLE_BYTES;
  }

  /** Undefined: no series has the reference, or a block has the series. */
  #placeOf(reference: number): Place | undefined {
    const known = this.#places.get(reference);
    if (known !== undefined) return known;
    if (this.#moved.has(reference)) return undefined;
    const bytes = this.#series.labelBytes(reference);
    if (bytes === undefined) {
      this.#unknown++;
      return undefined;
    }
    const place = {
      columns: this.#spool.columnsOf(labelSetOf(this.#series.labels(bytes))),
      hidden: this.#hidden.size === 0 ? undefined : this.#hidden.get(keyOf(bytes)),
    };
    this.#places.set(reference, place);
    return place;
  }

  #hide(reference: number, minTime: number, maxTime: number): void {
    if (this.#deletions++ >= MAX_DELETIONS)
      throw new HearthError(
        "too large",
        `${this.#files.name}: more than ${MAX_DELETIONS} deletions; import its blocks alone, without the log`,
      );
    if (minTime === -(2 ** ALL_TIME_BITS) && maxTime === 2 ** ALL_TIME_BITS) this.#moved.add(reference);
    else this.#hiddenBy(reference)?.add(minTime, maxTime);
  }

  /** Spans to add to; undefined for a reference that no series has. */
  #hiddenBy(reference: number): DeletedSpans | undefined {
    const known = this.#hiddenOf.get(reference);
    if (known !== undefined) return known;
    const bytes = this.#series.labelBytes(reference);
    if (bytes === undefined) return undefined;
    const key = keyOf(bytes);
    const spans = this.#hidden.get(key) ?? new DeletedSpans();
    this.#hidden.set(key, spans);
    this.#hiddenOf.set(reference, spans);
    return spans;
  }

  async #settle(): Promise<void> {
    if (this.#added === 0) return;
    const added = this.#added;
    this.#added = 0;
    if (await this.#spool.settle(added)) this.#places = new Map();
  }
}

const NO_SINK: RecordSink = {
  onSeries() {},
  onSample() {},
  onHistogram() {},
  onTombstone() {},
  onMinValidTime() {},
};

function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function hasTimes(
  { timestamps, count }: SampleColumns,
  from: number,
  { minTime, maxTime }: ChunkPlace,
): boolean {
  return timestamps[from] === minTime && timestamps[count - 1] === maxTime && isTime(maxTime);
}

function isTime(timeMs: number): boolean {
  return Math.abs(timeMs) <= MAX_TIMESTAMP_MS;
}
