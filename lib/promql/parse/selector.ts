/** Selectors of series, `name{label="value"}`, and lists of label names. */
import { METRIC_NAME } from "../../model/labels.ts";
import { type Matcher, type MatcherType, newMatcher } from "../../model/matcher.ts";
import { shorten } from "../../model/shorten.ts";
import type { VectorSelector } from "../syntax/ast.ts";
import { quoteInput } from "../syntax/quote.ts";
import { unquote } from "./string-literal.ts";
import { isLabelName, isMetricName, type Token } from "./token.ts";
import type { TokenCursor } from "./token-cursor.ts";

/** Characters of RE2's message, which repeats the pattern. */
const MAX_REASON = 300;

const EXPECTED_MATCHER = ' in label matching, expected identifier or "}"';
const EXPECTED_COMMA = ' in label matching, expected "," or "}"';
const EXPECTED_OPERATOR = " in label matching, expected label matching operator";
const EXPECTED_STRING = " in label matching, expected string";

/** Parses `name`, `name{…}` or `{…}`. */
export function parseVectorSelector(tokens: TokenCursor): VectorSelector {
  const first = tokens.peek();
  const name = isMetricName(first) ? tokens.take().text : "";
  const matchers = name === "" || tokens.peek().kind === "{" ? parseMatchers(tokens) : [];
  if (name !== "") matchers.push(newMatcher("=", METRIC_NAME, name));
  const range = { start: first.start, end: tokens.lastEnd };
  return {
    kind: "vector selector",
    name,
    matchers,
    offset: undefined,
    at: undefined,
    extended: undefined,
    range,
  };
}

function parseMatchers(tokens: TokenCursor): Matcher[] {
  tokens.expect("{");
  const matchers: Matcher[] = [];
  while (tokens.accept("}") === undefined) {
    matchers.push(parseMatcher(tokens));
    if (tokens.peek().kind !== "}") tokens.expect(",", EXPECTED_COMMA);
  }
  return matchers;
}

/** `name="value"`, `"name"="value"`, or `"metric name"`. */
function parseMatcher(tokens: TokenCursor): Matcher {
  const name = tokens.accept("string") ?? tokens.expect("identifier", EXPECTED_MATCHER);
  const operator = matcherType(tokens.peek());
  if (operator === undefined) {
    if (name.kind === "string") return newMatcher("=", METRIC_NAME, unquote(name.text));
    tokens.unexpected(EXPECTED_OPERATOR);
  }
  tokens.take();
  const value = tokens.expect("string", EXPECTED_STRING);
  const label = name.kind === "string" ? unquote(name.text) : name.text;
  try {
    return newMatcher(operator, label, unquote(value.text), tokens.patterns);
  } catch (error) {
    tokens.fail({ start: name.start, end: value.end }, regexpProblem(error));
  }
}

/** RE2's message about a bad pattern; it shows the pattern as compiled. */
function regexpProblem(error: unknown): string {
  const { message, cause } = error as Error;
  return shorten(cause instanceof Error ? cause.message.replace("`(?s)", "`") : message, MAX_REASON);
}

function matcherType({ kind }: Token): MatcherType | undefined {
  return kind === "=" || kind === "!=" || kind === "=~" || kind === "!~" ? kind : undefined;
}

/** Parses `(a, "b.c")`. */
export function parseLabelNames(tokens: TokenCursor): string[] {
  tokens.expect("(", ' in grouping opts, expected "("');
  const names: string[] = [];
  while (tokens.accept(")") === undefined) {
    names.push(parseLabelName(tokens));
    if (tokens.peek().kind !== ")") tokens.expect(",", ' in grouping opts, expected "," or ")"');
  }
  return names;
}

function parseLabelName(tokens: TokenCursor): string {
  const token = tokens.peek();
  if (token.kind !== "string" && !isLabelName(token)) tokens.unexpected(" in grouping opts, expected label");
  tokens.take();
  const name = token.kind === "string" ? unquote(token.text) : token.text;
  const hasColon = token.kind === "metric identifier" && tokens.options.enableUnquotedUtf8Names === true;
  if (name === "" || !name.isWellFormed() || hasColon)
    tokens.fail(token, `invalid label name for grouping: ${quoteInput(name)}`);
  return name;
}
