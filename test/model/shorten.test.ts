import assert from "node:assert/strict";
import test from "node:test";
import { MAX_QUOTED_CHARACTERS, quoteInput, shorten } from "../../lib/model/shorten.ts";

test("text up to the limit stays, longer text ends with an ellipsis", () => {
  const most = "a".repeat(MAX_QUOTED_CHARACTERS);
  assert.equal(shorten(most), most);
  assert.equal(shorten(`${most}b`), `${most}…`);
  assert.equal(shorten("abc", 2), "ab…");
  assert.equal(quoteInput('a"b'), '"a\\"b"');
});

test("a surrogate pair at the limit is left out, not cut apart", () => {
  assert.equal(shorten("a😀b", 2), "a…");
  assert.equal(shorten("a😀b", 3), "a😀…");
});
