/** Compiled patterns from one request to the next. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { RE2JS } from "re2js";
import {
  cacheBytes,
  forgetLargePrograms,
  keptProgram,
  MAX_KEPT_CACHE_BYTES,
} from "../../../lib/model/regexp/kept-programs.ts";

test("a pattern is compiled once, unless it is long or many others came since", () => {
  let compiled = 0;
  const ask = (pattern: string) =>
    keptProgram(pattern, (text) => {
      compiled++;
      return RE2JS.compile(text);
    });
  const first = ask("kept-a+");
  assert.equal(ask("kept-a+"), first);
  assert.equal(compiled, 1);
  for (let i = 0; i < 64; i++) ask(`kept-b+${i}`);
  assert.notEqual(ask("kept-a+"), first);
  assert.equal(compiled, 66);
  const long = "x+".repeat(101);
  assert.notEqual(ask(long), ask(long));
});

test("a pattern that does not compile is not kept", () => {
  const compile = (pattern: string) => RE2JS.compile(pattern);
  for (let i = 0; i < 2; i++) assert.throws(() => keptProgram("(", compile));
});

test("patterns are no longer kept once their state caches are large", () => {
  const compile = (pattern: string) => RE2JS.compile(pattern, RE2JS.DOTALL);
  // Each text leads to states of its own: which of the last 14 characters were an a.
  const programs = Array.from({ length: 2 }, (_, i) => keptProgram(`(a|b)*a(a|b){14}c${i}`, compile));
  let seed = 1;
  const random = () => {
    seed = (seed * 48271) % 0x7fffffff;
    return seed / 0x7fffffff;
  };
  for (let i = 0; cacheBytes(programs) <= MAX_KEPT_CACHE_BYTES; i++) {
    assert.ok(i < 1000, `caches hold ${cacheBytes(programs)} bytes`);
    const text = Array.from({ length: 300 }, () => (random() < 0.5 ? "a" : "b")).join("");
    for (const program of programs) program.matches(text);
  }
  forgetLargePrograms();
  const again = programs.map((_, i) => keptProgram(`(a|b)*a(a|b){14}c${i}`, compile));
  for (const [i, program] of again.entries()) assert.notEqual(program, programs[i]);
  assert.equal(cacheBytes(again), 0);
});
