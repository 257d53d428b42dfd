import assert from "node:assert/strict";
import { test } from "node:test";
import { gridOf } from "../../explorer/pages/query/grid.ts";
import { chooseStep, parseDuration, printDuration } from "../../explorer/time/durations.ts";
import {
  fixedRange,
  rangeParameters,
  readRange,
  shiftRange,
  spanOf,
  type TimeRange,
  zoomRange,
} from "../../explorer/time/time-range.ts";
import { parseTime, printTicks, printTime } from "../../explorer/time/time-text.ts";

const NOW = 1_790_000_000;
const YEAR = 31_536_000;

test("durations as people write them", () => {
  const cases = {
    "15s": 15,
    "5m": 300,
    "1h30m": 5400,
    "250ms": 0.25,
    "30": 30,
    " 1d ": 86_400,
    "2y": 2 * YEAR,
  };
  for (const [text, seconds] of Object.entries(cases)) assert.equal(parseDuration(text), seconds, text);
  for (const text of ["", "auto", "0", "0s", "-5m", "5 m", "1x"])
    assert.equal(parseDuration(text), undefined, text);
  assert.deepEqual([5400, 90, 0.25, 2 * YEAR].map(printDuration), ["1h30m", "1m30s", "250ms", "2y"]);
});

test("a step is round, and a range has no more points than it may", () => {
  for (const [range, points, step] of [
    [300, 400, 1],
    [3600, 400, 10],
    [86_400, 400, 300],
    [90 * 86_400, 400, 21_600],
    [4000 * 86_400, 400, 10 * 86_400],
  ])
    assert.equal(chooseStep(range, points), step);
});

test("a grid is aligned to its step and has at most 11,000 points, whatever step is asked for", () => {
  const grid = gridOf({ start: NOW - 3600, end: NOW }, "", 1200);
  assert.equal(grid.step, 10);
  assert.equal(grid.end % 10, 0);
  for (const [seconds, step] of [
    [3600, "1s"],
    [86_400, "1s"],
    [5 * YEAR, "15s"],
    [60, "250ms"],
  ] as const) {
    const { start, end, step: used } = gridOf({ start: NOW - seconds, end: NOW }, step, 1200);
    const points = Math.round((end - start) / used) + 1;
    assert.ok(points <= 11_000 && points > 200, `${seconds} ${step}: ${points} points`);
    assert.ok(end <= NOW && end > NOW - used);
  }
});

test("a shift is half a range; one that reaches now follows it again", () => {
  const last: TimeRange = { kind: "last", seconds: 3600 };
  const earlier = shiftRange(last, -1, NOW);
  assert.deepEqual(earlier, { kind: "fixed", from: NOW - 5400, to: NOW - 1800 });
  assert.deepEqual(shiftRange(earlier, 1, NOW), last);
  assert.deepEqual(shiftRange(last, 1, NOW), last);
});

test("zooming keeps the time under the pointer in its place", () => {
  const range = fixedRange(NOW - 1000, NOW);
  const zoomed = spanOf(zoomRange(range, 0.5, NOW, NOW - 800), NOW);
  assert.deepEqual(zoomed, { start: NOW - 900, end: NOW - 400 });
  assert.deepEqual(zoomRange({ kind: "last", seconds: 3600 }, 2, NOW), { kind: "last", seconds: 7200 });
  const tiny = spanOf(zoomRange(range, 1e-9, NOW), NOW);
  assert.ok(tiny.end > tiny.start);
});

test("a range goes through the address, in this page's words and in Prometheus'", () => {
  const ranges: TimeRange[] = [
    { kind: "last", seconds: 900 },
    { kind: "last", seconds: 2 * YEAR },
    { kind: "last", seconds: 86_400 + 3600 + 61 },
    { kind: "fixed", from: NOW - 60, to: NOW },
  ];
  for (const range of ranges) assert.deepEqual(readRange(new URLSearchParams(rangeParameters(range))), range);
  assert.deepEqual(
    readRange(new URLSearchParams("g0.range_input=2h&g0.end_input=2026-01-02 03:04:05")),
    fixedRange(Date.UTC(2026, 0, 2, 1, 4, 5) / 1000, Date.UTC(2026, 0, 2, 3, 4, 5) / 1000),
  );
  for (const text of ["", "range=x", "from=2026-01-01T00:00:00Z", "from=x&to=y", "from=20&to=10"])
    assert.equal(readRange(new URLSearchParams(text)), undefined, text);
});

test("times of a zone are parsed as they are printed", () => {
  for (const zone of ["utc", "local"] as const) assert.equal(parseTime(printTime(NOW, zone), zone), NOW);
  assert.equal(printTime(NOW, "utc"), "2026-09-21 14:13:20");
  assert.equal(parseTime("2026-09-21T14:13:20Z", "local"), NOW);
  assert.equal(parseTime("2026-09-21", "utc"), Date.UTC(2026, 8, 21) / 1000);
  assert.equal(parseTime(String(NOW), "local"), NOW);
  for (const text of ["", "now", "2026-02-30", "2026-13-01 00:00", "14:13", "2026-01-01 00:60"])
    assert.equal(parseTime(text, "utc"), undefined, text);
});

test("ticks name the date where it changes", () => {
  const midnight = Date.UTC(2026, 8, 21) / 1000;
  assert.deepEqual(printTicks([midnight - 3600, midnight, midnight + 3600], "utc"), [
    "23:00\n09-20",
    "00:00\n09-21",
    "01:00",
  ]);
  assert.deepEqual(printTicks([midnight, midnight + 86_400], "utc"), ["09-21", "09-22"]);
});
