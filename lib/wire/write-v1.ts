/**
 * Remote write 1.0: decodes a `prometheus.WriteRequest` to columns of samples, exemplars and metadata.
 * https://prometheus.io/docs/specs/prw/remote_write_spec/ and proto/prometheus/remote.proto
 *
 *     message WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3; }
 *     message TimeSeries   { repeated Label labels = 1; repeated Sample samples = 2;
 *                            repeated Exemplar exemplars = 3; repeated Histogram histograms = 4; }
 *     message Label        { string name = 1; string value = 2; }
 *     message Sample       { double value = 1; int64 timestamp = 2; }
 *     message Exemplar     { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
 *     message MetricMetadata { MetricType type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
 *
 * The labels of a series stay in the body, as one span whose bytes the engine recognises.
 * `decodeLabels` decodes such a span.
 */

import { checkHistogram } from "../histogram/check.ts";
import { reduceToSupported } from "../histogram/resolution.ts";
import { type Deadline, NO_DEADLINE } from "../model/deadline.ts";
import { HearthError } from "../model/errors.ts";
import type { Label } from "../model/labels.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { MAX_REASONS, MAX_SERIES_LABELS, Rejections } from "../model/rejections.ts";
import type { ExemplarSample, HistogramSample, WriteBatch } from "../model/sample-batch.ts";
import { type RequestLimits, tooMany } from "./batch-builder.ts";
import { checkExemplarLabels } from "./exemplar-rules.ts";
import { type BucketBudget, readHistogram } from "./histogram-message.ts";
import { ProtobufReader } from "./protobuf-reader.ts";
import { isStorableTime, timeProblem } from "./sent-time.ts";
import { decodeExemplar, decodeLabels, decodeMetadata } from "./write-v1-messages.ts";

/** A tag: field number times 8, plus the wire type. */
const TAG_TIMESERIES = 0x0a;
const TAG_METADATA = 0x1a;
const TAG_LABEL = 0x0a;
const TAG_SAMPLE = 0x12;
const TAG_EXEMPLAR = 0x1a;
const TAG_HISTOGRAM = 0x22;
const TAG_SAMPLE_VALUE = 0x09;
const TAG_SAMPLE_TIMESTAMP = 0x10;
/** Used by Cortex only (`reserved 2` in remote.proto); skipped. */
const RESERVED_REQUEST_FIELD = 2;
/** The highest known field numbers. A lower one with a wrong wire type is refused, a higher one skipped. */
const LAST_REQUEST_FIELD = 3;
const LAST_TIMESERIES_FIELD = 4;
const LAST_SAMPLE_FIELD = 2;

/**
 * Decodes an uncompressed body. The result keeps the body, and moves the labels of a series together if
 * they are apart. Throws "invalid" for malformed protobuf, "too large" past a limit.
 */
export function decodeWriteRequest(body: Uint8Array, limits: RequestLimits): WriteBatch {
  return new WriteRequestDecoder().decode(body, limits);
}

/**
 * Decodes a request in one pass. This is the write path's hottest loop: plain integers and typed arrays
 * only. Reuses its columns from request to request.
 */
export class WriteRequestDecoder {
  #bytes: Uint8Array = new Uint8Array(0);
  #limits: RequestLimits = DEFAULT_LIMITS;
  #deadline: Deadline = NO_DEADLINE;
  #at = 0;
  #seriesCount = 0;
  #sampleCount = 0;
  #histograms: HistogramSample[] = [];
  #exemplars: ExemplarSample[] = [];
  #metadataSpans: number[] = [];
  #rejections = new Rejections();
  #droppedExemplars = 0;
  /** Refusals of samples and histograms of the current series: the first reasons, and the number of others. */
  #wrong: string[] = [];
  #moreWrong = 0;
  #buckets: BucketBudget = { left: 0, limit: 0 };
  #labelStarts = new Int32Array(2048);
  #labelEnds = new Int32Array(2048);
  #sampleSeries = new Int32Array(2048);
  #timestamps = new Float64Array(2048);
  #values = new Float64Array(2048);
  #valueWords = new Uint32Array(this.#values.buffer);

  /** Like `decodeWriteRequest`; the result is valid until the next call. Throws as `deadline` does, too. */
  decode(body: Uint8Array, limits: RequestLimits, deadline: Deadline = NO_DEADLINE): WriteBatch {
    this.#bytes = body;
    this.#limits = limits;
    this.#deadline = deadline;
    this.#at = 0;
    this.#seriesCount = 0;
    this.#sampleCount = 0;
    this.#histograms = [];
    this.#exemplars = [];
    this.#metadataSpans = [];
    this.#rejections = new Rejections();
    this.#droppedExemplars = 0;
    this.#wrong = [];
    this.#moreWrong = 0;
    this.#buckets = { left: limits.maxRequestBuckets, limit: limits.maxRequestBuckets };
    this.#readRequest();
    return this.#result();
  }

  #readRequest(): void {
    const end = this.#bytes.length;
    let unknown = 0;
    let hasKnown = false;
    while (this.#at < end) {
      const tag = this.#readVarint(end);
      if (tag === TAG_TIMESERIES) this.#readTimeSeries(this.#readLength(end));
      else if (tag === TAG_METADATA) this.#noteMetadata(this.#readLength(end));
      else {
        const field = tag >>> 3;
        this.#skip(tag, end, field === RESERVED_REQUEST_FIELD ? 0 : LAST_REQUEST_FIELD);
        if (field > LAST_REQUEST_FIELD) unknown ||= field;
        else hasKnown = true;
        continue;
      }
      hasKnown = true;
    }
    if (unknown > 0 && !hasKnown) throw noKnownField(unknown);
  }

  #result(): WriteBatch {
    const [bytes, spans] = [this.#bytes, this.#metadataSpans];
    return {
      bytes,
      seriesCount: this.#seriesCount,
      labelStarts: this.#labelStarts,
      labelEnds: this.#labelEnds,
      sampleCount: this.#sampleCount,
      sampleSeries: this.#sampleSeries,
      timestamps: this.#timestamps,
      values: this.#values,
      decodeLabels,
      startTimestamps: undefined,
      histograms: this.#histograms,
      exemplars: this.#exemplars,
      metadata: {
        count: spans.length / 2,
        decode: (index) => decodeMetadata(bytes, spans[2 * index], spans[2 * index + 1]),
      },
      rejections: this.#rejections,
      droppedExemplars: this.#droppedExemplars,
    };
  }

  #noteMetadata(end: number): void {
    const { maxRequestSeries } = this.#limits;
    if (this.#metadataSpans.length >= 2 * maxRequestSeries) throw tooMany("metadata", maxRequestSeries);
    this.#metadataSpans.push(this.#at, end);
    this.#at = end;
  }

  #readTimeSeries(end: number): void {
    const start = this.#at;
    this.#deadline.spend(end - start);
    let labelEnd = start;
    while (this.#at < end) {
      const fieldStart = this.#at;
      const tag = this.#readVarint(end);
      if (tag === TAG_LABEL) {
        this.#at = this.#readLength(end);
        // A label after another field moves to the labels before it, over fields that were read already.
        if (labelEnd !== fieldStart) this.#bytes.copyWithin(labelEnd, fieldStart, this.#at);
        labelEnd += this.#at - fieldStart;
      } else if (tag === TAG_SAMPLE) this.#readSample(this.#readLength(end));
      else if (tag === TAG_EXEMPLAR) this.#readExemplar(this.#readLength(end));
      else if (tag === TAG_HISTOGRAM) this.#readHistogram(this.#readLength(end));
      else this.#skip(tag, end, LAST_TIMESERIES_FIELD);
    }
    this.#addSeries(start, labelEnd);
  }

  #addSeries(labelStart: number, labelEnd: number): void {
    const index = this.#seriesCount++;
    if (index >= this.#limits.maxRequestSeries) throw tooMany("series", this.#limits.maxRequestSeries);
    if (index === this.#labelStarts.length) {
      this.#labelStarts = new Int32Array(this.#labelStarts.buffer.transfer(index * 8));
      this.#labelEnds = new Int32Array(this.#labelEnds.buffer.transfer(index * 8));
    }
    this.#labelStarts[index] = labelStart;
    this.#labelEnds[index] = labelEnd;
    if (this.#wrong.length > 0) this.#reject(labelStart, labelEnd);
  }

  /** Runs at the end of a series, once all of its labels are known. */
  #reject(labelStart: number, labelEnd: number): void {
    for (const reason of this.#wrong) {
      this.#rejections.add(() => this.#readableLabels(labelStart, labelEnd), reason);
    }
    this.#rejections.addUnnamed(this.#moreWrong);
    this.#wrong = [];
    this.#moreWrong = 0;
  }

  #noteWrong(reason: () => string): void {
    if (this.#wrong.length < MAX_REASONS) this.#wrong.push(reason());
    else this.#moreWrong++;
  }

  #readableLabels(start: number, end: number): Label[] | undefined {
    try {
      return decodeLabels(this.#bytes, start, end, MAX_SERIES_LABELS, true);
    } catch {
      return undefined;
    }
  }

  /** Decodes at once and not on demand: a later label may be moved over it. */
  #readHistogram(end: number): void {
    const { maxRequestHistograms } = this.#limits;
    this.#deadline.spend(end - this.#at);
    const index = this.#histograms.length + this.#wrong.length + this.#moreWrong;
    if (index >= maxRequestHistograms) throw tooMany("histograms", maxRequestHistograms);
    const { histogram, wrongTime, ...times } = readHistogram(
      new ProtobufReader(this.#bytes, this.#at, end),
      this.#buckets,
    );
    this.#at = end;
    const wrong = wrongTime === undefined ? checkHistogram(histogram) : undefined;
    if (wrongTime !== undefined) this.#noteWrong(() => wrongTime);
    else if (wrong !== undefined) this.#noteWrong(() => `histogram at ${times.timestamp}: ${wrong}`);
    else
      this.#histograms.push({ series: this.#seriesCount, ...times, histogram: reduceToSupported(histogram) });
  }

  /** Drops and counts an exemplar past a limit. As in Prometheus, a dropped one refuses nothing. */
  #readExemplar(end: number): void {
    this.#deadline.spend(end - this.#at);
    const isRoom = this.#exemplars.length < this.#limits.maxRequestExemplars;
    const exemplar = isRoom ? decodeExemplar(new ProtobufReader(this.#bytes, this.#at, end)) : undefined;
    this.#at = end;
    if (exemplar === undefined || checkExemplarLabels(exemplar.labels) !== undefined)
      this.#droppedExemplars++;
    else this.#exemplars.push({ series: this.#seriesCount, ...exemplar });
  }

  #readSample(end: number): void {
    const index = this.#sampleCount++;
    if (index >= this.#limits.maxRequestSamples) throw tooMany("samples", this.#limits.maxRequestSamples);
    if (index === this.#timestamps.length) this.#growSamples();
    let timestamp = 0;
    let timestampAt = 0;
    let low = 0;
    let high = 0;
    const bytes = this.#bytes;
    while (this.#at < end) {
      const tag = this.#readVarint(end);
      if (tag === TAG_SAMPLE_VALUE) {
        const at = this.#at;
        if (at + 8 > end) throw this.#malformed("a double ends beyond its message");
        low = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
        high = bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16) | (bytes[at + 7] << 24);
        this.#at = at + 8;
      } else if (tag === TAG_SAMPLE_TIMESTAMP) {
        timestampAt = this.#at;
        timestamp = this.#readInt64(end);
      } else this.#skip(tag, end, LAST_SAMPLE_FIELD);
    }
    if (!isStorableTime(timestamp)) {
      this.#sampleCount--;
      this.#noteWrong(() => timeProblem(new ProtobufReader(bytes), timestampAt));
      return;
    }
    this.#sampleSeries[index] = this.#seriesCount;
    this.#timestamps[index] = timestamp;
    this.#valueWords[index * 2] = low;
    this.#valueWords[index * 2 + 1] = high;
  }

  /** Moves the columns. `transfer` frees their memory at once; garbage of large requests would pile up. */
  #growSamples(): void {
    const capacity = this.#timestamps.length * 2;
    this.#sampleSeries = new Int32Array(this.#sampleSeries.buffer.transfer(capacity * 4));
    this.#timestamps = new Float64Array(this.#timestamps.buffer.transfer(capacity * 8));
    this.#values = new Float64Array(this.#values.buffer.transfer(capacity * 8));
    this.#valueWords = new Uint32Array(this.#values.buffer);
  }

  /** Returns the end of a length-delimited field. */
  #readLength(end: number): number {
    const length = this.#readVarint(end);
    if (length > end - this.#at) throw this.#malformed(`a field of ${length} bytes ends beyond its message`);
    return this.#at + length;
  }

  /** Reads an unsigned varint below 2^32: a tag or a length. */
  #readVarint(end: number): number {
    if (this.#at >= end) throw this.#malformed("a varint ends beyond its message");
    const first = this.#bytes[this.#at];
    if (first < 0x80) {
      this.#at++;
      return first;
    }
    const value = this.#readInt64(end);
    if (value < 0 || value > 0xffffffff) throw this.#malformed(`a tag or length is ${value}`);
    return value;
  }

  /** Reads a two's complement int64 as the nearest double: exact within 2^53, like all accepted timestamps. */
  #readInt64(end: number): number {
    const bytes = this.#bytes;
    let at = this.#at;
    const last = Math.min(end, at + 10);
    let low = 0;
    let high = 0;
    for (let shift = 0; at < last; shift += 7) {
      const byte = bytes[at++];
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else if (shift < 56) high |= (byte & 0x7f) << (shift - 28);
      else return this.#finishInt64(at, last, low, high, byte);
      if (byte < 0x80) {
        this.#at = at;
        return high * 2 ** 28 + low;
      }
    }
    throw this.#malformed("a varint ends beyond its message");
  }

  /** Reads bits 56 to 63, which include the sign: the last one or two bytes of the longest varints. */
  #finishInt64(at: number, last: number, low: number, high: number, ninth: number): number {
    let top = ninth & 0x7f;
    if (ninth >= 0x80) {
      if (at >= last) throw this.#malformed("a varint ends beyond its message");
      const tenth = this.#bytes[at++];
      if (tenth > 1) throw this.#malformed("a varint is longer than 64 bits");
      top |= tenth << 7;
    }
    this.#at = at;
    const signed = (top << 24) >> 24;
    return signed * 2 ** 56 + high * 2 ** 28 + low;
  }

  /** Skips an unknown field. */
  #skip(tag: number, end: number, lastKnownField: number): void {
    const rest = new ProtobufReader(this.#bytes, this.#at, end);
    rest.skip(tag, lastKnownField);
    this.#at = rest.position;
  }

  #malformed(reason: string): HearthError {
    return new HearthError("invalid", `write request: malformed protobuf: ${reason} offset=${this.#at}`);
  }
}

/** Makes the error for a message of another type, which protobuf would accept as an empty request. */
function noKnownField(field: number): HearthError {
  return new HearthError(
    "invalid",
    `write request: field ${field} is not in prometheus.WriteRequest; remote write 2.0 needs Content-Type: application/x-protobuf;proto=io.prometheus.write.v2.Request`,
  );
}
