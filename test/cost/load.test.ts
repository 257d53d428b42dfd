/** Figures scaled from measured ones, beside what `npm run bench:cost` printed for the same loads. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { figuresOf, logUnits, requestSize, samplesPerMonth } from "../../lib/cost/load.ts";
import { TRANSIENT_DAYS } from "../../lib/cost/measured-figures.ts";
import { DAY_MS } from "../../lib/model/time.ts";
import { TRANSIENT_MS } from "../../lib/storage/layout/retention.ts";

/** Per sample, of 30 November 2026. */
const MEASURED = [
  {
    ...{ series: 1000, samplesPerRequest: 1000 },
    ...{ writeUnits: 0.004477, readUnits: 0.001799, lastingBytes: 0.76, transientBytes: 3.03 },
  },
  {
    ...{ series: 10_000, samplesPerRequest: 2000 },
    ...{ writeUnits: 0.004444, readUnits: 0.00122, lastingBytes: 0.69, transientBytes: 2.71 },
  },
  {
    ...{ series: 10_000, samplesPerRequest: 10_000 },
    ...{ writeUnits: 0.003355, readUnits: 0.00122, lastingBytes: 0.69, transientBytes: 2.15 },
  },
];
/** Larger tenants have fewer bytes a sample, small ones more. */
const TOLERANCE = 0.2;

test("scaled figures are those of the benchmark", () => {
  for (const { series, samplesPerRequest, ...measured } of MEASURED) {
    const load = { series, samplesPerSecond: series / 15, newSeriesPerDay: 0, samplesPerRequest };
    const figures = figuresOf(load);
    for (const [name, expected] of Object.entries(measured)) {
      const ratio = figures[name as keyof typeof measured] / expected;
      assert.ok(Math.abs(ratio - 1) < TOLERANCE, `${series} ${samplesPerRequest} ${name}: ${ratio}`);
    }
  }
});

test("the log's and runs' time is that of the table", () => {
  assert.equal(TRANSIENT_DAYS * DAY_MS, TRANSIENT_MS);
});

test("log units are those of the sizes measured, between them in between, above them in proportion", () => {
  assert.equal(logUnits(2000), 4.98);
  assert.equal(logUnits(2500), (4.98 + 6) / 2);
  assert.equal(logUnits(20_000), 2 * 13.64);
  assert.equal(logUnits(1), 1);
});

test("a request has what comes until the deadline, at most what a sender sends", () => {
  assert.equal(requestSize(100, 10_000, 15), 1500);
  assert.equal(requestSize(1000, 10_000, 15), 10_000);
  assert.equal(requestSize(0.01, 10_000, 15), 1);
});

test("series that come and go cost chunk items, dictionaries and index of their own", () => {
  const load = { series: 1000, samplesPerSecond: 1000 / 15, newSeriesPerDay: 0, samplesPerRequest: 1000 };
  const perDay = samplesPerMonth(load) / 30;
  const more = figuresOf({ ...load, newSeriesPerDay: 1000 }).writeUnits - figuresOf(load).writeUnits;
  assert.ok(more * perDay > 500 && more * perDay < 3000, `${more * perDay} units a day`);
});

test("a slower scrape costs less a month and more a sample", () => {
  const at = (seconds: number) => {
    const load = {
      series: 10_000,
      samplesPerSecond: 10_000 / seconds,
      newSeriesPerDay: 0,
      samplesPerRequest: 10_000,
    };
    return { each: figuresOf(load).writeUnits, month: figuresOf(load).writeUnits * samplesPerMonth(load) };
  };
  assert.ok(at(60).each > at(15).each);
  assert.ok(at(60).month < at(15).month / 2);
});
