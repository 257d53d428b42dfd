import assert from "node:assert/strict";
import test from "node:test";
import { parseDuration, printDuration } from "../../../lib/promql/syntax/duration-text.ts";

const CASES: readonly (readonly [text: string, ms: number, printed?: string])[] = [
  ["0", 0, "0s"],
  ["1ms", 1],
  ["1500ms", 1500, "1s500ms"],
  ["90s", 90_000, "1m30s"],
  ["24h", 86_400_000, "1d"],
  ["7d", 604_800_000, "1w"],
  ["90d", 7_776_000_000],
  ["365d", 31_536_000_000, "1y"],
  ["1y1d", 31_622_400_000, "366d"],
  ["292y", 9_208_512_000_000],
];

for (const [text, ms, printed = text] of CASES) {
  test(`${text} is ${ms} ms, or ${printed}`, () => {
    assert.deepEqual(parseDuration(text), { ok: true, ms });
    assert.equal(printDuration(ms), printed);
    assert.deepEqual(parseDuration(printed), { ok: true, ms });
  });
}

test("less than nothing", () => assert.equal(printDuration(-90_500), "-1m30s500ms"));

const BAD: readonly (readonly [text: string, reason: string])[] = [
  ["", "empty duration string"],
  ["5", 'not a valid duration string: "5"'],
  ["m", 'not a valid duration string: "m"'],
  ["5m5m", 'not a valid duration string: "5m5m"'],
  ["1s1h", 'not a valid duration string: "1s1h"'],
  ["5hs", 'unknown unit "hs" in duration "5hs"'],
  ["1.5h", 'unknown unit "." in duration "1.5h"'],
  ["293y", "duration out of range"],
];

for (const [text, reason] of BAD) {
  test(`no duration: ${text}`, () => assert.deepEqual(parseDuration(text), { ok: false, reason }));
}
