/** Regular expressions that are small for what they compile to, and every place that compiles one. */

function nested(inner: string, depth: number): string {
  return depth === 0 ? inner : `(${nested(inner, depth - 1)}){10}`;
}

export const PATTERNS: readonly (readonly [name: string, pattern: string])[] = [
  ["optional characters, nested", nested("x?".repeat(500), 3)],
  ["any characters, nested", `${nested(".?".repeat(300), 3)}b`],
  ["just below the limit", `${nested(".?".repeat(30), 3)}b`],
  ["a class 1000 times", `(${"[a-z]".repeat(20)}){999}`],
  ["Unicode classes", "\\pL".repeat(5000)],
  ["classes of no case", `(?i)${"[^\\pL]".repeat(2000)}`],
  ["wide ranges of no case", `(?i)${"[B-\\x{1e942}]".repeat(2300)}`],
  ["wide ranges of no case, just below the limit", `(?i)${"[B-\\x{1e942}]".repeat(50)}`],
  ["many Unicode classes in brackets", `(?i)[${"\\pL".repeat(8000)}]`],
  ["captures", `${"(.?)".repeat(900)}x`],
  ["alternatives that are no texts", Array.from({ length: 3000 }, (_, i) => `.*${i}.*`).join("|")],
  ["alternatives that are texts", Array.from({ length: 20_000 }, (_, i) => `v${i}`).join("|")],
  ["states without end", "(a|b)*a(a|b){20}"],
  ["open parentheses", "(".repeat(10_000)],
  ["open brackets", "[[:".repeat(10_000)],
  ["a flag again and again", "(?i)".repeat(8000)],
];

type Form = Readonly<Record<string, string>>;
const RANGE = { start: "1735689600", end: "1735693200", step: "1" };
const quoted = (pattern: string) => `\`${pattern}\``;

/** A place, its route and the form that has a pattern there. */
export const PATTERN_PLACES: readonly (readonly [
  place: string,
  path: string,
  formOf: (pattern: string) => Form,
])[] = [
  ...[
    "/api/v1/query",
    "/api/v1/query_range",
    "/api/v1/format_query",
    "/api/v1/parse_query",
    "/api/v1/explain",
    "/api/v1/query_exemplars",
  ].map(
    (path) =>
      [
        `a matcher in ${path}`,
        path,
        (p: string): Form => ({ ...RANGE, query: `m{instance=~${quoted(p)}}` }),
      ] as const,
  ),
  ...["/api/v1/series", "/api/v1/labels"].map(
    (path) =>
      [
        `a matcher in ${path}`,
        path,
        (p: string): Form => ({ ...RANGE, "match[]": `m{instance!~${quoted(p)}}` }),
      ] as const,
  ),
  [
    "forty matchers",
    "/api/v1/format_query",
    (p) => ({ query: `m{${Array.from({ length: 40 }, (_, i) => `l${i}=~${quoted(`${i}${p}`)}`).join()}}` }),
  ],
  [
    "a metric name",
    "/api/v1/query_range",
    (p) => ({ ...RANGE, query: `{__name__=~${quoted(p)}, instance!=""}` }),
  ],
  [
    "label_replace()",
    "/api/v1/query",
    (p) => ({ time: RANGE.end, query: `label_replace(m, "x", "$1", "instance", ${quoted(p)})` }),
  ],
  [
    "label_replace() of long labels",
    "/api/v1/query",
    (p) => ({ time: RANGE.end, query: `label_replace(text, "x", "$1", "a", ${quoted(p)})` }),
  ],
  ["a long label", "/api/v1/query", (p) => ({ time: RANGE.end, query: `text{a=~${quoted(p)}}` })],
  ["info()", "/api/v1/query", (p) => ({ time: RANGE.end, query: `info(m, {version=~${quoted(p)}})` })],
];
