/**
 * Samples as OpenMetrics text, which `promtool tsdb create-blocks-from openmetrics` reads.
 * https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 *
 * Native histograms have no form in it, and staleness markers none either: both are left out.
 */
import { type LabelSet, METRIC_NAME } from "../model/labels.ts";
import type { Series } from "../model/samples.ts";
import { isStaleMarker } from "../model/stale-marker.ts";
import { printFloat } from "../number/print-float.ts";

const PLAIN_NAME = /^[A-Za-z_:][A-Za-z0-9_:]*$/;
const PLAIN_LABEL = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Characters gathered before they are handed on. */
const PIECE_LENGTH = 256 * 1024;

export const END_OF_TEXT = "# EOF\n";

export interface TextCounts {
  samples: number;
  histograms: number;
}

/** The lines of a series, in pieces; counts what it writes and what it leaves out. */
export function* printSeries(
  { labels, timestamps, values, histograms }: Series,
  counts: TextCounts,
): Generator<string> {
  const name = printName(labels);
  let piece = "";
  for (let i = 0; i < timestamps.length; i++) {
    if (isStaleMarker(values, i)) continue;
    piece += `${name} ${printFloat(values[i])} ${printSeconds(timestamps[i])}\n`;
    counts.samples++;
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = "";
  }
  counts.histograms += histograms?.timestamps.length ?? 0;
  if (piece !== "") yield piece;
}

/** `up{job="node"}`; names beyond the usual characters are quoted: `{"my.metric","my.label"="x"}`. */
function printName(labels: LabelSet): string {
  const metric = labels.find(([name]) => name === METRIC_NAME)?.[1] ?? "";
  const isPlain = PLAIN_NAME.test(metric);
  const pairs = labels
    .filter(([name]) => name !== METRIC_NAME)
    .map(([name, value]) => `${PLAIN_LABEL.test(name) ? name : quote(name)}=${quote(value)}`);
  if (!isPlain) pairs.unshift(quote(metric));
  return `${isPlain ? metric : ""}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`}`;
}

function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')}"`;
}

function printSeconds(ms: number): string {
  return ms % 1000 === 0 ? String(ms / 1000) : (ms / 1000).toFixed(3);
}
