/** `/federate`: the newest samples of series, for a Prometheus that scrapes them. https://prometheus.io/docs/prometheus/latest/federation/ */
import { HearthError } from "../../model/errors.ts";
import { compareBytewise, compareLabelSets, labelValue, METRIC_NAME } from "../../model/labels.ts";
import type { Series } from "../../model/samples.ts";
import { isStaleMarker } from "../../model/stale-marker.ts";
import { mapKey } from "../../model/text/map-key.ts";
import type { Piece } from "../../wire/api-json.ts";
import { answerPieces } from "../query/answer.ts";
import { anyMatchParameters } from "../query/parameters.ts";
import type { QueryRequest } from "../query/request.ts";
import { type Family, familiesOf, type Newest } from "./family.ts";
import { contentTypeOf, type FormatKind, negotiateFormat } from "./format.ts";
import { printCompact, printIndented } from "./print-message-text.ts";
import { printProtobuf } from "./print-protobuf.ts";
import { printText } from "./print-text.ts";

const PRINTERS: Readonly<Record<FormatKind, (families: Iterable<Family>) => Iterable<Piece>>> = {
  plain: printText,
  delimited: printProtobuf,
  text: printIndented,
  "compact-text": printCompact,
};

/** Series of one response: those that a query may have. */
export async function answerFederation(request: QueryRequest): Promise<Response> {
  const { c, parameters, services, patterns, source, clock, signal, deadline } = request;
  const { lookbackDeltaMs, limits, parse } = services.settings;
  const selectors = anyMatchParameters(parameters, { ...parse, patterns });
  request.setPhase("evaluation");
  const nowMs = clock();
  const range = { minTime: nowMs - lookbackDeltaMs, maxTime: nowMs };
  const found = new Map<string, Newest>();
  // One after another: each may hold as much memory as a query.
  for (const matchers of selectors) {
    // In Prometheus a selector without matchers selects nothing here.
    if (matchers.length === 0) continue;
    for await (const series of source.select({ matchers, ...range }, signal)) {
      const newest = newestOf(series);
      series.release?.();
      if (newest === undefined) continue;
      const text = JSON.stringify(newest.labels);
      deadline.spend(text.length);
      found.set(mapKey(text), newest);
      if (found.size > limits.maxSeries) throw tooMany(limits.maxSeries);
    }
  }
  const format = negotiateFormat(c.req.header("Accept"));
  const families = familiesOf([...found.values()].sort(byMetric), format);
  return answerPieces(c, PRINTERS[format.kind](families), contentTypeOf(format));
}

function tooMany(most: number): HearthError {
  return new HearthError(
    "too large",
    `federate: more than ${most} series match; federate aggregates, or add matchers limit=maxQuerySeries`,
  );
}

function byMetric(a: Newest, b: Newest): number {
  const nameOf = ({ labels }: Newest) => labelValue(labels, METRIC_NAME);
  return compareBytewise(nameOf(a), nameOf(b)) || compareLabelSets(a.labels, b.labels);
}

/** Undefined if the series has ended. */
function newestOf({ labels, timestamps, values, histograms }: Series): Newest | undefined {
  const float = timestamps.length - 1;
  const last = (histograms?.timestamps.length ?? 0) - 1;
  const floatMs = float < 0 ? -Infinity : timestamps[float];
  const histogramMs = last < 0 ? -Infinity : histograms!.timestamps[last];
  if (histogramMs > floatMs) {
    const histogram = histograms!.histograms[last];
    if (histogram.isStale) return undefined;
    return { labels, timestampMs: histogramMs, value: new Float64Array(1), histogram };
  }
  if (float < 0 || isStaleMarker(values, float)) return undefined;
  return { labels, timestampMs: floatMs, value: values.slice(float, float + 1), histogram: undefined };
}
