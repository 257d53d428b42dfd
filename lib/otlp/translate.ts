/**
 * Translates OpenTelemetry's metrics to a batch of series, as Prometheus 3.16 does
 * (storage/remote/otlptranslator/prometheusremotewrite of prometheus/prometheus):
 *
 *     gauge, sum                one series
 *     histogram                 `_bucket` with `le`, `_sum`, `_count`; or a native histogram with custom buckets
 *     exponential histogram     a native histogram
 *     summary                   one series a quantile, `_sum`, `_count`
 *     resource                  `target_info`
 *
 * Deltas are refused, or stored as they are: accumulating them needs a state per series, which a function
 * does not have. Each sample then has its interval's start, and each series the label `__temporality__`.
 * Refusals are counted in data points, with reasons; the rest is accepted.
 */

import { type Deadline, NO_DEADLINE } from "../model/deadline.ts";
import { errorKind, errorMessage, HearthError } from "../model/errors.ts";

import { compareBytewise, type Label, type LabelSet, METRIC_NAME } from "../model/labels.ts";

import type { MetricMetadata, MetricType } from "../model/metric-metadata.ts";
import { DELTA, TEMPORALITY } from "../model/metric-metadata.ts";
import type { WriteBatch } from "../model/sample-batch.ts";
import { quoteInput } from "../model/shorten.ts";
import { STALE_MARKER_HIGH, STALE_MARKER_LOW } from "../model/stale-marker.ts";
import { mapKey } from "../model/text/map-key.ts";
import { BatchBuilder, type RequestLimits, tooMany } from "../wire/batch-builder.ts";
import { encodeLabels } from "../wire/label-arena.ts";
import { bucketExemplars, exemplarLabels } from "./exemplars.ts";
import { LabelNames, pointLabels, resourceLabels, type SharedLabels, scopeLabels } from "./labels.ts";
import { type MetricNaming, metricName, namingOf } from "./metric-name.ts";
import type {
  HistogramPoint,
  Metric,
  MetricData,
  OtlpExemplar,
  Point,
  ResourceMetrics,
  ScopeMetrics,
  SummaryPoint,
} from "./metrics.ts";
import { customHistogram, exponentialHistogram } from "./native-histogram.ts";
import { printFloat } from "./print-float.ts";
import { isSentText } from "./sent-text.ts";
import type { OtlpSettings } from "./settings.ts";
import { TARGET_INFO, targetInfoLabels, targetInfoTimes } from "./target-info.ts";
import { unitName } from "./unit-name.ts";

export interface OtlpBatch {
  readonly batch: WriteBatch;
  readonly pointCount: number;
  /** Refused data points. */
  readonly rejectedPoints: number;
  /** The first reasons, at most one per metric. */
  readonly reasons: readonly string[];
}

/** What a series and an exemplar take beside their labels, in steps of a deadline. */
const SERIES_STEPS = 50;
const EXEMPLAR_STEPS = 50;
/** Reasons kept per request. */
const MAX_REASONS = 10;
const NO_DELTA =
  "delta temporality is not accepted here: set the exporter's temporality preference to cumulative, or HEARTH_OTLP_DELTA=native";

const value = new Float64Array(1);
const valueWords = new Uint32Array(value.buffer);

/** Throws "too large" past a limit, and as `deadline` does. */
export function translateMetrics(
  resources: readonly ResourceMetrics[],
  settings: OtlpSettings,
  limits: RequestLimits,
  deadline: Deadline = NO_DEADLINE,
): OtlpBatch {
  return new Translator(settings, limits, deadline).translate(resources);
}

class Translator {
  readonly #settings: OtlpSettings;
  readonly #limits: RequestLimits;
  readonly #deadline: Deadline;
  readonly #naming: MetricNaming;
  readonly #names: LabelNames;
  readonly #builder: BatchBuilder;
  readonly #metadata = new Map<string, MetricMetadata>();
  /** Sample times of `target_info`, by its labels as JSON. */
  readonly #targetInfo = new Map<string, Set<number>>();
  readonly #reasons: string[] = [];
  #pointCount = 0;
  #rejectedPoints = 0;
  /** Labels of the current data point without the metric name, decoded and encoded. */
  #labels: LabelSet = [];
  #pointLabels: Uint8Array = new Uint8Array(0);

  constructor(settings: OtlpSettings, limits: RequestLimits, deadline: Deadline) {
    this.#settings = settings;
    this.#limits = limits;
    this.#deadline = deadline;
    this.#naming = namingOf(settings.translationStrategy);
    this.#names = new LabelNames(settings);
    this.#builder = new BatchBuilder(limits);
  }

  translate(resources: readonly ResourceMetrics[]): OtlpBatch {
    for (const resource of resources) this.#addResource(resource);
    const metadata = [...this.#metadata.values()];
    return {
      batch: this.#builder.batch({ count: metadata.length, decode: (index) => metadata[index] }),
      pointCount: this.#pointCount,
      rejectedPoints: this.#rejectedPoints,
      reasons: this.#reasons,
    };
  }

  #addResource(resource: ResourceMetrics): void {
    const points = resource.scopes.map(countPoints);
    const total = points.reduce((n, count) => n + count, 0);
    this.#pointCount += total;
    this.#orReject(
      total,
      () => `resource of ${total} data points`,
      () => {
        const shared = resourceLabels(resource.attributes, this.#names, this.#settings, this.#limits);
        for (const [i, scope] of resource.scopes.entries()) {
          this.#orReject(
            points[i],
            () => `scope ${quoteInput(scope.name)}`,
            () => this.#addScope(scope, shared),
          );
        }
      },
    );
    this.#orReject(
      0,
      () => TARGET_INFO,
      () => this.#addTargetInfo(resource),
    );
  }

  #addScope(scope: ScopeMetrics, shared: SharedLabels): void {
    const ofScope = scopeLabels(shared, scope, this.#names, this.#settings, this.#limits);
    for (const metric of scope.metrics) this.#addMetric(metric, ofScope);
  }

  #addMetric(metric: Metric, shared: SharedLabels): void {
    const { data } = metric;
    const refused = refusalOf(metric, this.#settings);
    if (refused !== undefined) {
      this.#reject(pointsOf(metric), `metric ${quoteInput(metric.name)}: ${refused}`);
      return;
    }
    const what = () => `metric ${quoteInput(metric.name)}`;
    this.#orReject(data.points.length, what, () => {
      const name = this.#metricName(metric);
      if (data.points.length > 0) this.#addMetadata(name, metric);
      for (const point of data.points) {
        const lacking = lackingField(point);
        if (lacking !== undefined) this.#reject(1, `${what()}: a data point has no ${lacking}`);
        else this.#orReject(1, what, () => this.#addPoint(name, data, point, shared));
      }
    });
  }

  /** Throws "invalid" for an invalid name, and for one that is too long before it is parsed. */
  #metricName({ name, unit, data }: Metric): string {
    this.#checkNameLength("name", name);
    this.#checkNameLength("unit", unit);
    const built = metricName(name, unit, namedKind(data), this.#naming);
    this.#checkNameLength("name", built);
    return built;
  }

  #checkNameLength(what: string, text: string): void {
    const { maxMetricNameBytes } = this.#limits;
    if (text.length <= maxMetricNameBytes) return;
    const reason = `a ${what} of ${text.length} characters, at most ${maxMetricNameBytes} are allowed`;
    throw new HearthError("invalid", reason);
  }

  #addMetadata(name: string, { data, description, unit }: Metric): void {
    this.#metadata.set(name, {
      metricFamilyName: name,
      type: metricType(data),
      help: description,
      unit: unitName(unit),
    });
  }

  #addPoint(name: string, data: MetricData, point: Point, shared: SharedLabels): void {
    const labels = pointLabels(point.attributes, this.#names, shared, this.#limits);
    this.#labels = isDelta(data) ? withTemporality(labels) : labels;
    this.#pointLabels = encodeLabels(this.#labels);
    switch (data.kind) {
      case "gauge":
      case "sum":
        this.#addSample(name, [], point, (point as (typeof data.points)[number]).value ?? 0);
        if (data.kind === "sum") this.#addExemplars(point.exemplars);
        break;
      case "histogram":
        if (this.#settings.convertHistogramsToNhcb)
          this.#addNative(name, point, customHistogram(point as HistogramPoint, isDelta(data)));
        else this.#addClassic(name, point as HistogramPoint);
        break;
      case "exponential histogram":
        this.#addNative(
          name,
          point,
          exponentialHistogram(point as (typeof data.points)[number], isDelta(data)),
        );
        break;
      case "summary":
        this.#addSummary(name, point as SummaryPoint);
        break;
    }
  }

  /** Adds a series with one sample of the data point. */
  #addSample(name: string, more: readonly Label[], point: Point, sample: number): void {
    this.#addSeries(name, more);
    value[0] = sample;
    const [low, high] = point.hasNoValue ? [STALE_MARKER_LOW, STALE_MARKER_HIGH] : valueWords;
    this.#builder.addSample(point.timestamp, point.startTimestamp, high, low);
  }

  #addSeries(name: string, more: readonly Label[]): void {
    const { arena } = this.#builder;
    this.#deadline.spend(SERIES_STEPS + this.#pointLabels.length);
    const start = arena.beginSeries();
    arena.writeText(METRIC_NAME);
    arena.writeText(name);
    arena.writeEncoded(this.#pointLabels);
    for (const [key, text] of more) {
      arena.writeText(key);
      arena.writeText(text);
    }
    this.#builder.addSeries(start);
  }

  #addExemplars(exemplars: readonly OtlpExemplar[]): void {
    for (const exemplar of exemplars.toSorted((a, b) => a.timestamp - b.timestamp || a.value - b.value)) {
      this.#deadline.spend(EXEMPLAR_STEPS);
      // Prometheus drops an exemplar that is too long, too.
      this.#builder.addExemplar(exemplar.timestamp, exemplar.value, exemplarLabels(exemplar));
    }
  }

  #addClassic(name: string, point: HistogramPoint): void {
    const { count, sum, bucketCounts, explicitBounds } = point;
    if (sum !== undefined) this.#addSample(`${name}_sum`, [], point, sum);
    this.#addSample(`${name}_count`, [], point, count);
    this.#dropLabel("le");
    const buckets = Math.min(explicitBounds.length, bucketCounts.length);
    const { maxRequestSeries, maxRequestExemplars } = this.#limits;
    if (buckets > maxRequestSeries) throw tooMany("series", maxRequestSeries);
    if (point.exemplars.length > maxRequestExemplars) throw tooMany("exemplars", maxRequestExemplars);
    const bounds = explicitBounds.slice(0, buckets);
    // The bucket up to +Inf has the count, whatever a sender that names this bound says of it.
    const finite = bounds.filter((bound) => bound !== Number.POSITIVE_INFINITY).length;
    const exemplars = bucketExemplars(point.exemplars, bounds.slice(0, finite));
    let cumulative = 0;
    for (let i = 0; i < finite; i++) {
      cumulative += bucketCounts[i];
      this.#addSample(`${name}_bucket`, [["le", printFloat(explicitBounds[i])]], point, cumulative);
      this.#addExemplars(exemplars.get(i) ?? []);
    }
    this.#addSample(`${name}_bucket`, [["le", "+Inf"]], point, count);
    this.#addExemplars(exemplars.get(finite) ?? []);
  }

  /** Drops an attribute named like the label of the following series, where that label means the bound. */
  #dropLabel(name: string): void {
    if (!this.#labels.some(([label]) => label === name)) return;
    this.#labels = this.#labels.filter(([label]) => label !== name);
    this.#pointLabels = encodeLabels(this.#labels);
  }

  #addSummary(name: string, point: SummaryPoint): void {
    this.#addSample(`${name}_sum`, [], point, point.sum);
    this.#addSample(`${name}_count`, [], point, point.count);
    this.#dropLabel("quantile");
    for (const { quantile, value: atQuantile } of point.quantiles) {
      this.#addSample(name, [["quantile", printFloat(quantile)]], point, atQuantile);
    }
  }

  #addNative(name: string, point: Point, made: ReturnType<typeof exponentialHistogram>): void {
    if (typeof made === "string") {
      this.#reject(1, `metric ${quoteInput(name)}: ${made}`);
      return;
    }
    this.#addSeries(name, []);
    const { timestamp, startTimestamp } = point;
    const wrong = this.#builder.addHistogram({ timestamp, startTimestamp, histogram: made });
    if (wrong !== undefined) this.#reject(1, `metric ${quoteInput(name)}: ${wrong}`);
    else this.#addExemplars(point.exemplars);
  }

  /** Adds each label set and time once: several resources of a request may share them. */
  #addTargetInfo(resource: ResourceMetrics): void {
    const labels = targetInfoLabels(resource, this.#names, this.#settings, this.#limits);
    if (labels === undefined) return;
    const identity = mapKey(JSON.stringify(labels));
    const known = this.#targetInfo.get(identity) ?? new Set();
    const times = targetInfoTimes(resource).filter((time) => !known.has(time));
    if (times.length === 0) return;
    this.#targetInfo.set(identity, known);
    this.#pointLabels = encodeLabels(labels);
    this.#addSeries(TARGET_INFO, []);
    const metadata = {
      metricFamilyName: TARGET_INFO,
      type: "gauge",
      help: "Target metadata",
      unit: "",
    } as const;
    this.#metadata.set(TARGET_INFO, metadata);
    value[0] = 1;
    for (const time of times) {
      known.add(time);
      this.#builder.addSample(time, 0, valueWords[1], valueWords[0]);
    }
  }

  /** Refuses what cannot be translated. A limit ends the whole request. */
  #orReject(points: number, what: () => string, add: () => void): void {
    try {
      add();
    } catch (error) {
      if (errorKind(error) !== "invalid") throw error;
      this.#reject(points, `${what()}: ${errorMessage(error)}`);
    }
  }

  #reject(points: number, reason: string): void {
    this.#rejectedPoints += points;
    if (this.#reasons.length < MAX_REASONS && !this.#reasons.includes(reason)) this.#reasons.push(reason);
  }
}

function countPoints({ metrics }: ScopeMetrics): number {
  return metrics.reduce((count, metric) => count + pointsOf(metric), 0);
}

/** Counts at least one for an unknown kind. */
function pointsOf({ data }: Metric): number {
  return data.kind === "unknown" ? 1 : data.points.length;
}

/** Returns the name of a required field that a data point lacks. A time of 0 counts as missing. */
function lackingField(point: Point): string | undefined {
  if (point.timestamp === 0) return "timeUnixNano";
  return "value" in point && point.value === undefined && !point.hasNoValue ? "asDouble or asInt" : undefined;
}

/** Returns why a whole metric is refused, or undefined. */
function refusalOf({ data, name, unit }: Metric, { delta }: OtlpSettings): string | undefined {
  if (!isSentText(name)) return "its name is not UTF-8";
  // The unit becomes a part of the name. A description that is not UTF-8 is only dropped.
  if (!isSentText(unit)) return "its unit is not UTF-8";
  if (data.kind === "unknown") return "a kind of metric that is not known";
  if (!("temporality" in data) || data.temporality === "cumulative") return undefined;
  if (data.temporality === "delta") return delta === "native" ? undefined : NO_DELTA;
  return "it has no temporality, cumulative is expected";
}

function isDelta(data: MetricData): boolean {
  return "temporality" in data && data.temporality === "delta";
}

/** Marks a series of deltas. An attribute of that name is replaced. */
function withTemporality(labels: LabelSet): LabelSet {
  const others = labels.filter(([name]) => name !== TEMPORALITY);
  return [...others, [TEMPORALITY, DELTA] as const].sort(([a], [b]) => compareBytewise(a, b));
}

function namedKind(data: MetricData): "gauge" | "monotonic counter" | "other" {
  if (data.kind === "gauge") return "gauge";
  return data.kind === "sum" && data.isMonotonic ? "monotonic counter" : "other";
}

function metricType(data: MetricData): MetricType {
  switch (data.kind) {
    case "sum":
      return data.isMonotonic ? "counter" : "gauge";
    case "exponential histogram":
      return "histogram";
    default:
      return data.kind;
  }
}
