import assert from "node:assert/strict";
import { test } from "node:test";
import { joinDays } from "../../explorer/pages/cost/day-columns.ts";
import { dayShareOf, monthOf, printChange, printDollars, utcDay } from "../../explorer/pages/cost/money.ts";
import { savingsOfDrop, savingsOfLabel } from "../../explorer/pages/cost/savings.ts";

test("dollars have two significant digits, and never more than cents need", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "$0"],
    [1234.5, "$1,235"],
    [12.345, "$12.35"],
    [0.5, "$0.50"],
    [0.0123, "$0.012"],
    [0.000456, "$0.00046"],
    [0.0000012, "$0.000001"],
    [1e-9, "<$0.000001"],
    [-3.5, "-$3.50"],
    [-0.004, "-$0.0040"],
    [Number.NaN, "–"],
    [Number.POSITIVE_INFINITY, "–"],
  ];
  for (const [dollars, text] of cases) assert.equal(printDollars(dollars), text);
});

test("a part of a day comes to a month as the whole day would", () => {
  const noon = Date.parse("2026-11-30T12:00:00Z");
  assert.equal(utcDay(noon), "2026-11-30");
  assert.equal(utcDay(noon, 7), "2026-11-23");
  assert.equal(dayShareOf("2026-11-30", noon), 0.5);
  assert.equal(dayShareOf("2026-11-29", noon), 1);
  assert.equal(dayShareOf("2026-12-01", noon), 0);
  assert.equal(monthOf(1, 0.5), monthOf(2));
  assert.equal(monthOf(1, 0), 0);
});

test("changes are in words where a percentage says nothing", () => {
  assert.equal(printChange(5, 0), "new");
  assert.equal(printChange(0, 5), "gone");
  assert.equal(printChange(0, 0), "same");
  assert.equal(printChange(1001, 1000), "same");
  assert.equal(printChange(1100, 1000), "+10 %");
  assert.equal(printChange(950, 1000), "-5.0 %");
  assert.equal(printChange(30_000, 10), "+299,900 %");
});

test("a day beside others has what any of them has, what is gone last", () => {
  const days = joinDays(
    [
      { name: "a", value: 1 },
      { name: "b", value: 7 },
      { name: "b", value: 2 },
    ],
    [
      { name: "c", value: 5 },
      { name: "a", value: 2 },
    ],
    [{ name: "__proto__", value: 3 }],
  );
  assert.deepEqual(days, [
    { name: "b", today: 9, yesterday: 0, lastWeek: 0 },
    { name: "a", today: 1, yesterday: 2, lastWeek: 0 },
    { name: "c", today: 0, yesterday: 5, lastWeek: 0 },
    { name: "__proto__", today: 0, yesterday: 0, lastWeek: 3 },
  ]);
});

test("dropping series saves their share; removing a label saves what collides, and says so", () => {
  const cost = { series: 200, ingestDollars: 8, storageDollars: 2 };
  assert.deepEqual(savingsOfDrop(50, cost), { series: 50, dollars: 2.5, colliding: 0 });
  assert.deepEqual(savingsOfDrop(500, cost), { series: 200, dollars: 10, colliding: 0 });
  assert.deepEqual(savingsOfDrop(5, { series: 0, ingestDollars: 0, storageDollars: 0 }).dollars, 0);
  assert.deepEqual(savingsOfLabel(100, 20, cost), { series: 80, dollars: 4, colliding: 80 });
  assert.deepEqual(savingsOfLabel(100, 100, cost), { series: 0, dollars: 0, colliding: 0 });
});
