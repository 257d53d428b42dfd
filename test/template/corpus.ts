import { TEXTS } from "./corpus-texts.ts";

/** Templates that are expanded here and by Prometheus' own package; `answers.json` has what that one returned. */

export interface CorpusSample {
  readonly Labels: Readonly<Record<string, string>>;
  readonly Value: string;
}

/** Values are texts, for NaN and infinities. */
export interface CorpusRequest {
  readonly Name: string;
  readonly Text: string;
  readonly Value: string;
  readonly Timestamp: number;
  readonly ExternalURL: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly ExternalLabels: Readonly<Record<string, string>>;
  readonly Queries: Readonly<Record<string, readonly CorpusSample[]>>;
}

const QUERIES: Readonly<Record<string, readonly CorpusSample[]>> = {
  up: [
    { Labels: { __name__: "up", instance: "b:9090", job: "node" }, Value: "21" },
    { Labels: { __name__: "up", instance: "a:9090", job: "api" }, Value: "11.5" },
  ],
  one: [{ Labels: {}, Value: "1" }],
  strange: [{ Labels: { __value__: "täxt", instance: 'q"<b>' }, Value: "NaN" }],
  none: [],
};

const BASE: Omit<CorpusRequest, "Text"> = {
  Name: "High Load",
  Value: "0.123456789",
  Timestamp: 1353755652123,
  ExternalURL: "http://prom.example:9090/path/prefix",
  Labels: { __name__: "m", instance: "web-1.example.com:8080", job: "sh öp", empty: "", "le.dotted": "1" },
  ExternalLabels: { region: "eu", replica: "é" },
  Queries: QUERIES,
};

const VALUES = [
  ...[
    "0",
    "-0",
    "1",
    "-1",
    "1.5",
    "1e-7",
    "0.0001",
    "0.00001234",
    "123456789",
    "1e21",
    "1e20",
    "1e6",
    "999999",
  ],
  ...["1234567", "NaN", "+Inf", "-Inf", "2.5", "3.5", "0.5", "1e300", "5e-324", "1.7976931348623157e308"],
  ...["86399.5", "-93784", "59.99999", "0.9999", "0.99999", "999.95", "1023.99", "1435065584.128", "0.1"],
];

const FLOAT_VERBS = [
  "%v",
  "%g",
  "%G",
  "%e",
  "%E",
  "%f",
  "%F",
  "%x",
  "%X",
  "%b",
  "%d",
  "%s",
  "%q",
  "%t",
  "%U",
  "%T",
];

const FLOAT_SHAPES = [
  ...[
    "%.0f",
    "%.1f",
    "%.2f",
    "%.3f",
    "%8.2f",
    "%-8.2f|",
    "%08.2f",
    "%+.2f",
    "% .2f",
    "%+v",
    "%#v",
    "%#g",
    "%#.3g",
  ],
  ...[
    "%.3g",
    "%.4g",
    "%.0g",
    "%10.3e",
    "%#.0f",
    "%.10g",
    "%5.1f%%",
    "%6.3v",
    "%+08.1f",
    "%- 8.1f|",
    "%.3x",
    "%.0e",
  ],
];

const STRING_SHAPES = [
  ...[
    "%s",
    "%v",
    "%q",
    "%x",
    "%X",
    "% x",
    "%#x",
    "% #X",
    "%10s|",
    "%-10s|",
    "%.3s",
    "%10.2s|",
    "%+q",
    "%#q",
    "%d",
  ],
  ...["%f", "%t", "%c", "%#v", "%T", "%5q", "%010s", "%p", "%.1q", "%.2x", "%8x|"],
];

const STRINGS = [
  '"abc"',
  '"hé\\tllo"',
  '""',
  '"日本語"',
  '"\\xff\\x00"',
  '"a`b"',
  '"q\\"uote"',
  "`raw\\n`",
  '"\\u00a0"',
];

const INT_SHAPES = [
  ...[
    "%d",
    "%v",
    "%5d|",
    "%-5d|",
    "%05d",
    "%+d",
    "% d",
    "%x",
    "%X",
    "%#x",
    "%o",
    "%#o",
    "%O",
    "%b",
    "%#b",
    "%c",
  ],
  ...[
    "%q",
    "%U",
    "%#U",
    "%.5d",
    "%8.3d|",
    "%08.3d|",
    "%s",
    "%f",
    "%t",
    "%T",
    "%#v",
    "%+5d|",
    "%-05d|",
    "%.0d",
    "%e",
  ],
];

const INTS = [
  "0",
  "42",
  "-42",
  "9223372036854775807",
  "-9223372036854775808",
  "0x1F",
  "'x'",
  "0b101",
  "0o17",
  "128512",
];

const PRINTF_ODD = [
  ...[
    "%",
    "%z",
    "%!",
    "%d %d",
    "%[2]d %[1]d",
    "%[3]d",
    "%[1]d %d",
    "%*d",
    "%-*d|",
    "%.*f",
    "%[1]*d",
    "%[x]d",
    "%[]d",
  ],
  ...[
    "%[1]",
    "%d%",
    "%%",
    "%5%",
    "% ",
    "%+",
    "%.",
    "%.d",
    "%5.d",
    "%100000001d",
    "%[1]v %[1]v",
    "%é",
    "%w",
    "%-",
    "%[0]d",
  ],
  ...["%[1]5d", "%[1].2f", "%.[2]*[1]f", "%[2]*[1]d", "%d %s %v", "no verbs", ""],
];

const FUNCTIONS = [
  ...[
    "humanize",
    "humanize1024",
    "humanizeDuration",
    "humanizePercentage",
    "humanizeTimestamp",
    "toTime",
    "toDuration",
  ],
];

function texts(): string[] {
  return [
    ...TEXTS,
    ...FUNCTIONS.flatMap((name) => [`{{ $value | ${name} }}`, `{{ "12.5" | ${name} }}`, `{{ 5 | ${name} }}`]),
    ...FLOAT_VERBS.map((verb) => `{{ printf "${verb}" $value }}`),
    ...STRINGS.flatMap((text) => STRING_SHAPES.map((shape) => `{{ printf "${shape}" ${text} }}`)),
    ...INTS.flatMap((value) => INT_SHAPES.map((shape) => `{{ printf "${shape}" ${value} }}`)),
    ...PRINTF_ODD.flatMap((odd) => [
      `{{ printf "${odd}" }}`,
      `{{ printf "${odd}" 7 }}`,
      `{{ printf "${odd}" 3 5.5 }}`,
      `{{ printf "${odd}" -4 2 "x" nil }}`,
    ]),
    ...["%v", "%d", "%s", "%t", "%T", "%p"].map((verb) => `{{ printf "${verb} ${verb}" nil true }}`),
    ...["%t|%v|%5t|%-7t|%d|%q|%#v|%s"].map(
      (format) => `{{ printf "${format}" true false true false true false true false }}`,
    ),
  ];
}

/** Each text once; what prints a float with each value. */
export function corpus(): CorpusRequest[] {
  const shaped = VALUES.flatMap((Value) => [
    ...FLOAT_SHAPES.map((shape) => ({ ...BASE, Value, Text: `{{ printf "${shape}" $value }}` })),
    ...FLOAT_VERBS.slice(0, 10).map((verb) => ({ ...BASE, Value, Text: `{{ printf "${verb}" $value }}` })),
    ...FUNCTIONS.map((name) => ({
      ...BASE,
      Value,
      Text: `{{ $value | ${name} }} {{ print $value | ${name} }}`,
    })),
    {
      ...BASE,
      Value,
      Text: "{{ $value }} {{ if $value }}true{{ end }} {{ gt $value 0.5 }} {{ le $value 0.5 }}",
    },
  ]);
  return [...texts().map((Text) => ({ ...BASE, Text })), ...shaped];
}
