/** What `explain` and `explainRows` expect a selection to cost, held against what a cold reader is then billed. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { newMatcher } from "../../../lib/model/matcher.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { newMeter, type Table } from "../../../lib/storage/table/table.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { type SentSeries, series } from "../../helpers/write-requests.ts";

const DAYS = 2;
const NOW_MS = MIDNIGHT_MS + DAYS * DAY_MS + 11 * HOUR_MS + 17 * MINUTE_MS;
const INTERVAL_MS = MINUTE_MS;
const PER_REQUEST = 30;
/** Series of each metric: constant ones, counters and noise. */
const METRICS: readonly (readonly [
  name: string,
  count: number,
  valueAt: (i: number, at: number) => number,
])[] = [
  ["up", 20, () => 1],
  ["requests_total", 40, (i, at) => Math.floor(at / 1000 / (i + 3))],
  ["load", 10, (i, at) => (((at / 60_000) * 7919 * (i + 1)) % 997) / 7],
  ["lonely", 1, (_, at) => at % 11],
];

let table: Table;

/** Chunks of whole days and their rows, runs of today, and some minutes of log. */
before(async () => {
  const engine = new Engine();
  engine.tickMs = 0;
  const writers = engine.newWriters();
  let nextCompactMs = MIDNIGHT_MS + HOUR_MS;
  for (let fromMs = MIDNIGHT_MS; fromMs < NOW_MS; fromMs += PER_REQUEST * INTERVAL_MS) {
    const times = Array.from({ length: PER_REQUEST }, (_, i) => fromMs + i * INTERVAL_MS).filter(
      (at) => at <= NOW_MS,
    );
    engine.nowMs = times.at(-1)!;
    if (engine.nowMs >= nextCompactMs) {
      await engine.compact();
      nextCompactMs += HOUR_MS;
    }
    await engine.append(
      writers,
      METRICS.flatMap(([name, count, valueAt]) =>
        Array.from(
          { length: count },
          (_, i): SentSeries =>
            series(
              name,
              { instance: `10.0.0.${i}:9100`, zone: `z${i % 3}` },
              ...times.map((at): [number, number] => [at, valueAt(i, at)]),
            ),
        ),
      ),
    );
  }
  ({ table } = engine);
});

function openReader() {
  const meter = newMeter();
  const options = { tenant: "t", clock: () => NOW_MS, limits: DEFAULT_LIMITS, retentionMs: 0 };
  return { reader: new Reader(table.metered(meter), options), meter };
}

const named = (name: string) => newMatcher("=", "__name__", name);
const SELECTORS = [
  [named("up")],
  [named("requests_total")],
  [named("requests_total"), newMatcher("=", "instance", "10.0.0.7:9100")],
  [named("requests_total"), newMatcher("=~", "instance", "10.0.0.1?:9100")],
  [named("load"), newMatcher("=", "zone", "z1")],
  [named("lonely")],
  [newMatcher("=", "zone", "z2")],
  [newMatcher("=~", "__name__", ".+")],
  [named("nothing")],
];
const SPANS = [5 * MINUTE_MS, 6 * HOUR_MS, DAY_MS, 2 * DAY_MS];
const FACTOR = 2;

function assertNear(expected: number, billed: number, what: string): void {
  const isNear = expected <= billed * FACTOR && billed <= expected * FACTOR;
  assert.ok(isNear, `${what}: expected ${expected} read units, billed ${billed}`);
}

test("samples of log, runs and chunks cost what was expected, within a factor of two", async () => {
  for (const matchers of SELECTORS) {
    for (const spanMs of SPANS) {
      const selection = { matchers, minTime: NOW_MS - spanMs, maxTime: NOW_MS };
      const { readUnits, seriesCount } = await openReader().reader.explain(selection);
      const { reader, meter } = openReader();
      let found = 0;
      for await (const _ of reader.select(selection)) found++;
      const what = `${matchers.map(({ value }) => value)} of ${spanMs / HOUR_MS} h`;
      assert.equal(seriesCount, found, what);
      assertNear(readUnits, meter.readUnits, what);
    }
  }
});

test("rows cost what was expected, within a factor of two", async () => {
  let fewer = 0;
  for (const matchers of SELECTORS) {
    for (const hours of [6, 48]) {
      const toMs = Math.floor(NOW_MS / HOUR_MS) * HOUR_MS;
      const selection = { matchers, fromMs: toMs - hours * HOUR_MS, toMs };
      const { readUnits } = await openReader().reader.explainRows(selection);
      const { reader, meter } = openReader();
      for await (const _ of reader.selectRows(selection));
      assertNear(readUnits, meter.readUnits, `${matchers.map(({ value }) => value)} of ${hours} h`);
      const ofSamples = await openReader().reader.explain({
        matchers,
        minTime: selection.fromMs,
        maxTime: toMs,
      });
      if (readUnits < ofSamples.readUnits) fewer++;
    }
  }
  assert.ok(fewer > 0, "rows of no selection are cheaper: there are none");
});
