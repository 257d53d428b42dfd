/** The tokens of PromQL. */
import type { AggregationOperator, BinaryOperator } from "../syntax/ast.ts";
import { quote, quoteInput } from "../syntax/quote.ts";

export type Keyword =
  | "offset"
  | "smoothed"
  | "anchored"
  | "by"
  | "without"
  | "on"
  | "ignoring"
  | "group_left"
  | "group_right"
  | "fill"
  | "fill_left"
  | "fill_right"
  | "bool";

/** Keywords for times and durations. */
export type Preprocessor = "start" | "end" | "step" | "range" | "max_of" | "min_of";

export type TokenKind =
  | BinaryOperator
  | AggregationOperator
  | Keyword
  | Preprocessor
  | "identifier"
  /** A name with a colon. */
  | "metric identifier"
  | "number"
  | "duration"
  | "string"
  | "="
  | "=~"
  | "!~"
  | "@"
  | "("
  | ")"
  | "{"
  | "}"
  | "["
  | "]"
  | ","
  | ":"
  | "end of input";

export interface Token {
  readonly kind: TokenKind;
  /** In UTF-16 offsets, half-open. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** How errors show a kind of token: `<op:+>`, `<aggr:sum>`, `<by>`. */
type Family = "operator" | "aggregation" | "keyword" | "preprocessor";

export const AGGREGATION_OPERATORS: readonly AggregationOperator[] = [
  "sum",
  "avg",
  "count",
  "min",
  "max",
  "group",
  "stddev",
  "stdvar",
  "topk",
  "bottomk",
  "count_values",
  "quantile",
  "limitk",
  "limit_ratio",
];

const KEYWORDS: readonly Keyword[] = [
  "offset",
  "smoothed",
  "anchored",
  "by",
  "without",
  "on",
  "ignoring",
  "group_left",
  "group_right",
  "fill",
  "fill_left",
  "fill_right",
  "bool",
];

const PREPROCESSORS: readonly Preprocessor[] = ["start", "end", "step", "range", "max_of", "min_of"];

const WORD_OPERATORS: readonly BinaryOperator[] = ["and", "or", "unless", "atan2"];

const SYMBOL_OPERATORS: readonly TokenKind[] = [
  "+",
  "-",
  "*",
  "/",
  "%",
  "^",
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "</",
  ">/",
  "=~",
  "!~",
  "@",
];

const FAMILIES: ReadonlyMap<TokenKind, Family> = new Map<TokenKind, Family>([
  ...AGGREGATION_OPERATORS.map((kind) => [kind, "aggregation"] as const),
  ...KEYWORDS.map((kind) => [kind, "keyword"] as const),
  ...PREPROCESSORS.map((kind) => [kind, "preprocessor"] as const),
  ...[...WORD_OPERATORS, ...SYMBOL_OPERATORS].map((kind) => [kind, "operator"] as const),
]);

const WORDS: ReadonlyMap<string, TokenKind> = new Map<string, TokenKind>([
  ...[...AGGREGATION_OPERATORS, ...KEYWORDS, ...PREPROCESSORS, ...WORD_OPERATORS].map(
    (word) => [word, word] as const,
  ),
  ["inf", "number"],
  ["nan", "number"],
]);

/** The kind of a word. Keywords are case-insensitive, but only in ASCII: U+212A is not a `k`. */
export function wordKind(word: string): TokenKind {
  const keyword = /^[\0-\x7f]*$/.test(word) ? WORDS.get(word.toLowerCase()) : undefined;
  return keyword ?? (word.includes(":") ? "metric identifier" : "identifier");
}

export function isAggregationOperator(kind: TokenKind): kind is AggregationOperator {
  return FAMILIES.get(kind) === "aggregation";
}

export function isPreprocessor(kind: TokenKind): kind is Preprocessor {
  return FAMILIES.get(kind) === "preprocessor";
}

/** Words that cannot name a metric, since they would be ambiguous. */
const NO_METRIC_NAMES: ReadonlySet<TokenKind> = new Set<TokenKind>([
  "bool",
  "on",
  "ignoring",
  "group_left",
  "group_right",
  "atan2",
]);

/** Whether a token can name a metric without quotes. */
export function isMetricName({ kind }: Token): boolean {
  return isWord(kind) && !NO_METRIC_NAMES.has(kind);
}

/** Whether a token can name a label in `by (…)` and similar lists. */
export function isLabelName({ kind }: Token): boolean {
  return isWord(kind) && kind !== "without";
}

function isWord(kind: TokenKind): boolean {
  if (kind === "identifier" || kind === "metric identifier") return true;
  return FAMILIES.has(kind) && WORDS.has(kind);
}

/** A token as errors show it. */
export function describeToken({ kind, text }: Token): string {
  switch (kind) {
    case "end of input":
      return kind;
    case "identifier":
    case "metric identifier":
      return `${kind} ${quoteInput(text)}`;
    case "number":
    case "duration":
    case "string":
      return `${kind} ${quoteShort(text)}`;
  }
  switch (FAMILIES.get(kind)) {
    case "operator":
      return `<op:${text}>`;
    case "aggregation":
      return `<aggr:${text}>`;
    case "keyword":
      return `<${text}>`;
    default:
      return quoteShort(text);
  }
}

function quoteShort(text: string): string {
  // Go counts the length in bytes; the shown part is counted in characters.
  return Buffer.byteLength(text) > 10
    ? `${quote([...text.slice(0, 20)].slice(0, 10).join(""))}...`
    : quote(text);
}

const BEGINNINGS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  "-",
  "+",
  "number",
  "duration",
  "string",
  "(",
  "{",
]);

/** Whether an expression can begin with a token. */
export function canBeginExpression(token: Token): boolean {
  return BEGINNINGS.has(token.kind) || isMetricName(token);
}
