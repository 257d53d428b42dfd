/** The parsers of texts: expressions, selectors, numbers, times, patterns, names, settings, keys. */
import { parseDay } from "../../cli/days.ts";
import { parseAuthorization } from "../../lib/auth/credentials.ts";
import { unescapeLabelName } from "../../lib/http/query/label-escape.ts";
import {
  limitParameter,
  lookbackParameter,
  optionalTimeParameter,
  rangeParameters,
  stepParameter,
  timeoutParameter,
} from "../../lib/http/query/parameters.ts";
import { Patterns } from "../../lib/model/regexp/patterns.ts";
import { parseTenant } from "../../lib/model/tenant.ts";
import { TRANSLATION_STRATEGIES } from "../../lib/otlp/metric-name.ts";
import { parseOtlpSettings } from "../../lib/otlp/settings.ts";
import { ALL_EXPERIMENTS } from "../../lib/promql/parse/options.ts";
import { parseExpr, parseSelector } from "../../lib/promql/parse/parse-expr.ts";
import { parseNumber } from "../../lib/promql/parse/parse-number.ts";
import { parsePromqlSettings } from "../../lib/promql/settings.ts";
import { astToJson } from "../../lib/promql/syntax/ast-json.ts";
import { parseDuration } from "../../lib/promql/syntax/duration-text.ts";
import { FUNCTION_NAMES } from "../../lib/promql/syntax/functions.ts";
import { printExpr } from "../../lib/promql/syntax/print.ts";
import { printPretty } from "../../lib/promql/syntax/print-pretty.ts";
import { parseRuleFile } from "../../lib/rules/parse-rule-file.ts";
import { parseLabelEdits } from "../../lib/transfer/label-edits.ts";
import { parseBlockMeta } from "../../lib/tsdb/block-meta.ts";
import { parseSettings } from "../../local/settings.ts";
import { BrokenProperty, type Target, textTarget } from "./target.ts";

const EXPRESSIONS = [
  "up",
  'sum by (job) (rate(http_requests_total{code=~"5..", job!="x"}[5m] offset 1h)) / on (job) group_left (a) b > bool 1',
  "histogram_quantile(0.9, sum without (instance) (rate(h_bucket[5m:30s] @ start())))",
  'label_replace(a or b unless c, "x", "$1", "y", "(.*)")',
  'topk(3, {__name__=~"a.*", "x.y"="z"} @ 1e9) ^ -2',
  "max_over_time(deriv(x[10m] anchored)[1h:] offset -(5m + step() * 2))",
  'info(a, {version=~".+"}) + fill(0) b',
  '1 + 0x1F - .5e3 * Inf % NaN atan2 "text"',
  "count_values('v', -(a == b)) # comment\n",
];
const EXPRESSION_WORDS = [
  ..."()[]{},:@+-*/%^\"'`\\#",
  ...["==", "!=", "=~", "!~", "<=", "</", " by ", " on ", " bool ", " offset ", " @ ", "start()", "step()"],
  ...[
    "group_left",
    "ignoring",
    "fill(",
    "anchored",
    "1e",
    "0x",
    "5m",
    "1h30m",
    "\\u",
    "\\xff",
    "\ud83d\ude00",
  ],
  ...["Inf", "NaN", "__name__", " or ", "unless", "min_of(", "range()"],
  ...FUNCTION_NAMES.map((name) => `${name}(`),
];

const DURATIONS = ["5m", "1h30m", "1y2w3d4h5m6s7ms", "0", "-5m", "1.5", "1e3", "300", "0x10", "9223372036s"];
const NUMBER_WORDS = [..."0123456789.-+eExX_", "ms", "s", "m", "h", "d", "w", "y", "Inf", "NaN", "e308"];
const TIMES = ["1435781430.781", "2015-07-01T20:10:51.781Z", "2015-07-01T20:10:51,5+01:00", "-1", "1e9"];
const TIME_WORDS = [..."0123456789-:TZ.,+e", "00:00", "T24", "-292273086-05-16T16:47:06Z"];
const PATTERNS = [
  "a.*b",
  "(?i)x+|y?",
  "[^a-z\\d]{2,5}",
  "\\pL\\x{10ffff}\\Q.\\E",
  "(?P<n>a)(b|c)*$",
  "(?<=a)b",
];
const PATTERN_WORDS = [
  ..."()[]{}|*+?.^$\\-,",
  ...["{10}", "{1,}", "(?i)", "(?s:", "(?P<a>", "(?<=", "[[:alpha:]]", "\\pL", "\\b", "\\Q", "\\E", "\\C"],
];
const VALUES = ["", "a", "xyab", "é😀\u0000", "\ud800", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a\nb"];

const INVALID = ["invalid", "too large"] as const;
const parameters = (name: string, text: string) => new URLSearchParams([[name, text]]);

export function textTargets(): Target[] {
  return [
    textTarget("PromQL", EXPRESSIONS, EXPRESSION_WORDS, INVALID, (text) => {
      const expr = parseExpr(text, ALL_EXPERIMENTS);
      JSON.stringify(astToJson(expr));
      const printed = printExpr(expr);
      for (const again of [printed, printPretty(expr)]) {
        if (printExpr(reparsed(again)) !== printed)
          throw new BrokenProperty(`${JSON.stringify(text)} is printed as ${again}, another expression`);
      }
      return expr.kind;
    }),
    textTarget("match[]", ['up{a="b"}', '{__name__=~"a|b", c!~"d+"}'], EXPRESSION_WORDS, INVALID, (text) => {
      const matchers = parseSelector(text, { ...ALL_EXPERIMENTS, patterns: new Patterns() });
      for (const value of VALUES) for (const matcher of matchers) matcher.matches(value);
      return Math.min(matchers.length, 4);
    }),
    textTarget("regular expressions", PATTERNS, PATTERN_WORDS, INVALID, (text) => {
      const patterns = new Patterns();
      const matches = patterns.predicate(text);
      const captures = patterns.captures(text);
      const found = VALUES.filter((value) => {
        const isMatch = matches(value);
        const captured = captures(value);
        captured?.byIndex(1);
        if (isMatch !== (captured !== undefined))
          throw new BrokenProperty(
            `${JSON.stringify(text)} of ${JSON.stringify(value)}: both matches and does not`,
          );
        return isMatch;
      });
      return found.length;
    }),
    textTarget(
      "PromQL numbers",
      ["1", "0x1F", "1_000", "1e-3", "5m"],
      NUMBER_WORDS,
      INVALID,
      (text) => typeof parseNumber(text),
    ),
    textTarget("durations", DURATIONS, NUMBER_WORDS, INVALID, (text) => String(parseDuration(text).ok)),
    textTarget("time", TIMES, TIME_WORDS, INVALID, (text) => {
      const timeMs = optionalTimeParameter(parameters("time", text), "time", 0);
      if (!Number.isFinite(timeMs)) throw new BrokenProperty(`time ${text} is ${timeMs}`);
    }),
    ...([stepParameter, timeoutParameter, lookbackParameter] as const).map((parse, i) => {
      const name = ["step", "timeout", "lookback_delta"][i];
      return textTarget(name, DURATIONS, NUMBER_WORDS, INVALID, (text) => {
        const ms = parse(parameters(name, text));
        if (ms !== undefined && !(ms > 0 && ms < Number.POSITIVE_INFINITY))
          throw new BrokenProperty(`${name} ${text} is ${ms} ms`);
      });
    }),
    textTarget(
      "start, end and step",
      ["start=0&end=60&step=15", "start=1e9&end=2015-07-01T20:10:51Z&step=1h"],
      [...TIME_WORDS, "&", "start=", "end=", "step=", "%2B"],
      INVALID,
      (text) => {
        const { startMs, endMs, stepMs } = rangeParameters(new URLSearchParams(text), 11_001);
        if (!(stepMs > 0 && endMs >= startMs && (endMs - startMs) / stepMs < 11_001))
          throw new BrokenProperty(`${text}: ${startMs} to ${endMs} by ${stepMs}`);
      },
    ),
    textTarget("limit", ["0", "10", "+5", "9223372036854775807"], NUMBER_WORDS, INVALID, (text) => {
      const limit = limitParameter(parameters("limit", text));
      if (!(limit >= 0)) throw new BrokenProperty(`limit ${text} is ${limit}`);
    }),
    textTarget(
      "escaped label names",
      ["U__a_2e_b__c", "job", "U___"],
      ["U__", "_2e_", "__", "_", "_110000_"],
      INVALID,
      (text) => {
        return String(unescapeLabelName(text) === text);
      },
    ),
    textTarget(
      "Authorization",
      ["Basic SEtBOnMzY3JldA==", "Bearer HKA:secret", "basic  Og=="],
      ["Basic ", "Bearer ", " ", ":", "=", "\t"],
      INVALID,
      (text) => String(parseAuthorization(text) !== undefined),
    ),
    textTarget(
      "X-Scope-OrgID",
      ["t", "team-a", "a.b", "x".repeat(151)],
      ["..", "/", "|", "*"],
      INVALID,
      (text) => {
        parseTenant(text);
      },
    ),
    textTarget("rule files", RULE_FILES, YAML_WORDS, INVALID, (text) =>
      parseRuleFile(text).problems.length === 0 ? "rules" : "problems",
    ),
    textTarget(
      "block meta.json",
      [META],
      [...'{}[]:,"', "null", "1e999", '"minTime":'],
      ["data", "invalid", "unsupported"],
      (text) => {
        parseBlockMeta(text, "meta.json");
      },
    ),
    textTarget(
      "label edits",
      ["add:a=b", "drop:c", "rename:d=e"],
      ["add:", "drop:", "rename:", "=", " "],
      INVALID,
      (text) => {
        parseLabelEdits(text.split(" "));
      },
    ),
    textTarget("days of the command", ["2026-11-30", "1970-01-01"], ["-", "00", "9999"], INVALID, (text) => {
      parseDay("--day", text);
    }),
    textTarget(
      "settings",
      SETTINGS,
      ["=", "\n", "true", "off", "-1", "1e9", "65536", ...TRANSLATION_STRATEGIES],
      INVALID,
      (text) => {
        const env = Object.fromEntries(text.split("\n").map((line) => line.split("=", 2)));
        parseSettings(env);
        parsePromqlSettings(env);
        parseOtlpSettings(env);
      },
    ),
  ];
}

function reparsed(printed: string) {
  try {
    return parseExpr(printed, ALL_EXPERIMENTS);
  } catch (error) {
    throw new BrokenProperty(`printed as ${printed}, which does not parse: ${error}`);
  }
}

const RULE_FILES = [
  `groups:
  - name: g
    interval: 30s
    limit: 5
    labels: {team: a}
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
      - alert: Down
        expr: up == 0
        for: 5m
        keep_firing_for: 1m
        labels: {severity: page}
        annotations:
          summary: "{{ $labels.instance }} is {{ $value | humanize }}"
`,
  "groups: []\n",
];
const YAML_WORDS = [
  ...[
    "groups:",
    "rules:",
    "- ",
    "  ",
    "record: ",
    "alert: ",
    "expr: ",
    "for: ",
    "\n",
    "&a ",
    "*a",
    "<<: *a",
    ",,,,,,,,",
    "|\n",
  ],
  ...[
    "{{ ",
    " }}",
    "{{ range query `up` }}",
    "{{ end }}",
    "!!binary ",
    "? ",
    "[",
    "]",
    "{",
    "}",
    "%YAML 1.2\n---\n",
  ],
];
const META = JSON.stringify({
  ulid: "01F8VYXX6QZ0Q0Q0Q0Q0Q0Q0Q0",
  minTime: 0,
  maxTime: 7_200_000,
  stats: { numSamples: 10, numSeries: 2, numChunks: 2 },
  compaction: { level: 1, sources: ["01F8VYXX6QZ0Q0Q0Q0Q0Q0Q0Q0"] },
  version: 1,
});
const SETTINGS = [
  "PORT=9201\nHOST=127.0.0.1\nHEARTH_RETENTION_DAYS=30\nLOG_LEVEL=warn",
  "HEARTH_FSYNC=off\nHEARTH_QUERY_WORKERS=4\nHEARTH_CANARY=false\nAWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000",
  "HEARTH_OTLP_PROMOTE_RESOURCE_ATTRIBUTES=a,b\nHEARTH_OTLP_TRANSLATION_STRATEGY=NoTranslation",
];
