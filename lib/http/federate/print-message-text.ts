/**
 * Messages of `io.prometheus.client.MetricFamily` as text, on several lines or on one. Readers allow any white space between
 * fields. https://protobuf.dev/reference/protobuf/textformat-spec/
 */
import type { Buckets, Histogram } from "../../model/histogram.ts";
import { printGeneralFloat } from "../../number/print-general-float.ts";
import { classicBuckets, type Family, hasCustomBuckets, type Newest } from "./family.ts";

/** Fields in the order of the message's declaration. */
type Field = readonly [name: string, value: string | readonly Field[]];

const TYPES = { untyped: "UNTYPED", histogram: "HISTOGRAM", "gauge histogram": "GAUGE_HISTOGRAM" } as const;

/** One message a line. */
export function* printCompact(families: Iterable<Family>): Generator<string> {
  for (const family of families) {
    yield onOneLine(headOf(family));
    for (const metric of family.metrics) yield ` ${onOneLine([["metric", metricFields(metric)]])}`;
    yield "\n";
  }
}

/** A field a line, an empty line after each message. */
export function* printIndented(families: Iterable<Family>): Generator<string> {
  for (const family of families) {
    yield onLines(headOf(family), "");
    for (const metric of family.metrics) yield onLines([["metric", metricFields(metric)]], "");
    yield "\n";
  }
}

function onOneLine(fields: readonly Field[]): string {
  return fields
    .map(([name, value]) => `${name}:${typeof value === "string" ? value : `{${onOneLine(value)}}`}`)
    .join(" ");
}

function onLines(fields: readonly Field[], indent: string): string {
  return fields
    .map(([name, value]) =>
      typeof value === "string"
        ? `${indent}${name}: ${value}\n`
        : `${indent}${name}: {\n${onLines(value, `${indent}  `)}${indent}}\n`,
    )
    .join("");
}

function headOf({ name, type }: Family): readonly Field[] {
  return [
    ["name", quoted(name)],
    ["type", TYPES[type]],
  ];
}

function metricFields({ labels, value, histogram, timestampMs }: Newest): readonly Field[] {
  return [
    ...labels.map(
      ([name, text]): Field => [
        "label",
        [
          ["name", quoted(name)],
          ["value", quoted(text)],
        ],
      ],
    ),
    histogram === undefined
      ? ["untyped", [["value", printed(value[0])]]]
      : ["histogram", hasCustomBuckets(histogram) ? classicFields(histogram) : nativeFields(histogram)],
    ["timestamp_ms", String(timestampMs)],
  ];
}

function classicFields(histogram: Histogram): readonly Field[] {
  return [
    ...totals(histogram),
    ...Array.from(
      classicBuckets(histogram),
      ([bound, count]): Field => [
        "bucket",
        [
          ["cumulative_count_float", printed(count)],
          ["upper_bound", printed(bound)],
        ],
      ],
    ),
  ];
}

function nativeFields(histogram: Histogram): readonly Field[] {
  return [
    ...totals(histogram),
    ["schema", String(histogram.schema)],
    ["zero_threshold", printed(histogram.zeroThreshold)],
    ["zero_count_float", printed(histogram.zeroCount)],
    ...sideFields("negative", histogram.negative),
    ...sideFields("positive", histogram.positive),
  ];
}

function totals({ count, sum }: Histogram): readonly Field[] {
  return [
    ["sample_count_float", printed(count)],
    ["sample_sum", printed(sum)],
  ];
}

function sideFields(side: "negative" | "positive", { spans, counts }: Buckets): readonly Field[] {
  return [
    ...spans.map(
      ({ offset, length }): Field => [
        `${side}_span`,
        [
          ["offset", String(offset)],
          ["length", String(length)],
        ],
      ],
    ),
    ...Array.from(counts, (count): Field => [`${side}_count`, printed(count)]),
  ];
}

function printed(value: number): string {
  if (Number.isNaN(value)) return "nan";
  return Number.isFinite(value) ? printGeneralFloat(value) : value > 0 ? "inf" : "-inf";
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function quoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to be escaped
  const escaped = text.replaceAll(/["\\\u0000-\u001f\u007f-\u009f]/g, (character) => {
    const known = ESCAPES[character];
    if (known !== undefined) return known;
    const code = character.charCodeAt(0);
    return code < 0x80
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
  return `"${escaped}"`;
}
