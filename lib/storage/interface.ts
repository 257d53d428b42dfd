/** The other narrow waist: between the protocols and the engine. One of each for a tenant and a request. */
import type { ChunkedSeries } from "../chunk/cut.ts";
import type { SeriesExemplars } from "../model/exemplars.ts";
import type { LabelSet } from "../model/labels.ts";
import type { Matcher } from "../model/matcher.ts";
import type { MetricDescription } from "../model/metric-metadata.ts";
import type { AppendBatch, AppendResult } from "../model/sample-batch.ts";
import type { Series } from "../model/samples.ts";
import type { Selection } from "../model/selection.ts";

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

  /** The same as XOR chunks: stored ones as they lie wherever the range and later samples leave them whole. */
  selectChunks(selection: Selection, signal?: AbortSignal): AsyncIterable<ChunkedSeries>;

  /**
   * The names of the labels of the series that pass and are in the index of a day of the range, in byte order. Whole UTC days
   * (a series counts that has a sample, or was about to get one, anywhere in a day of the range), from the index alone. Throws
   * "too large".
   */
  labelNames(selection: Selection, signal?: AbortSignal): Promise<string[]>;

  /** The values that a label has in these series, likewise; series without it add none. */
  labelValues(name: string, selection: Selection, signal?: AbortSignal): Promise<string[]>;

  /** These series themselves, likewise, sorted by label set. */
  series(selection: Selection, signal?: AbortSignal): Promise<LabelSet[]>;

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
}
