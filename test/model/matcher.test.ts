import assert from "node:assert/strict";
import { test } from "node:test";
import { HearthError } from "../../lib/model/errors.ts";
import { type MatcherType, matchesAll, newMatcher } from "../../lib/model/matcher.ts";

/** Of these values, those that pass. */
const VALUES = ["", "a", "b", "ab", "A", "a\nb", "é"];

const CASES: readonly (readonly [type: MatcherType, value: string, passing: string[]])[] = [
  ["=", "a", ["a"]],
  ["=", "", [""]],
  ["!=", "a", ["", "b", "ab", "A", "a\nb", "é"]],
  ["!=", "", ["a", "b", "ab", "A", "a\nb", "é"]],
  ["=~", "a", ["a"]],
  ["=~", "a|b", ["a", "b"]],
  ["=~", "", [""]],
  ["=~", ".*", VALUES],
  ["=~", ".+", ["a", "b", "ab", "A", "a\nb", "é"]],
  ["=~", "a.b", ["a\nb"]],
  ["=~", "(?i)a", ["a", "A"]],
  ["=~", "^a$", ["a"]],
  ["=~", "|a", ["", "a"]],
  ["=~", ".", ["a", "b", "A", "é"]],
  ["=~", "[^a]", ["b", "A", "é"]],
  ["!~", "a|b", ["", "ab", "A", "a\nb", "é"]],
  ["!~", ".*", []],
  ["!~", "", ["a", "b", "ab", "A", "a\nb", "é"]],
];

for (const [type, value, passing] of CASES) {
  test(`label${type}${JSON.stringify(value)}`, () => {
    assert.deepEqual(VALUES.filter(newMatcher(type, "label", value).matches), passing);
  });
}

for (const pattern of ["(", "[z-a]", "(?=a)", "\\1", "a**", "(?P<n"]) {
  test(`refuses the pattern ${pattern}`, () => {
    for (const type of ["=~", "!~"] as const) {
      assert.throws(
        () => newMatcher(type, "job", pattern),
        (error) =>
          error instanceof HearthError && error.kind === "invalid" && /label job/.test(error.message),
      );
    }
  });
}

test("matches in linear time", () => {
  // An engine that goes back would not end before the sun does.
  assert.equal(newMatcher("=~", "a", "(a*)*(a|aa)*b").matches("a".repeat(2000)), false);
});

test("a series passes when every matcher does, an absent label being empty", () => {
  const labels = [
    ["__name__", "up"],
    ["job", "a"],
  ] as const;
  const all = (...texts: [MatcherType, string, string][]) =>
    matchesAll(
      texts.map(([type, name, value]) => newMatcher(type, name, value)),
      labels,
    );
  assert.equal(all(), true);
  assert.equal(all(["=", "job", "a"], ["=", "zone", ""]), true);
  assert.equal(all(["=", "job", "a"], ["=", "job", "b"]), false);
  assert.equal(all(["=~", "zone", ".+"]), false);
  assert.equal(all(["!=", "zone", "x"], ["!~", "zone", "x"], ["=~", "zone", "x?"]), true);
});
