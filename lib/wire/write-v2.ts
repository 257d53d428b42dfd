/**
 * Remote write 2.0: decodes an `io.prometheus.write.v2.Request` to columns of samples.
 * https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/ and proto/io/prometheus/write/v2/types.proto
 *
 *     message Request    { repeated string symbols = 4; repeated TimeSeries timeseries = 5; }
 *     message TimeSeries { repeated uint32 labels_refs = 1; repeated Sample samples = 2; repeated Histogram histograms = 3;
 *                          repeated Exemplar exemplars = 4; Metadata metadata = 5; int64 created_timestamp = 6; }
 *     message Sample     { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3; }
 *     message Exemplar   { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3; }
 *     message Metadata   { MetricType type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }
 *
 * Symbols stay in the body. The labels of each series are written to an arena (label-arena.ts). A series
 * that refers to missing symbols is refused, the others are accepted.
 */
import { type Deadline, NO_DEADLINE } from "../model/deadline.ts";
import { HearthError } from "../model/errors.ts";
import { type Label, labelValue, METRIC_NAME } from "../model/labels.ts";
import { MAX_SERIES_LABELS } from "../model/rejections.ts";
import type { WriteBatch } from "../model/sample-batch.ts";
import { BatchBuilder, type RequestLimits, tooMany } from "./batch-builder.ts";
import { MAX_EXEMPLAR_BYTES } from "./exemplar-rules.ts";
import { type BucketBudget, readHistogram } from "./histogram-message.ts";
import { keepRef, readPackedRefs } from "./label-refs.ts";
import { decodeLossy, FIXED64, LENGTH_DELIMITED, ProtobufReader, tagOf, VARINT } from "./protobuf-reader.ts";
import { isStorableTime, timeProblem } from "./sent-time.ts";
import { readSeriesMetadata, SeriesMetadata } from "./series-metadata.ts";

/** The `proto` parameter of its Content-Type. */
export const WRITE_V2_MESSAGE = "io.prometheus.write.v2.Request";

const SYMBOL = tagOf(4, LENGTH_DELIMITED);
const TIMESERIES = tagOf(5, LENGTH_DELIMITED);
/** Fields of remote write 1.0: they show that a sender declared the wrong version. */
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

/** The most bytes of a label in an arena besides its strings. */
const LABEL_OVERHEAD_BYTES = 10;
/** What a reference and an exemplar take, in steps of a deadline. */
const REF_STEPS = 10;
const EXEMPLAR_STEPS = 50;

const INITIAL_SYMBOLS = 2048;

const value = new Float64Array(1);
const valueWords = new Uint32Array(value.buffer);

/**
 * Decodes requests one after the other and reuses its columns. A result is valid until the next call,
 * and reads the body until then.
 */
export class WriteV2Decoder {
  readonly #limits: RequestLimits;
  readonly #builder: BatchBuilder;
  #bytes: Uint8Array = new Uint8Array(0);
  #deadline: Deadline = NO_DEADLINE;
  #view = new DataView(this.#bytes.buffer);
  #symbolCount = 0;
  /** For each symbol the offsets of its length, its text and its end. */
  #symbolHeads = new Int32Array(INITIAL_SYMBOLS);
  #symbolStarts = new Int32Array(INITIAL_SYMBOLS);
  #symbolEnds = new Int32Array(INITIAL_SYMBOLS);
  readonly #metadata = new SeriesMetadata();
  /** Label references of the current series; one more than allowed is kept. */
  #refCount = 0;
  readonly #refs: Uint32Array;
  /** Label references of the current exemplar. */
  readonly #exemplarRefs: Uint32Array;
  /** Decoded symbols of exemplars and metadata by number, since many may share one. */
  readonly #symbols = new Map<number, string>();
  #metadataStart = -1;
  #metadataEnd = -1;
  #createdTimestamp = 0;
  /** Start of the first and end of the last field that is read after the labels of a series. */
  #bodyStart = -1;
  #bodyEnd = -1;
  #buckets: BucketBudget = { left: 0, limit: 0 };

  constructor(limits: RequestLimits) {
    this.#limits = limits;
    this.#builder = new BatchBuilder(limits);
    this.#refs = new Uint32Array(2 * limits.maxLabelsPerSeries + 1);
    this.#exemplarRefs = new Uint32Array(this.#refs.length);
  }

  /**
   * Throws "invalid" for malformed protobuf or a first symbol that is not empty, "too large" past a limit, and as
   * `deadline` does.
   */
  decode(body: Uint8Array, deadline: Deadline = NO_DEADLINE): WriteBatch {
    this.#bytes = body;
    this.#deadline = deadline;
    this.#view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    this.#symbolCount = 0;
    this.#symbols.clear();
    this.#metadata.reset();
    this.#buckets = { left: this.#limits.maxRequestBuckets, limit: this.#limits.maxRequestBuckets };
    this.#builder.reset();
    // Symbols may come after the series that refer to them.
    const hasSeries = this.#readSymbols();
    if (hasSeries || this.#symbolCount > 0) this.#checkFirstSymbol();
    this.#readAllSeries();
    const { count } = this.#metadata;
    const texts = {
      nameOf: (series: number) => this.#nameOf(series),
      symbol: (ref: number) => this.#symbol(ref),
    };
    return this.#builder.batch({ count, decode: (i) => this.#metadata.decode(i, texts) });
  }

  /** Whether the skipped fields include a series. */
  #readSymbols(): boolean {
    const reader = new ProtobufReader(this.#bytes);
    let hasSeries = false;
    let unknown = 0;
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
        else unknown ||= tag >>> 3;
        reader.skip(tag, tag === TIMESERIES ? 0 : LAST_REQUEST_FIELD);
      }
    }
    if (unknown > 0 && !hasSeries && this.#symbolCount === 0) throw noKnownField(unknown);
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

  /** Reads labels first, wherever they are, then the other fields in order. */
  #readSeries(reader: ProtobufReader): void {
    const { end, position: start } = reader;
    this.#readHead(reader);
    this.#deadline.spend(end - start + this.#refCount * REF_STEPS);
    const builder = this.#builder;
    const labelStart = builder.arena.beginSeries();
    const wrong = this.#writeLabels(this.#refs, this.#refCount);
    const index = builder.addSeries(labelStart);
    if (wrong !== undefined) builder.reject(wrong, () => this.#readableLabels());
    if (wrong !== undefined || !this.#readMetadata(reader, index) || this.#bodyStart < 0) return;
    const { sampleCount, histogramCount } = builder;
    reader.position = this.#bodyStart;
    reader.end = this.#bodyEnd;
    this.#readBody(reader);
    reader.end = end;
    if (this.#createdTimestamp !== 0) {
      builder.fillStartTimestamps(sampleCount, histogramCount, this.#createdTimestamp);
    }
  }

  /** Reads the fields of the whole series and counts the others, to refuse too many before reading them. */
  #readHead(reader: ProtobufReader): void {
    const { maxRequestSamples, maxRequestHistograms } = this.#limits;
    let [samples, histograms] = [0, 0];
    this.#refCount = 0;
    this.#metadataStart = -1;
    this.#createdTimestamp = 0;
    this.#bodyStart = -1;
    while (reader.hasMore()) {
      const start = reader.position;
      const tag = reader.readTag();
      if (tag === PACKED_REFS) this.#refCount = readPackedRefs(reader, this.#refs, this.#refCount);
      else if (tag === METADATA) {
        this.#metadataEnd = reader.readSpan();
        this.#metadataStart = reader.position;
        reader.position = this.#metadataEnd;
      } else if (tag === SAMPLE || tag === HISTOGRAM || tag === EXEMPLAR) {
        if (tag === SAMPLE && ++samples > maxRequestSamples) throw tooMany("samples", maxRequestSamples);
        if (tag === HISTOGRAM && ++histograms > maxRequestHistograms)
          throw tooMany("histograms", maxRequestHistograms);
        reader.position = reader.readSpan();
        if (this.#bodyStart < 0) this.#bodyStart = start;
        this.#bodyEnd = reader.position;
      } else if (tag === REF) this.#refCount = keepRef(this.#refs, this.#refCount, reader.readUint32());
      else if (tag === CREATED_TIMESTAMP) this.#createdTimestamp = reader.readInt64();
      else reader.skip(tag, LAST_TIMESERIES_FIELD);
    }
  }

  #readBody(reader: ProtobufReader): void {
    while (reader.hasMore()) {
      const tag = reader.readTag();
      if (tag !== SAMPLE && tag !== HISTOGRAM && tag !== EXEMPLAR) {
        reader.skip(tag);
        continue;
      }
      if (tag === EXEMPLAR && !this.#builder.takesExemplars) {
        reader.position = reader.readSpan();
        this.#builder.dropExemplar();
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

  /** Writes labels to the arena, or returns what is wrong with them and writes none. */
  #writeLabels(refs: Uint32Array, count: number): string | undefined {
    const { maxLabelsPerSeries, maxLabelSetBytes } = this.#limits;
    const { arena } = this.#builder;
    if (count > 2 * maxLabelsPerSeries) return `more than ${maxLabelsPerSeries} labels`;
    const wrong = this.#checkRefs(refs, count);
    if (wrong !== undefined) return wrong;
    const [heads, ends] = [this.#symbolHeads, this.#symbolEnds];
    let bytes = 0;
    for (let i = 0; i < count; i++) bytes += ends[refs[i]] - heads[refs[i]];
    if (bytes > maxLabelSetBytes + maxLabelsPerSeries * LABEL_OVERHEAD_BYTES) {
      return `the labels have more than the ${maxLabelSetBytes} bytes that are taken`;
    }
    // A symbol with its length has the encoding of an arena.
    arena.writeSpans(this.#view, heads, ends, refs, count, bytes);
    return undefined;
  }

  #checkRefs(refs: Uint32Array, count: number): string | undefined {
    if (count % 2 !== 0) return `${count} label references, expected pairs of a name and a value`;
    const symbols = this.#symbolCount;
    for (let i = 0; i < count; i++) {
      if (refs[i] >= symbols) return `label reference ${refs[i]} is beyond the ${symbols} symbols`;
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
    let timestampAt = 0;
    while (reader.hasMore()) {
      const tag = reader.readTag();
      if (tag === VALUE_1) reader.readDoubleInto(value, 0);
      else if (tag === TIMESTAMP_2) {
        timestampAt = reader.position;
        timestamp = reader.readInt64();
      } else if (tag === TIMESTAMP_3) startTimestamp = reader.readInt64();
      else reader.skip(tag, LAST_SAMPLE_FIELD);
    }
    if (isStorableTime(timestamp))
      this.#builder.addSample(timestamp, startTimestamp, valueWords[1], valueWords[0]);
    else this.#builder.rejectTime(() => timeProblem(reader, timestampAt));
  }

  /** Drops and counts an exemplar with labels past a limit. As in Prometheus, a dropped one refuses nothing. */
  #readExemplar(reader: ProtobufReader): void {
    const refs = this.#exemplarRefs;
    this.#deadline.spend(EXEMPLAR_STEPS);
    let count = 0;
    let exemplarValue = 0;
    let timestamp = 0;
    while (reader.hasMore()) {
      const tag = reader.readTag();
      if (tag === PACKED_REFS) count = readPackedRefs(reader, refs, count);
      else if (tag === REF) count = keepRef(refs, count, reader.readUint32());
      else if (tag === VALUE_2) exemplarValue = reader.readDouble();
      else if (tag === TIMESTAMP_3) timestamp = reader.readInt64();
      else reader.skip(tag, LAST_EXEMPLAR_FIELD);
    }
    const wrong = this.#checkRefs(refs, count);
    if (wrong !== undefined) this.#builder.reject(`exemplar: ${wrong}`);
    else if (this.#isTooLong(refs, count)) this.#builder.dropExemplar();
    else this.#builder.addExemplar(timestamp, exemplarValue, this.#labelsOf(refs, count));
  }

  #isTooLong(refs: Uint32Array, count: number): boolean {
    let bytes = 0;
    for (let i = 0; i < count; i++) bytes += this.#symbolEnds[refs[i]] - this.#symbolStarts[refs[i]];
    return bytes > MAX_EXEMPLAR_BYTES;
  }

  /** Returns the readable labels of a series that is not in the arena, for a message. */
  #readableLabels(): Label[] {
    const refs = this.#refs.subarray(0, Math.min(this.#refCount, 2 * MAX_SERIES_LABELS));
    const textOf = (ref: number | undefined) =>
      ref === undefined || ref >= this.#symbolCount ? "" : this.#symbol(ref);
    return Array.from(
      { length: Math.ceil(refs.length / 2) },
      (_, i): Label => [textOf(refs[2 * i]), textOf(refs[2 * i + 1])],
    );
  }

  #labelsOf(refs: Uint32Array, count: number): Label[] {
    const labels: Label[] = [];
    for (let i = 0; i < count; i += 2) labels.push([this.#symbol(refs[i]), this.#symbol(refs[i + 1])]);
    return labels;
  }

  /** Decodes a symbol of an exemplar, help or unit once. U+FFFD replaces bytes that are not UTF-8, which refuse no sample. */
  #symbol(ref: number): string {
    let symbol = this.#symbols.get(ref);
    if (symbol === undefined) {
      symbol = decodeLossy(this.#bytes, this.#symbolStarts[ref], this.#symbolEnds[ref]);
      this.#symbols.set(ref, symbol);
    }
    return symbol;
  }

  /** Returns false and refuses the series if it refers to missing symbols. Leaves the reader at any position. */
  #readMetadata(reader: ProtobufReader, series: number): boolean {
    if (this.#metadataStart < 0) return true;
    const { end } = reader;
    reader.position = this.#metadataStart;
    reader.end = this.#metadataEnd;
    const { type, helpRef, unitRef } = readSeriesMetadata(reader);
    reader.end = end;
    const largest = Math.max(helpRef, unitRef);
    if (largest >= this.#symbolCount) {
      this.#builder.reject(`metadata reference ${largest} is beyond the ${this.#symbolCount} symbols`);
      return false;
    }
    if (type !== 0 || helpRef !== 0 || unitRef !== 0) this.#metadata.add(series, type, helpRef, unitRef);
    return true;
  }

  /** Returns "" for a series whose labels are not UTF-8, which was refused before. */
  #nameOf(series: number): string {
    try {
      return labelValue(this.#builder.labels(series), METRIC_NAME);
    } catch {
      return "";
    }
  }
}

const V1_BODY =
  "write request: fields of remote write 1.0 in a request that says it is 2.0; send it with proto=prometheus.WriteRequest";

/** Makes the error for a message of another type, which protobuf would accept as an empty request. */
function noKnownField(field: number): HearthError {
  return new HearthError(
    "invalid",
    `write request: field ${field} is not in io.prometheus.write.v2.Request; expected remote write 2.0`,
  );
}
