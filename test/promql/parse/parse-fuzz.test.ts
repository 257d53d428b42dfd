/** Properties of the parser, on texts made at random; a failing one prints its seed. */
import assert from "node:assert/strict";
import test from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { ALL_EXPERIMENTS } from "../../../lib/promql/parse/options.ts";
import { ParseError } from "../../../lib/promql/parse/parse-error.ts";
import { MAX_EXPRESSION_LENGTH, parseExpr } from "../../../lib/promql/parse/parse-expr.ts";
import type { Expr } from "../../../lib/promql/syntax/ast.ts";
import { printExpr } from "../../../lib/promql/syntax/print.ts";
import { printPretty } from "../../../lib/promql/syntax/print-pretty.ts";
import { Expressions } from "../../promql-fuzz/queries/expressions.ts";
import { printTree } from "../../promql-fuzz/queries/tree.ts";
import { Random } from "../../simulation/random.ts";
import { plainTree } from "./same-tree.ts";

const SEED = 20261123;

const LABELS = ["a", "job", "le", "sum", "by", '"x.y"', "`ä`", '"with \\" quote"'];
const VALUES = ['""', "'b'", '"\\n\\t\\\\"', "`c.*`", '"😀"', '"\\xff"'];
const DURATIONS = ["5m", "1h30m", "90", "0.5", "1w", "1y"];
const FLOATS = ["0", "1", "1.5", "1e-9", "1e300", "0x1F", "Inf", "NaN", "5m", "-3"];

const word = (...words: readonly string[]) => fc.constantFrom(...words);

/** Fills a template: each `%` is a part. */
function fill(template: string, ...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  const texts = template.split("%");
  return fc.tuple(...parts).map((filled) => texts.map((text, i) => text + (filled[i] ?? "")).join(""));
}

/** One in a few: most of what may follow does not. */
const sometimes = (text: fc.Arbitrary<string>) => fc.option(text, { nil: "", freq: 3 });

const list = (item: fc.Arbitrary<string>) =>
  fc.array(item, { maxLength: 3 }).map((items) => items.join(", "));

/** Texts that parse, by the type of what they say. */
const texts = fc.letrec<
  Record<"vector" | "scalar" | "duration" | "at" | "offset" | "modifiers" | "selector" | "range", string>
>((tie) => {
  const matcher = fill(
    "%%%",
    word(...LABELS.slice(0, 3), ...LABELS.slice(5)),
    word("=", "!="),
    word(...VALUES),
  );
  const grouping = sometimes(fill(" % (%) ", word("by", "without"), list(word(...LABELS))));
  const matching = sometimes(
    fill(
      " %(%)%",
      word("on", "ignoring"),
      list(word("a", "job")),
      sometimes(fill(" group_%(%)", word("left", "right"), list(word("le", "sum")))),
    ),
  );
  const fills = sometimes(
    fill(" %(%)", word("fill", "fill_left", "fill_right"), word("0", "-1", "1e-9", "NaN")),
  );
  const arithmetic = word("+", "-", "*", "/", "%", "^", "atan2");
  const comparison = word("==", "!=", "<", ">", "<=", ">=", "</", ">/");
  return {
    duration: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      word(...DURATIONS),
      word("step()", "range()"),
      fill("(%)", tie("duration")),
      fill("%%%", word("step()", "2", "1m"), word("+", "*", " ^ "), tie("duration")),
      fill("%_of(%, %)", word("min", "max"), tie("duration"), tie("duration")),
    ),
    at: sometimes(word(" @ 1.5", " @ -1e3", " @ start()", " @ end()")),
    offset: sometimes(
      fill(
        " offset %%",
        word("", "+", "-", "--"),
        fc.oneof(
          word("5m", "7", "step()", "--(1m)", "-+2 ^ 2"),
          fill("(%)", tie("duration")),
          fill("(%) %% ", tie("duration"), word("+", "*", "^"), tie("duration")),
        ),
      ),
    ),
    modifiers: fc.oneof(
      fill("%%%", tie("at"), tie("offset"), sometimes(word(" anchored"))),
      fill("%%%", tie("offset"), sometimes(word(" smoothed")), tie("at")),
    ),
    selector: fc.oneof(
      fill("up{%}", list(matcher)),
      fill('{__name__="%"%}', word("a b", "up"), sometimes(fill(",%", matcher))),
      word("up", "a:b", "sum", "offset", "and", "start"),
    ),
    range: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fill("%[%]%", tie("selector"), tie("duration"), tie("modifiers")),
      fill(
        "(%)[%:%]%%",
        tie("vector"),
        tie("duration"),
        sometimes(word("1m", "30", "(step())")),
        tie("offset"),
        tie("at"),
      ),
    ),
    scalar: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      word(...FLOATS),
      word("time()", "pi()", "end()"),
      fill("scalar(%)", tie("vector")),
      fill("% % %", tie("scalar"), arithmetic, tie("scalar")),
      fill("% % bool %", tie("scalar"), word("==", "<"), tie("scalar")),
      fill("(%)", tie("scalar")),
      fill("-%", tie("scalar")),
    ),
    vector: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fill("(%%)", tie("selector"), tie("modifiers")),
      fill("%%", tie("selector"), tie("modifiers")),
      fill("%(%)", word("abs", "sort", "histogram_avg"), tie("vector")),
      fill("%(%)", word("rate", "max_over_time", "deriv"), tie("range")),
      fill("quantile_over_time(%, %)", tie("scalar"), tie("range")),
      fill("label_replace(%, %, %, 'x', `y`)", tie("vector"), word(...VALUES), word(...VALUES)),
      fill("vector(%)", tie("scalar")),
      fill("%%(%)", word("sum", "AVG", "group"), grouping, tie("vector")),
      fill("%(%, %)%", word("topk", "quantile", "limitk"), tie("scalar"), tie("vector"), grouping),
      fill("% %%% %", tie("vector"), arithmetic, matching, fills, tie("vector")),
      fill("% %%%% %", tie("vector"), comparison, word("", ""), matching, fills, tie("vector")),
      fill("(% % bool (%))", tie("vector"), word("==", ">"), tie("scalar")),
      fill("% %%", tie("vector"), word("and ", "or ", "unless on (a) "), tie("vector")),
      fill("(%)", tie("vector")),
      fill("-%", tie("vector")),
    ),
  };
});

/** Undefined for a text that is not valid. */
function treeOf(text: string): Expr | undefined {
  try {
    return parseExpr(text, ALL_EXPERIMENTS);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return undefined;
  }
}

function assertPrintsAsItself(text: string, tree: Expr): void {
  const plain = plainTree(tree);
  for (const print of [printExpr, printPretty]) {
    const printed = print(tree);
    const again = treeOf(printed);
    assert.ok(
      again !== undefined && isDeepStrictEqual(plain, plainTree(again)),
      `${print.name}: ${text} became ${printed}`,
    );
    assert.equal(print(again), printed);
  }
}

test("printing is the inverse of parsing: texts of the grammar", () => {
  let valid = 0;
  const property = fc.property(fc.oneof(texts.vector, texts.scalar, texts.range), (text) => {
    // An offset may continue with an operator after it, which makes some texts invalid.
    const tree = treeOf(text);
    if (tree === undefined) return;
    valid++;
    assertPrintsAsItself(text, tree);
  });
  fc.assert(property, { seed: SEED, numRuns: 6000 });
  assert.ok(valid > 4000, `${valid} texts were valid`);
});

test(`printing is the inverse of parsing: queries of the fuzzer, seed ${SEED}`, () => {
  let valid = 0;
  for (let i = 0; i < 4000; i++) {
    const random = new Random(Math.imul(SEED + i, 0x9e3779b1));
    const text = printTree(new Expressions(random, 1_000_000, 2_000_000).query(4));
    const tree = treeOf(text);
    if (tree === undefined) continue;
    valid++;
    assertPrintsAsItself(text, tree);
  }
  assert.ok(valid > 3900, `${valid} texts were valid`);
});

/** Whether a text parses; its error is checked. */
function parses(text: string): boolean {
  try {
    parseExpr(text, ALL_EXPERIMENTS);
    return true;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    assert.equal(error.kind, "invalid");
    const { start, end } = error.range;
    assert.ok(0 <= start && start <= end && end <= text.length, `${start}..${end} of ${text.length}`);
    return false;
  }
}

const SYMBOLS = [
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  ",",
  ":",
  "@",
  "+",
  "-",
  "^",
  "==",
  "</",
  "=~",
  "!",
  '"',
  "'",
  "`",
  "\\",
  "#",
  "\n",
];
const WORDS = [
  " by ",
  " on ",
  "offset ",
  "bool ",
  "sum",
  "rate(",
  "5m",
  "1e",
  "0x",
  ".",
  "step()",
  "start()",
  "ä",
  "\ud800",
  "\u0000",
];

test("any text parses or fails with a ParseError", () => {
  const soup = fc.array(
    fc.oneof(word(...SYMBOLS), word(...WORDS), fc.string({ unit: "binary", maxLength: 3 })),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(soup, (parts) => void parses(parts.join(""))),
    { seed: SEED, numRuns: 5000 },
  );
});

test("a damaged expression parses or fails with a ParseError", () => {
  const damage = fc.record({ at: fc.nat(200), remove: fc.nat(3), insert: word("", ...SYMBOLS, ...WORDS) });
  let parsed = 0;
  const property = fc.property(
    texts.vector,
    fc.array(damage, { minLength: 1, maxLength: 3 }),
    (text, damages) => {
      let damaged = text;
      for (const { at, remove, insert } of damages) {
        const start = at % (damaged.length + 1);
        damaged = damaged.slice(0, start) + insert + damaged.slice(start + remove);
      }
      if (parses(damaged)) parsed++;
    },
  );
  fc.assert(property, { seed: SEED, numRuns: 5000 });
  assert.ok(parsed > 100, `only ${parsed} survived`);
});

/** Long texts that a parser might go over again and again. */
const LONG: readonly (readonly [name: string, part: string])[] = [
  ["open parentheses", "("],
  ["signs", "-"],
  ["sums", "a+"],
  ["digits", "1"],
  ["underscores", "1_"],
  ["units", "1m"],
  ["words", "abcdefgh"],
  ["spaces", " "],
  ["newlines", "\n"],
  ["comments", "#\n"],
  ["quotes", '"'],
  ["escapes", '"\\'],
  ["fills", "fill "],
  ["matchers", '{a="b",'],
  ["brackets", "a[1:1]"],
  ["arguments", "abs(1,"],
];

for (const [name, part] of LONG) {
  test(`${name} take linear time`, () => {
    const text = part.repeat(Math.floor(MAX_EXPRESSION_LENGTH / part.length));
    const began = process.hrtime.bigint();
    parses(text);
    parses(`"${text}"`);
    parses(`{a="b",${text}`);
    const ms = Number(process.hrtime.bigint() - began) / 1e6;
    // About 50 ms each; quadratic time would be minutes.
    assert.ok(ms < 5000, `${ms} ms`);
  });
}
