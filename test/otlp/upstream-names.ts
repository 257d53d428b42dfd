/** The cases of otlptranslator's TestMetricNamer_Build, read from the source of that test. */
import { readFileSync } from "node:fs";
import { GO_STRING, goText } from "../helpers/go-string.ts";
import { upstreamPath } from "../helpers/upstream.ts";

export interface NamingCase {
  readonly name: string;
  readonly namespace: string;
  readonly allowUtf8: boolean;
  readonly withSuffixes: boolean;
  readonly metric: { readonly name: string; readonly unit: string; readonly type: string };
  readonly metricName: string;
  /** As the test wants it, which looks at it only with suffixes. */
  readonly unitName: string;
  readonly fails: boolean;
}

const CASES = 84;
/** https://pkg.go.dev/github.com/prometheus/otlptranslator#TranslationStrategyOption */
const STRATEGIES: Readonly<Record<string, readonly [allowUtf8: boolean, withSuffixes: boolean]>> = {
  UnderscoreEscapingWithSuffixes: [false, true],
  UnderscoreEscapingWithoutSuffixes: [false, false],
  NoUTF8EscapingWithSuffixes: [true, true],
  NoTranslation: [true, false],
};

/** Throws when the file is not there: see `withoutUpstream`. */
export function readNamingCases(): NamingCase[] {
  const source = readFileSync(upstreamPath("metricNamerTest"), "utf8");
  const [table] = source.split("\n\tfor _, tt := range tests {");
  // Each case is a literal of its own lines, two tabs deep.
  const cases = table
    .split(/^\t\t\{$/m)
    .slice(1)
    .map(parseCase);
  if (cases.length !== CASES) throw new Error(`${cases.length} cases found, expected ${CASES}`);
  return cases;
}

function parseCase(text: string): NamingCase {
  const field = (name: string) => {
    const [, inner] = new RegExp(String.raw`\b${name}:\s+${GO_STRING}`).exec(text) ?? [];
    return inner === undefined ? "" : goText(inner);
  };
  const [, type] = /\bType:\s+MetricType(\w+)/.exec(text) ?? [];
  return {
    name: field("name"),
    ...parseNamer(text, field("Namespace")),
    metric: { name: field("Name"), unit: field("Unit"), type },
    metricName: field("wantMetricName"),
    unitName: field("wantUnitName"),
    fails: field("wantError") !== "",
  };
}

function parseNamer(text: string, namespace: string) {
  const made = new RegExp(String.raw`NewMetricNamer\(${GO_STRING}, (\w+)\)`).exec(text);
  if (made !== null) {
    const [allowUtf8, withSuffixes] = STRATEGIES[made[2]];
    return { namespace: goText(made[1]), allowUtf8, withSuffixes };
  }
  const isSet = (name: string) => new RegExp(String.raw`\b${name}:\s+true`).test(text);
  return { namespace, allowUtf8: isSet("UTF8Allowed"), withSuffixes: isSet("WithMetricSuffixes") };
}
