/** The other narrow waist: between the protocols and the engine. One of each for a tenant and a request. */
import type { ChunkedSeries } from "../chunk/cut.ts";
import type { SeriesExemplars } from "../model/exemplars.ts";
import type { LabelSet } from "../model/labels.ts";
import type { Matcher } from "../model/matcher.ts";
import type { MetricDescription } from "../model/metric-metadata.ts";
import type { SeriesRows } from "../model/rows/hour-rows.ts";
import type { AppendBatch, AppendResult } from "../model/sample-batch.ts";
import type { Series } from "../model/samples.ts";
import type { Lookup, RowSelection, Selection } from "../model/selection.ts";

export interface Appender {
  /**
   * Stores a batch. When it answers, every sample that is not in `rejections` is durable; when it throws ("unavailable"),
   * any of them may be stored, and the sender should send all again.
   */
  append(batch: AppendBatch): Promise<AppendResult>;
}

export interface Queryable {
  /**
   * The series that pass and have a sample in the range, sorted by label set. They are read some at a time while they are
   * asked for, so an error may come behind some of them: those are then a part, and not to be taken for the whole.
   */
  select(selection: Selection, signal?: AbortSignal): AsyncIterable<Series>;

  /** The same as XOR chunks. A stored chunk that is wanted whole comes unchanged. */
  selectChunks(selection: Selection, signal?: AbortSignal): AsyncIterable<ChunkedSeries>;

  /**
   * Hourly rows of the series that pass and have a row in the range, sorted by label set, read as `select` reads samples. An
   * hour that is not stored as a row, as those of today, gets one made from its samples.
   */
  selectRows(selection: RowSelection, signal?: AbortSignal): AsyncIterable<SeriesRows>;

  /** The times since when samples and rows are kept, in ms; -Infinity: for ever. */
  readonly keptSinceMs: { readonly samples: number; readonly rows: number };

  /**
   * The names of the labels of the series that pass and are in the index of a day of the range, in byte order. Whole UTC days
   * (a series counts that has a sample, or was about to get one, anywhere in a day of the range), from the index alone. Throws
   * "too large".
   */
  labelNames(selection: Lookup, signal?: AbortSignal): Promise<string[]>;

  /** The values that a label has in these series, likewise; series without it add none. */
  labelValues(name: string, selection: Lookup, signal?: AbortSignal): Promise<string[]>;

  /** These series themselves, likewise, sorted by label set. */
  series(selection: Lookup, signal?: AbortSignal): Promise<LabelSet[]>;

  /** Calls back for each of these series once, in no order, however many there are. */
  forEachSeries(selection: Lookup, onSeries: (labels: LabelSet) => void, signal?: AbortSignal): Promise<void>;

  /**
   * What senders have said of one metric, or of all, by name; what was said last comes first. None of a metric of which nothing
   * has been said for a month.
   */
  metadata(metric?: string, signal?: AbortSignal): Promise<ReadonlyMap<string, readonly MetricDescription[]>>;

  /**
   * The exemplars of a range of the series that pass any of the lists of matchers, each by time, the series by label set. They
   * are kept for two days. Throws "too large".
   */
  exemplars(
    selections: readonly (readonly Matcher[])[],
    range: { readonly minTime: number; readonly maxTime: number },
    signal?: AbortSignal,
  ): Promise<readonly SeriesExemplars[]>;

  /** The reads that `select` would make, without making those of samples. Throws as `select` does before its first series. */
  explain(selection: Selection, signal?: AbortSignal): Promise<SelectionReads>;

  /** What `selectRows` would read, likewise. */
  explainRows(selection: RowSelection, signal?: AbortSignal): Promise<ReadCost>;
}

/** What a selection costs a process that has cached nothing. */
export interface ReadCost {
  readonly seriesCount: number;
  /** Time between two samples of a series, in ms; expected. */
  readonly intervalMs: number;
  /** All read units, those of finding the series among them. Expected but for these. */
  readonly readUnits: number;
}

/** The reads of a selection by a process that has cached nothing. */
export interface SelectionReads extends ReadCost {
  /** Days that have samples, ascending. */
  readonly days: readonly DayReads[];
  /** Whether `select` refuses it, since its samples would cost more than a request may. */
  readonly isTooExpensive: boolean;
  /** Groups in which the series are read one after the other, so that memory is bounded; expected. */
  readonly groups: number;
  /** Read units of finding the series: days, manifests and indexes, which are read to explain. */
  readonly findReadUnits: number;
}

/** The reads of one UTC day. */
export interface DayReads {
  /** Days since the epoch. */
  readonly day: number;
  readonly seriesCount: number;
  readonly metricCount: number;
  readonly manifest: {
    /** 0 for a day that was never compacted. */
    readonly generation: number;
    /** Log and series records received until then (ms, included) are in parts. */
    readonly flushedToMs: number;
  };
  /** Parts of the index that are looked into, with all that they hold. */
  readonly index: { readonly parts: number; readonly series: number; readonly blocks: number };
  /** Log shards with selected series; records received from a time on are read. */
  readonly log: {
    readonly shards: number;
    readonly ofShards: number;
    readonly receivedFromMs: number;
    /** Expected. */
    readonly readUnits: number;
  };
  /** Runs and chunks with samples of the range, in the order in which samples count. */
  readonly parts: readonly PartReads[];
}

export interface PartReads {
  readonly kind: "run" | "chunks";
  readonly id: string;
  /** The times of the part's samples, in ms, both included. */
  readonly minTime: number;
  readonly maxTime: number;
  readonly queries: number;
  /** Queries that read a whole partition, instead of the items of some series. */
  readonly wholePartitions: number;
  /** Expected, with as many samples of each series. */
  readonly readUnits: number;
}
