import assert from "node:assert/strict";
import test from "node:test";
import { MAX_DEPTH, MAX_NESTING } from "../../../lib/promql/parse/depth.ts";
import { ALL_EXPERIMENTS, type ParseOptions } from "../../../lib/promql/parse/options.ts";
import { ParseError } from "../../../lib/promql/parse/parse-error.ts";
import { MAX_EXPRESSION_LENGTH, parseExpr, parseSelector } from "../../../lib/promql/parse/parse-expr.ts";
import type { Expr } from "../../../lib/promql/syntax/ast.ts";

import { printExpr } from "../../../lib/promql/syntax/print.ts";

function errorOf(text: string, options: ParseOptions = ALL_EXPERIMENTS): string {
  try {
    return `parsed as ${printExpr(parseExpr(text, options))}`;
  } catch (error) {
    if (!(error instanceof ParseError) || error.kind !== "invalid") throw error;
    return error.message;
  }
}

/** How a tree is built, where the text alone does not say it: operations in parentheses. */
function shape(expr: Expr): string {
  if (expr.kind === "binary") return `(${shape(expr.left)} ${expr.operator} ${shape(expr.right)})`;
  if (expr.kind === "unary") return `(${expr.operator}${shape(expr.expr)})`;
  if (expr.kind === "parentheses") return `[${shape(expr.expr)}]`;
  return printExpr(expr);
}

const SHAPES: readonly (readonly [text: string, shape: string])[] = [
  ["1 + 2 * 3 ^ 4", "(1 + (2 * (3 ^ 4)))"],
  ["1 - 2 - 3", "((1 - 2) - 3)"],
  ["2 ^ 3 ^ 2", "(2 ^ (3 ^ 2))"],
  ["a or b and c unless d", "(a or ((b and c) unless d))"],
  ["a == b + c", "(a == (b + c))"],
  ["a atan2 b * c", "((a atan2 b) * c)"],
  ["-a ^ b", "(-(a ^ b))"],
  ["-a * b", "((-a) * b)"],
  ["-1 ^ 2", "(-(1 ^ 2))"],
  ["2 ^ -3 * 4", "((2 ^ -3) * 4)"],
  ["- - 1", "1"],
  ["-(1)", "(-[1])"],
  ["a offset -2 ^ 2", "(a offset -2s ^ 2)"],
  ["a offset step() + 3", "(a offset step() + 3)"],
  ["a offset (5m) + 3", "a offset (5m) + 3"],
  ["a offset --5m + 3", "a offset (5m + 3)"],
  ["and and and", "(and and and)"],
  ["a or or or b", "((a or or) or b)"],
  ["sum + sum", "(sum + sum)"],
  ["a + fill + b", "((a + fill) + b)"],
];

for (const [text, expected] of SHAPES) {
  test(`${text} is ${expected}`, () => assert.equal(shape(parseExpr(text, ALL_EXPERIMENTS)), expected));
}

const NUMBERS: readonly (readonly [text: string, value: number])[] = [
  ["1.", 1],
  [".5", 0.5],
  ["1.5e-3", 0.0015],
  ["1_000", 1000],
  ["1_0.2_5e1_0", 102500000000],
  ["0x1F", 31],
  ["0X_ff", 255],
  ["0xe1f", 3615],
  ["0x1e1e1", 123361],
  ["0x12e", 302],
  ["010", 8],
  ["08", 8],
  ["inf", Number.POSITIVE_INFINITY],
  ["-Inf", Number.NEGATIVE_INFINITY],
  ["NaN", Number.NaN],
  ["5m", 300],
  ["-1h30m", -5400],
  ["1y1w1d1h1m1s1ms", 32230861.001],
];

for (const [text, value] of NUMBERS) {
  test(`the number ${text}`, () => {
    const expr = parseExpr(text);
    assert.ok(expr.kind === "number");
    assert.equal(expr.value, value);
    assert.equal(expr.isDuration, /[dmsy]/.test(text));
  });
}

const STRINGS: readonly (readonly [text: string, value: string])[] = [
  [`"double \\" ' \\\\"`, "double \" ' \\"],
  [`'single " \\''`, "single \" '"],
  ["`raw \\n \" '`", "raw \\n \" '"],
  ["`two\nlines`", "two\nlines"],
  [`"\\a\\b\\f\\n\\r\\t\\v"`, "\u0007\b\f\n\r\t\v"],
  [`"\\x41\\101\\u00e4\\U0001F600"`, "AAä😀"],
  [`"\\xc3\\xa4 ä"`, "ä ä"],
  [`"\\xff"`, "\udcff"],
];

for (const [text, value] of STRINGS) {
  test(`the string ${text}`, () => {
    const expr = parseExpr(text);
    assert.ok(expr.kind === "string");
    assert.equal(expr.value, value);
  });
}

test("bytes that are no text make a string that is not well-formed, and print as they were", () => {
  const expr = parseExpr(`"a\\xff\\xc3("`);
  assert.ok(expr.kind === "string" && !expr.value.isWellFormed());
  assert.equal(printExpr(expr), `"a\\xff\\xc3("`);
});

const SELECTORS: readonly (readonly [text: string, name: string, matchers: readonly string[]])[] = [
  ["up", "up", ["__name__=up"]],
  ["a:b:c{}", "a:b:c", ["__name__=a:b:c"]],
  [`up{job="a",instance!~"b.*",}`, "up", ["job=a", "instance!~b.*", "__name__=up"]],
  [`{"my.metric","label.name"='x'}`, "", ["__name__=my.metric", "label.name=x"]],
  [`{__name__=~"a|b",on="c",sum!=\`d\`}`, "", ["__name__=~a|b", "on=c", "sum!=d"]],
  ["offset{by='x'}", "offset", ["by=x", "__name__=offset"]],
];

for (const [text, name, matchers] of SELECTORS) {
  test(`the selector ${text}`, () => {
    const expr = parseExpr(text);
    assert.ok(expr.kind === "vector selector");
    assert.equal(expr.name, name);
    assert.deepEqual(
      expr.matchers.map((matcher) => matcher.name + matcher.type + matcher.value),
      matchers,
    );
    assert.deepEqual(parseSelector(text).length, matchers.length);
  });
}

/** Texts, and what Prometheus says of them. */
const ERRORS: readonly (readonly [text: string, error: string])[] = [
  ["", "unknown position: parse error: no expression found in input"],
  ["# a comment", "1:1: parse error: no expression found in input"],
  ["1 +", "1:4: parse error: unexpected end of input"],
  ["1 +\n\n)", "3:2: parse error: unexpected right parenthesis ')'"],
  ['"ä" $', "1:6: parse error: unexpected character: '$'"],
  ["(1", "1:3: parse error: unclosed left parenthesis"],
  ["foo bar", '1:5: parse error: unexpected identifier "bar"'],
  ["foo 'a very long text'", `1:5: parse error: unexpected string "'a very lo"...`],
  ["foo by (a)", "1:5: parse error: unexpected <by>"],
  ["1 + * 2", "1:5: parse error: unexpected <op:*>"],
  ["a = b", '1:3: parse error: unexpected "="'],
  ["a =~ b", "1:3: parse error: unexpected character after '=': '~'"],
  ["a ! b", "1:3: parse error: unexpected character after '!': ' '"],
  ["sum(foo bar)", '1:9: parse error: unexpected identifier "bar" in aggregation'],
  ["sum by foo", '1:8: parse error: unexpected identifier "foo" in grouping opts, expected "("'],
  ["sum by (5) (a)", '1:9: parse error: unexpected number "5" in grouping opts, expected label'],
  ["sum by (a b) (a)", '1:11: parse error: unexpected identifier "b" in grouping opts, expected "," or ")"'],
  ['sum by ("") (a)', '1:9: parse error: invalid label name for grouping: ""'],
  ["sum by (a)(b) by (c)", "1:15: parse error: unexpected <by>"],
  ["sum()", "1:1: parse error: no arguments for aggregate expression provided"],
  [
    "sum(a, b)",
    "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2",
  ],
  [
    "topk(a)",
    "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1",
  ],
  ["topk('x', a)", "1:6: parse error: expected type scalar in aggregation parameter, got string"],
  [
    "sum(a[5m])",
    "1:5: parse error: expected type instant vector in aggregation expression, got range vector",
  ],
  ["foo{a='b' c}", '1:11: parse error: unexpected identifier "c" in label matching, expected "," or "}"'],
  ["foo{a}", '1:6: parse error: unexpected "}" in label matching, expected label matching operator'],
  ["foo{a=b}", '1:7: parse error: unexpected identifier "b" in label matching, expected string'],
  ["foo{,}", '1:5: parse error: unexpected "," in label matching, expected identifier or "}"'],
  ["foo{a='b'", "1:10: parse error: unexpected end of input inside braces"],
  ["foo{☃='b'}", "1:5: parse error: unexpected character inside braces: '☃'"],
  ["foo{a=~'('}", "1:5: parse error: error parsing regexp: missing closing ): `(`"],
  ["{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"],
  ["{a=~'.*'}", "1:1: parse error: vector selector must contain at least one non-empty matcher"],
  ["foo{__name__='x'}", '1:1: parse error: metric name must not be set twice: "foo" or "x"'],
  ["foo[5m", "1:7: parse error: unclosed left bracket"],
  [
    "foo[]",
    '1:5: parse error: unexpected "]" in subquery or range selector, expected number, duration, step(), or range()',
  ],
  ["foo[5m 5m]", '1:8: parse error: unexpected duration "5m" in subquery or range, expected ":" or "]"'],
  ["foo[5m:1m 5]", '1:11: parse error: unexpected number "5" in subquery selector, expected "]"'],
  ["foo[5m:1m:1m]", "1:10: parse error: unexpected colon ':'"],
  ["foo[0]", "1:5: parse error: duration must be greater than 0"],
  ["foo[-5m]", "1:5: parse error: duration must be greater than 0"],
  ["foo[300y]", "1:5: parse error: duration out of range"],
  ["foo[1m1h]", '1:5: parse error: not a valid duration string: "1m1h"'],
  ["foo[5m/0]", "1:7: parse error: division by zero"],
  ["(foo)[5m]", "1:6: parse error: ranges only allowed for vector selectors"],
  ["foo offset 5m[5m]", "1:14: parse error: no offset modifiers allowed before range"],
  ["foo offset (5m+1)[5m]", "1:18: parse error: no offset modifiers allowed before range"],
  ["foo @ end()[5m]", "1:12: parse error: no @ modifiers allowed before range"],
  ["foo @ 5[5m]", "1:8: parse error: no @ modifiers allowed before range"],
  [
    "foo offset bar",
    '1:12: parse error: unexpected identifier "bar" in offset, expected number, duration, step(), or range()',
  ],
  ["foo offset 5m offset 5m", "1:1: parse error: offset may not be set multiple times"],
  [
    "1 offset 5m",
    "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
  ],
  ["foo @ bar", '1:7: parse error: unexpected identifier "bar" in @, expected timestamp'],
  ["foo @ 5 @ 6", "1:1: parse error: @ <timestamp> may not be set multiple times"],
  ["foo @ Inf", "1:1: parse error: timestamp out of bounds for @ modifier: +Inf"],
  [
    "foo @ 1e30",
    "1:1: parse error: timestamp out of bounds for @ modifier: 1000000000000000019884624838656.000000",
  ],
  ["foo[5m] anchored smoothed", "1:1: parse error: anchored and smoothed modifiers cannot be used together"],
  ["foo[5m:] smoothed", "1:1: parse error: smoothed modifier is not supported for subqueries"],
  ["foo()", '1:1: parse error: unknown function with name "foo"'],
  ["RATE(foo[5m])", '1:1: parse error: unknown function with name "RATE"'],
  ["a + on (b) group_left @ c", '1:23: parse error: unexpected <op:@> in grouping opts, expected "("'],
  ["a offset -1e20", "1:10: parse error: duration out of range"],
  ["a offset NaN", "1:10: parse error: duration out of range"],
  ["clamp(a, @)", "1:8: parse error: trailing commas not allowed in function call args"],
  ["abs(a,)", "1:6: parse error: trailing commas not allowed in function call args"],
  ["abs()", '1:1: parse error: expected 1 argument(s) in call to "abs", got 0'],
  ["round(a, 1, 2)", '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3'],
  ["label_join(a, 'b')", '1:1: parse error: expected at least 3 argument(s) in call to "label_join", got 2'],
  [
    "rate(foo)",
    '1:6: parse error: expected type range vector in call to function "rate", got instant vector',
  ],
  [
    "label_join(a, 'b', 'c', 1)",
    '1:25: parse error: expected type string in call to function "label_join", got scalar',
  ],
  ["info(a, b)", "1:9: parse error: expected label selectors only, got vector selector instead"],
  ["1[5m:]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"],
  [
    "-'a'",
    '1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string"',
  ],
  ["1 == 2", "1:3: parse error: comparisons between scalars must use BOOL modifier"],
  ["a + bool b", "1:3: parse error: bool modifier can only be used on comparison operators"],
  ["a anchored + bool b", "1:3: parse error: bool modifier can only be used on comparison operators"],
  ["a and 1", '1:1: parse error: set operator "and" not allowed in binary scalar expression'],
  ["a + on (x) 1", "1:1: parse error: vector matching only allowed between instant vectors"],
  ["a + fill (0) 1", "1:1: parse error: filling in missing series only allowed between instant vectors"],
  ["a or fill (0) b", "1:1: parse error: filling in missing series not allowed for set operators"],
  ["a and on (x) group_left (y) b", '1:1: parse error: no grouping allowed for "and" operation'],
  [
    "a + on (x) group_left (x) b",
    '1:3: parse error: label "x" must not occur in ON and GROUP clause at once',
  ],
  ["a + 'b'", "1:5: parse error: binary expression must contain only scalar and instant vector types"],
  ["'a", "1:1: parse error: unterminated quoted string"],
  ["`a", "1:1: parse error: unterminated raw string"],
  ["'\\q'", "1:1: parse error: unknown escape sequence U+0071 'q'"],
  ["'\\ud800'", "1:1: parse error: escape sequence is an invalid Unicode code point"],
  ["'\ufffd'", "1:1: parse error: invalid UTF-8 rune"],
  ["1__0", '1:1: parse error: bad number or duration syntax: "1__"'],
  ["5x", '1:1: parse error: bad number or duration syntax: "5"'],
  [
    "1e400",
    '1:1: parse error: error parsing number: strconv.ParseFloat: parsing "1e400": value out of range',
  ],
  ["(1e-)", '1:2: parse error: error parsing number: strconv.ParseFloat: parsing "1e-": invalid syntax'],
  // Prometheus takes the `e` for an exponent, so that a digit has to follow.
  ["0x1e", '1:1: parse error: bad number or duration syntax: "0x1e"'],
  ["0x1e + 1", "parsed as 30 + 1"],
  ["0x1e+1", '1:1: parse error: error parsing number: strconv.ParseFloat: parsing "0x1e+1": invalid syntax'],
  ["0x1_e1_e1", '1:1: parse error: bad number or duration syntax: "0x1_e"'],
  ["a offset (0)[5m]", "1:13: parse error: no offset modifiers allowed before range"],
  ["a offset (0) offset 1m", "1:1: parse error: offset may not be set multiple times"],
  ["a[(0)]", "parsed as a[(0)]"],
  ["a[5m / (0)]", "parsed as a[5m / (0)]"],
  ["a!", "1:2: parse error: unexpected character after '!': '\ufffd'"],
  ["a + \ufffd", "1:5: parse error: unexpected character: '\ufffd'"],
  ["0.5.5", '1:1: parse error: error parsing number: strconv.ParseFloat: parsing "0.5.5": invalid syntax'],
];

for (const [text, error] of ERRORS) {
  test(`error of ${JSON.stringify(text)}`, () => assert.equal(errorOf(text), error));
}

const EXPERIMENTS: readonly (readonly [text: string, option: keyof ParseOptions, error: string])[] = [
  ["time() + step()", "enableExperimentalFunctions", '1:10: parse error: function "step" is not enabled'],
  [
    "limitk(1, a)",
    "enableExperimentalFunctions",
    "1:1: parse error: limitk() is experimental and not enabled",
  ],
  [
    "a + fill (1) b",
    "enableBinopFillModifiers",
    "1:1: parse error: binop fill modifiers are experimental and not enabled",
  ],
  ["sum by (a.b) (温度)", "enableUnquotedUtf8Names", "1:10: parse error: unexpected character: '.'"],
];

for (const [text, option, error] of EXPERIMENTS) {
  test(`${text} needs ${option}`, () => {
    assert.equal(errorOf(text, {}), error);
    assert.match(errorOf(text, { [option]: true }), /^parsed/);
  });
}

test("durations that are calculated, anchored and smoothed ranges are no experiment", () => {
  assert.equal(errorOf("a[5m + step()] offset -(5m)", {}), "parsed as a[5m + step()] offset -(5m)");
  assert.equal(errorOf("a[5m] smoothed", {}), "parsed as a[5m] smoothed");
});

test("binary expressions match only between vectors, set operators many to many", () => {
  const matchingOf = (text: string) => {
    const expr = parseExpr(text, ALL_EXPERIMENTS);
    return expr.kind === "binary" ? expr.matching : assert.fail();
  };
  assert.equal(matchingOf("1 + 2"), undefined);
  assert.equal(matchingOf("a + 2"), undefined);
  assert.equal(matchingOf("a + b")?.cardinality, "one-to-one");
  assert.equal(matchingOf("a or b")?.cardinality, "many-to-many");
  const { fillLeft, fillRight, ...rest } = matchingOf(
    "a / on (x) group_right (y, 'z.z') fill_right (-1) fill_left (2) b",
  )!;
  assert.deepEqual([fillLeft, fillRight], [2, -1]);
  assert.deepEqual(rest, { cardinality: "one-to-many", on: true, labels: ["x"], include: ["y", "z.z"] });
});

test("places are UTF-16 offsets of what was written", () => {
  const text = "sum by (a) (\n rate(foo{b='😀'}[5m] offset 1h) )";
  const slices: string[] = [];
  const visit = (expr: Expr) => {
    slices.push(text.slice(expr.range.start, expr.range.end));
    if (expr.kind === "aggregation") visit(expr.expr);
    if (expr.kind === "call") expr.args.forEach(visit);
    if (expr.kind === "matrix selector") visit(expr.selector);
  };
  visit(parseExpr(text));
  const range = "foo{b='😀'}[5m] offset 1h";
  assert.deepEqual(slices, [text, `rate(${range})`, range, "foo{b='😀'}"]);
});

const DEEP: readonly (readonly [name: string, make: (depth: number) => string])[] = [
  ["parentheses", (n) => `${"(".repeat(n)}a${")".repeat(n)}`],
  ["calls", (n) => `${"abs(".repeat(n)}a${")".repeat(n)}`],
  ["signs", (n) => `${"-".repeat(n)}a`],
  ["powers", (n) => `${"a^".repeat(n)}a`],
  ["sums", (n) => `${"a+".repeat(n)}a`],
  ["duration parentheses", (n) => `a[${"(".repeat(n)}1+1${")".repeat(n)}]`],
  ["duration sums", (n) => `a[${"1+".repeat(n)}1]`],
  ["duration signs", (n) => `a offset ${"-".repeat(n)}step()`],
];

for (const [name, make] of DEEP) {
  test(`${name} may be deep, but not too deep`, () => {
    assert.match(errorOf(make(MAX_NESTING - 10)), /^parsed/);
    assert.match(errorOf(make(MAX_DEPTH + 10)), /500 deep|1000 operations/);
    assert.match(errorOf(make(50_000)), /500 deep|1000 operations/);
  });
}

test("a chain has 1,000 operands", () => {
  for (const operator of ["+", " or "]) {
    assert.match(errorOf(`${`a${operator}`.repeat(MAX_DEPTH - 1)}a`), /^parsed/);
    assert.match(errorOf(`${`a${operator}`.repeat(MAX_DEPTH + 1)}a`), /500 deep|1000 operations/);
  }
});

test("the length of an expression is limited", () => {
  const selector = (length: number) => `{a="${"x".repeat(length - 6)}"}`;
  assert.match(errorOf(selector(MAX_EXPRESSION_LENGTH)), /^parsed/);
  assert.match(errorOf(selector(MAX_EXPRESSION_LENGTH + 1)), /has 262145 characters, at most 262144/);
});
