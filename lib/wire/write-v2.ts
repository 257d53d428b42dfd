/**
 * Remote write 2.0: an `io.prometheus.write.v2.Request` to columns of samples.
 * https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/ and proto/io/prometheus/write/v2/types.proto
 *
 *     message Request    { repeated string symbols = 4; repeated TimeSeries timeseries = 5; }
 *     message TimeSeries { repeated uint32 labels_refs = 1; repeated Sample samples = 2; repeated Histogram histograms = 3;
 *                          repeated Exemplar exemplars = 4; Metadata metadata = 5; int64 created_timestamp = 6; }
 *     message Sample     { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3; }
 *     message Exemplar   { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3; }
 *     message Metadata   { MetricType type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }
 *
 * Symbols stay where they are; each series' labels are written out to an arena (label-arena.ts). A series that refers to
 * symbols that are not there is refused, the others are taken.
 */
import { HearthError } from "../model/errors.ts";
import { type Label, labelValue, METRIC_NAME } from "../model/labels.ts";
import { METRIC_TYPES, type MetricMetadata, metricFamilyName } from "../model/metric-metadata.ts";
import type { WriteBatch } from "../model/sample-batch.ts";
import { BatchBuilder, type RequestLimits, tooMany } from "./batch-builder.ts";
import { type BucketBudget, readHistogram } from "./histogram-message.ts";
import { decodeUtf8, FIXED64, LENGTH_DELIMITED, ProtobufReader, tagOf, VARINT } from "./protobuf-reader.ts";

/** The `proto` parameter of its Content-Type. */
export const WRITE_V2_MESSAGE = "io.prometheus.write.v2.Request";

const SYMBOL = tagOf(4, LENGTH_DELIMITED);
const TIMESERIES = tagOf(5, LENGTH_DELIMITED);
/** Fields of remote write 1.0, and its metadata: a sender that took one version for the other. */
const LAST_V1_FIELD = 3;
const LAST_REQUEST_FIELD = 5;

const PACKED_REFS = tagOf(1, LENGTH_DELIMITED);
const REF = tagOf(1, VARINT);
const SAMPLE = tagOf(2, LENGTH_DELIMITED);
const HISTOGRAM = tagOf(3, LENGTH_DELIMITED);
const EXEMPLAR = tagOf(4, LENGTH_DELIMITED);
const METADATA = tagOf(5, LENGTH_DELIMITED);
const CREATED_TIMESTAMP = tagOf(6, VARINT);
const LAST_TIMESERIES_FIELD = 6;

const VALUE_1 = tagOf(1, FIXED64);
const VALUE_2 = tagOf(2, FIXED64);
const TIMESTAMP_2 = tagOf(2, VARINT);
const TIMESTAMP_3 = tagOf(3, VARINT);
const LAST_SAMPLE_FIELD = 3;
const LAST_EXEMPLAR_FIELD = 3;

const TYPE = tagOf(1, VARINT);
const HELP_REF = tagOf(3, VARINT);
const UNIT_REF = tagOf(4, VARINT);
const LAST_METADATA_FIELD = 4;

/** Bytes that name and value of a label have in an arena besides their text, at most. */
const LABEL_OVERHEAD_BYTES = 10;

/** What a TimeSeries says of its metric. */
interface SeriesMetadata {
  readonly series: number;
  readonly type: number;
  readonly helpRef: number;
  readonly unitRef: number;
}

const value = new Float64Array(1);
const valueWords = new Uint32Array(value.buffer);

/**
 * Walks requests one after the other; columns are kept from one to the next. What it returns is good until the next call, and
 * the body is read as long as it is.
 */
export class WriteV2Decoder {
  readonly #limits: RequestLimits;
  readonly #builder: BatchBuilder;
  #bytes: Uint8Array = new Uint8Array(0);
  #symbolCount = 0;
  /** Where the length of each symbol lies, its text, and its end. */
  #symbolHeads = new Int32Array(2048);
  #symbolStarts = new Int32Array(2048);
  #symbolEnds = new Int32Array(2048);
  #metadata: SeriesMetadata[] = [];
  /** Of the series that is being read. */
  readonly #refs: number[] = [];
  #metadataStart = -1;
  #metadataEnd = -1;
  #createdTimestamp = 0;
  #buckets: BucketBudget = { left: 0, limit: 0 };

  constructor(limits: RequestLimits) {
    this.#limits = limits;
    this.#builder = new BatchBuilder(limits);
  }

  /** Throws "invalid" for malformed protobuf or symbols that do not begin with an empty one, "too large" past a limit. */
  decode(body: Uint8Array): WriteBatch {
    this.#bytes = body;
    this.#symbolCount = 0;
    this.#metadata = [];
    this.#buckets = { left: this.#limits.maxRequestBuckets, limit: this.#limits.maxRequestBuckets };
    this.#builder.reset();
    // Symbols may stand behind the series that refer to them.
    const hasSeries = this.#readSymbols();
    if (hasSeries || this.#symbolCount > 0) this.#checkFirstSymbol();
    this.#readAllSeries();
    const metadata = this.#metadata;
    return this.#builder.batch({ count: metadata.length, decode: (i) => this.#decodeMetadata(metadata[i]) });
  }

  /** Whether there is a series among what it passes over. */
  #readSymbols(): boolean {
    const reader = new ProtobufReader(this.#bytes);
    let hasSeries = false;
    while (reader.hasMore()) {
      const tag = reader.readTag();
      if (tag === SYMBOL) {
        const head = reader.position;
        const end = reader.readSpan();
        this.#addSymbol(head, reader.position, end);
        reader.position = end;
      } else if (tag >>> 3 <= LAST_V1_FIELD) throw new HearthError("invalid", V1_BODY);
      else {
        if (tag === TIMESERIES) hasSeries = true;
        reader.skip(tag, tag === TIMESERIES ? 0 : LAST_REQUEST_FIELD);
      }
    }
    return hasSeries;
  }

  #addSymbol(head: number, start: number, end: number): void {
    const index = this.#symbolCount++;
    const { maxRequestSymbols } = this.#limits;
    if (index >= maxRequestSymbols) throw tooMany("symbols", maxRequestSymbols);
    if (index === this.#symbolStarts.length) {
      this.#symbolHeads = new Int32Array(this.#symbolHeads.buffer.transfer(index * 8));
      this.#symbolStarts = new Int32Array(this.#symbolStarts.buffer.transfer(index * 8));
      this.#symbolEnds = new Int32Array(this.#symbolEnds.buffer.transfer(index * 8));
    }
    this.#symbolHeads[index] = head;
    this.#symbolStarts[index] = start;
    this.#symbolEnds[index] = end;
  }

  #checkFirstSymbol(): void {
    if (this.#symbolCount > 0 && this.#symbolStarts[0] === this.#symbolEnds[0]) return;
    throw new HearthError("invalid", "write request: the first symbol must be the empty string");
  }

  #readAllSeries(): void {
    const reader = new ProtobufReader(this.#bytes);
    while (reader.hasMore()) {
      const tag = reader.readTag();
      if (tag !== TIMESERIES) {
        reader.skip(tag);
        continue;
      }
      const outerEnd = reader.enter();
      this.#readSeries(reader);
      reader.leave(outerEnd);
    }
  }

  /** Labels first, wherever they stand; then all else, in its order. */
  #readSeries(reader: ProtobufReader): void {
    const start = reader.position;
    this.#readHead(reader);
    const builder = this.#builder;
    const labelStart = builder.arena.beginSeries();
    const wrong = this.#writeLabels(this.#refs);
    const index = builder.addSeries(labelStart);
    if (wrong !== undefined) builder.reject(wrong);
    if (wrong !== undefined || !this.#readMetadata(index)) return;
    const { sampleCount, histogramCount } = builder;
    reader.position = start;
    this.#readBody(reader);
    if (this.#createdTimestamp !== 0) {
      builder.fillStartTimestamps(sampleCount, histogramCount, this.#createdTimestamp);
    }
  }

  /** Reads what counts for the whole series, and counts the rest: what is too much is refused before it is read. */
  #readHead(reader: ProtobufReader): void {
    const { maxRequestSamples, maxRequestHistograms, maxRequestExemplars } = this.#limits;
    let [samples, histograms, exemplars] = [0, 0, 0];
    this.#refs.length = 0;
    this.#metadataStart = -1;
    this.#createdTimestamp = 0;
    while (reader.hasMore()) {
      const tag = reader.readTag();
      if (tag === PACKED_REFS) this.#readPackedRefs(reader, this.#refs);
      else if (tag === SAMPLE) {
        if (++samples > maxRequestSamples) throw tooMany("samples", maxRequestSamples);
        reader.position = reader.readSpan();
      } else if (tag === METADATA) {
        this.#metadataEnd = reader.readSpan();
        this.#metadataStart = reader.position;
        reader.position = this.#metadataEnd;
      } else if (tag === HISTOGRAM) {
        if (++histograms > maxRequestHistograms) throw tooMany("histograms", maxRequestHistograms);
        reader.position = reader.readSpan();
      } else if (tag === EXEMPLAR) {
        if (++exemplars > maxRequestExemplars) throw tooMany("exemplars", maxRequestExemplars);
        reader.position = reader.readSpan();
      } else if (tag === REF) this.#pushRef(this.#refs, reader);
      else if (tag === CREATED_TIMESTAMP) this.#createdTimestamp = reader.readInt64();
      else reader.skip(tag, LAST_TIMESERIES_FIELD);
    }
  }

  #readPackedRefs(reader: ProtobufReader, refs: number[]): void {
    const outerEnd = reader.enter();
    while (reader.hasMore()) this.#pushRef(refs, reader);
    reader.leave(outerEnd);
  }

  #readBody(reader: ProtobufReader): void {
    while (reader.hasMore()) {
      const tag = reader.readTag();
      if (tag !== SAMPLE && tag !== HISTOGRAM && tag !== EXEMPLAR) {
        reader.skip(tag);
        continue;
      }
      const outerEnd = reader.enter();
      if (tag === SAMPLE) this.#readSample(reader);
      else if (tag === HISTOGRAM)
        this.#note(this.#builder.addHistogram(readHistogram(reader, this.#buckets)));
      else this.#readExemplar(reader);
      reader.leave(outerEnd);
    }
  }

  /** One more than may be is enough to know that there are too many. */
  #pushRef(refs: number[], reader: ProtobufReader): void {
    const ref = reader.readUint32();
    if (refs.length <= 2 * this.#limits.maxLabelsPerSeries) refs.push(ref);
  }

  /** Writes labels out, or says what is wrong with them and writes none. */
  #writeLabels(refs: readonly number[]): string | undefined {
    const { maxLabelsPerSeries, maxLabelSetBytes } = this.#limits;
    const { arena } = this.#builder;
    if (refs.length > 2 * maxLabelsPerSeries) return `more than ${maxLabelsPerSeries} labels`;
    const wrong = this.#checkRefs(refs);
    if (wrong !== undefined) return wrong;
    const [heads, ends] = [this.#symbolHeads, this.#symbolEnds];
    let bytes = 0;
    for (let i = 0; i < refs.length; i++) bytes += ends[refs[i]] - heads[refs[i]];
    if (bytes > maxLabelSetBytes + maxLabelsPerSeries * LABEL_OVERHEAD_BYTES) {
      return `the labels have more than the ${maxLabelSetBytes} bytes that are taken`;
    }
    // A symbol with its length is just what an arena has.
    arena.reserve(bytes);
    arena.writeSpans(this.#bytes, heads, ends, refs);
    return undefined;
  }

  #checkRefs(refs: readonly number[]): string | undefined {
    if (refs.length % 2 !== 0) return `${refs.length} label references, expected pairs of a name and a value`;
    const count = this.#symbolCount;
    for (let i = 0; i < refs.length; i++) {
      if (refs[i] >= count) return `label reference ${refs[i]} is beyond the ${count} symbols`;
    }
    return undefined;
  }

  #note(wrong: string | undefined): void {
    if (wrong !== undefined) this.#builder.reject(wrong);
  }

  #readSample(reader: ProtobufReader): void {
    let timestamp = 0;
    let startTimestamp = 0;
    value[0] = 0;
    while (reader.hasMore()) {
      const tag = reader.readTag();
      if (tag === VALUE_1) reader.readDoubleInto(value, 0);
      else if (tag === TIMESTAMP_2) timestamp = reader.readInt64();
      else if (tag === TIMESTAMP_3) startTimestamp = reader.readInt64();
      else reader.skip(tag, LAST_SAMPLE_FIELD);
    }
    this.#builder.addSample(timestamp, startTimestamp, valueWords[1], valueWords[0]);
  }

  #readExemplar(reader: ProtobufReader): void {
    const refs: number[] = [];
    let exemplarValue = 0;
    let timestamp = 0;
    while (reader.hasMore()) {
      const tag = reader.readTag();
      if (tag === PACKED_REFS) this.#readPackedRefs(reader, refs);
      else if (tag === REF) this.#pushRef(refs, reader);
      else if (tag === VALUE_2) exemplarValue = reader.readDouble();
      else if (tag === TIMESTAMP_3) timestamp = reader.readInt64();
      else reader.skip(tag, LAST_EXEMPLAR_FIELD);
    }
    const wrong = this.#checkRefs(refs);
    this.#note(wrong ?? this.#builder.addExemplar(timestamp, exemplarValue, this.#labelsOf(refs)));
  }

  #labelsOf(refs: readonly number[]): Label[] {
    const labels: Label[] = [];
    for (let i = 0; i < refs.length; i += 2) labels.push([this.#symbol(refs[i]), this.#symbol(refs[i + 1])]);
    return labels;
  }

  #symbol(ref: number): string {
    return decodeUtf8(this.#bytes, this.#symbolStarts[ref], this.#symbolEnds[ref]);
  }

  /** False, and the series is refused, when it refers to symbols that are not there. */
  #readMetadata(series: number): boolean {
    if (this.#metadataStart < 0) return true;
    const reader = new ProtobufReader(this.#bytes, this.#metadataStart, this.#metadataEnd);
    let type = 0;
    let helpRef = 0;
    let unitRef = 0;
    while (reader.hasMore()) {
      const tag = reader.readTag();
      if (tag === TYPE) type = reader.readUint32();
      else if (tag === HELP_REF) helpRef = reader.readUint32();
      else if (tag === UNIT_REF) unitRef = reader.readUint32();
      else reader.skip(tag, LAST_METADATA_FIELD);
    }
    const largest = Math.max(helpRef, unitRef);
    if (largest >= this.#symbolCount) {
      this.#builder.reject(`metadata reference ${largest} is beyond the ${this.#symbolCount} symbols`);
      return false;
    }
    const saysSomething = type !== 0 || helpRef !== 0 || unitRef !== 0;
    if (saysSomething) this.#metadata.push({ series, type, helpRef, unitRef });
    return true;
  }

  #decodeMetadata({ series, type: number, helpRef, unitRef }: SeriesMetadata): MetricMetadata {
    const type = METRIC_TYPES[number] ?? "unknown";
    const name = labelValue(this.#builder.labels(series), METRIC_NAME);
    return {
      metricFamilyName: metricFamilyName(name, type),
      type,
      help: this.#symbol(helpRef),
      unit: this.#symbol(unitRef),
    };
  }
}

const V1_BODY =
  "write request: fields of remote write 1.0 in a request that says it is 2.0; send it with proto=prometheus.WriteRequest";
