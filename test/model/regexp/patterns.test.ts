import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { RE2JS } from "re2js";
import { Deadline } from "../../../lib/model/deadline.ts";
import { HearthError } from "../../../lib/model/errors.ts";
import { literalsOf } from "../../../lib/model/regexp/literals.ts";
import { patternSize } from "../../../lib/model/regexp/pattern-size.ts";
import {
  MAX_CACHE_BYTES,
  MAX_MATCHERS,
  MAX_PATTERN_CHARACTERS,
  MAX_PATTERN_INSTRUCTIONS,
  Patterns,
} from "../../../lib/model/regexp/patterns.ts";
import { compileSearch } from "../../../lib/model/regexp/search.ts";

const SEED = 20261130;

/** Nested `depth` times, each time repeated: `(((x{n}){n}){n})`. */
function nested(inner: string, depth: number, count = 10): string {
  return depth === 0 ? inner : `(${nested(inner, depth - 1, count)}){${count}}`;
}

function refuses(run: () => unknown, kind: string, message: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof HearthError, String(error));
    assert.equal(error.kind, kind);
    assert.match(error.message, message);
    assert.ok(error.message.length < 500, error.message);
    return true;
  });
}

test("nested repetitions count by their product, in whichever form they are written", () => {
  const many = "x?".repeat(500);
  for (const pattern of [
    nested(many, 3),
    nested(".?".repeat(300), 3),
    nested("[a-z]".repeat(200), 3),
    nested("(?:ab|c)*".repeat(60), 3),
    `(${"[a-z]".repeat(200)}){999}`,
    `(${"\\pL".repeat(20)}){999}`,
    `(?i)([${"aäß".repeat(100)}]{90}){30}`,
    `((${many}){10,}){100,}`,
    `\\Q${"x".repeat(500)}\\E(${many}){0,999}`,
  ]) {
    refuses(() => new Patterns().predicate(pattern), "too large", /100000 instructions together/);
    refuses(() => new Patterns().captures(pattern), "too large", /100000 instructions together/);
  }
});

test("classes count by what compiling them takes, also those of a few characters", () => {
  // Folding goes through each character of a range: 3 ms for the widest, whose class has six characters.
  const wide = "[B-\u{1e942}]";
  for (const pattern of [
    `(?i)${wide.repeat(60)}`,
    `(?i)${"[B-\\x{1e942}]".repeat(60)}`,
    `(?i)${"[^\\x42-\u{1e942}x]".repeat(60)}`,
    `a(?i:${wide.repeat(60)})`,
    `(?s-U)x(?mi)[${"B-\u{1e942}".repeat(60)}]`,
    `(?i)${"[!-\\x{ffff}]".repeat(120)}`,
    `(?i)${"[\\101-\u{1e942}]".repeat(60)}`,
    `(?i)[${"\\pL".repeat(800)}]`,
    `(?i)${"\\p{Lu}".repeat(800)}`,
    `[${"\\pL\\PN".repeat(800)}]`,
  ]) {
    refuses(() => new Patterns().predicate(pattern), "too large", /100000 instructions together/);
    refuses(() => compileSearch(pattern), "too large", /too large/);
  }
  // What people write.
  const patterns = new Patterns();
  for (let i = 0; i < 40; i++) {
    for (const text of [
      "(?i)[a-zà-ÿ0-9_.-]+",
      "[\\pL\\pN_]*",
      "(?i)\\p{Lu}x?",
      "(?i)[\\pL\\x{80}-\\x{24f}]{1,99}",
    ])
      patterns.predicate(`${text}${i}`);
  }
});

test("limits hold for all patterns of a request together, and a pattern counts once", () => {
  const patterns = new Patterns();
  // Each is 30,000 instructions, about.
  const pattern = (i: number) => `${i}${nested(`${".?".repeat(15)}`, 3)}`;
  for (let i = 0; i < 100; i++) patterns.predicate(pattern(1));
  patterns.captures(pattern(1));
  patterns.predicate(pattern(2));
  refuses(() => patterns.predicate(pattern(3)), "too large", /instructions together/);

  const long = new Patterns();
  long.predicate("a.".repeat(MAX_PATTERN_CHARACTERS / 2));
  refuses(() => long.predicate("b."), "too large", /32768 characters together/);
});

test("lists of texts have no limit but their own length", () => {
  const patterns = new Patterns();
  const texts = Array.from({ length: 20_000 }, (_, i) => `pod-${i}\\.example`);
  const isListed = patterns.predicate(texts.join("|"));
  assert.ok(isListed("pod-19999.example"));
  assert.ok(!isListed("pod-20000.example"));
  assert.ok(!isListed("pod-1x.example"));
});

test("a match that would take program size times text length is refused by name", () => {
  const matches = new Patterns().predicate(`${nested(".?".repeat(100), 2)}b`);
  matches("a".repeat(100));
  refuses(() => matches("a".repeat(16_000)), "too large", /20\d+ instructions over a value of 16000/);
  const captures = new Patterns().captures(`${"(a?)".repeat(900)}b`);
  refuses(() => captures("a".repeat(1000)), "too large", /instructions over a value of 1000 characters/);
});

test("matching counts against the deadline", () => {
  let nowMs = 0;
  const patterns = new Patterns(new Deadline(() => nowMs, 1000));
  const matches = patterns.predicate("(a|b)*c.?");
  for (let i = 0; i < 1000; i++) matches("ab".repeat(100));
  nowMs = 1001;
  const until = () => {
    for (let i = 0; i < 1000; i++) matches("ab".repeat(100));
  };
  refuses(until, "timed out", /more than 1000 ms/);
});

test("more matchers than a request may have", () => {
  const patterns = new Patterns();
  for (let i = 0; i < MAX_MATCHERS; i++) patterns.addMatcher();
  refuses(() => patterns.addMatcher(), "too large", /more than 1024 matchers/);
});

test("RE2JS has the fields by which its state caches are measured and emptied: typed, but not documented", () => {
  const { lazyDFA: before } = RE2JS.compile("(a|b)*c").re2();
  assert.equal(before, null, "no cache before the first match");
  const compiled = RE2JS.compile("(a|b)*a(a|b){8}");
  compiled.matches("ab".repeat(2000));
  const cache = compiled.re2().lazyDFA;
  const used = cache.stateBudget - cache.memBudget;
  assert.ok(used > 1000 && used < 8 * 1024 * 1024, `${used} bytes are used`);
  assert.ok(cache.stateCache.size > 0);
  cache.clearCache();
  assert.deepEqual([cache.memBudget, cache.stateCache.size], [cache.stateBudget, 0]);
  assert.equal(compiled.matches("ab".repeat(2000)), false, "it goes on with an empty cache");
});

test("the state caches of many patterns do not add up", () => {
  const patterns = new Patterns();
  let seed = SEED;
  const random = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return seed / 2 ** 32;
  };
  // Each has 2^12 states that random texts make by and by, some MB a pattern.
  const all = Array.from({ length: 40 }, (_, i) => patterns.predicate(`${"x?".repeat(i)}(a|b)*a(a|b){12}`));
  let [sum, peak] = [0, 0];
  for (const matches of all) {
    const before = patterns.cacheBytes;
    matches(Array.from({ length: 8000 }, () => (random() < 0.5 ? "a" : "b")).join(""));
    const after = patterns.cacheBytes;
    sum += Math.max(0, after - before);
    peak = Math.max(peak, after);
  }
  assert.ok(sum > 1.2 * MAX_CACHE_BYTES, `${sum} bytes were cached in all, too few to tell`);
  assert.ok(peak < 1.5 * MAX_CACHE_BYTES, `${peak} bytes`);
});

/** Pieces of patterns, as RE2 knows them. */
const ATOM = fc.constantFrom(
  ..."ab.|^$()[]{},-\\09:?*+P<>=!iQE",
  "\\d",
  "\\pL",
  "\\p{Greek}",
  "\\x{41}",
  "\\Qa.b\\E",
  "[a-z]",
  "[^]a]",
  "[[:alpha:]x]",
  "[\\pN\\]]",
  "(?i)",
  "(?i:",
  "(?:",
  "(?P<n>",
  "{3}",
  "{2,}",
  "{2,5}",
  "{0,4}",
  "{,3}",
  "{x}",
  "ß",
  "😀",
);
const PATTERN = fc.array(ATOM, { maxLength: 24 }).map((atoms) => atoms.join(""));

function tryCompile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch {
    return undefined;
  }
}

test(`the estimate is never below the compiled size, seed ${SEED}`, () => {
  let compiled = 0;
  fc.assert(
    fc.property(PATTERN, (pattern) => {
      const program = tryCompile(pattern);
      const estimate = patternSize(pattern);
      assert.ok(estimate >= 0 && !Number.isNaN(estimate), pattern);
      if (program === undefined) return;
      compiled++;
      assert.ok(estimate >= program.programSize(), `${pattern}: ${estimate} < ${program.programSize()}`);
    }),
    { seed: SEED, numRuns: 20_000 },
  );
  assert.ok(compiled > 2000, `${compiled} compiled`);
});

test(`a list of texts matches what RE2 matches, seed ${SEED}`, () => {
  const character = fc.constantFrom(
    ..."abAß1_-/ ,:",
    "\\.",
    "\\|",
    "\\\\",
    "\\-",
    "\\_",
    "\\$",
    "😀",
    "\n",
    "|",
  );
  let lists = 0;
  fc.assert(
    fc.property(fc.array(character, { maxLength: 12 }), fc.string({ unit: "grapheme" }), (parts, other) => {
      const pattern = parts.join("");
      const literals = literalsOf(pattern);
      if (literals === undefined) return;
      lists++;
      const program = RE2JS.compile(pattern, RE2JS.DOTALL);
      for (const value of [...literals, other, "", ...parts, ...[...literals].map((text) => `${text}a`)]) {
        assert.equal(literals.has(value), program.matches(value), `${JSON.stringify(pattern)} of ${value}`);
      }
    }),
    { seed: SEED, numRuns: 5000 },
  );
  assert.ok(lists > 1000, `${lists} lists`);
});

test("what is no list of texts is left to RE2", () => {
  for (const pattern of [
    "a.b",
    "a*",
    "(a)",
    "[a]",
    "a{2}",
    "^a",
    "a$",
    "\\d",
    "\\n",
    "\\",
    "a}",
    "]",
    "\\x41",
  ])
    assert.equal(literalsOf(pattern), undefined, pattern);
});

/** What a parser could take the square of its length for. */
const REPEATED = [
  "(",
  "[",
  "[[:",
  "[a",
  "(?P<a",
  "(?i)",
  "\\Q",
  "\\p{",
  "{",
  "a{1",
  "a|",
  "|",
  "(a|",
  "\\pL",
  "(?i)ß",
  "[^\\PL]",
  "a?",
  "a**",
  "()",
  "(?:a)|",
  "[a-",
  "^",
  "$",
  "\\b",
] as const;

test("the longest patterns of each kind compile, or are refused, in a moment", () => {
  for (const token of REPEATED) {
    const pattern = token.repeat(Math.floor(MAX_PATTERN_CHARACTERS / token.length));
    const beganMs = performance.now();
    try {
      new Patterns().predicate(pattern)("ab");
    } catch (error) {
      assert.ok(error instanceof HearthError, `${token}: ${error}`);
      assert.ok(error.message.length < 40_000, token);
    }
    // A bound far from the usual 0.5 s: only what grows with the square passes it.
    assert.ok(performance.now() - beganMs < 20_000, token);
  }
  assert.ok(MAX_PATTERN_INSTRUCTIONS >= MAX_PATTERN_CHARACTERS);
});
