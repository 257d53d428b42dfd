/** Reads in memory that does not grow with the result: groups of every size answer the same, and hold no more than they may. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { before, describe, test } from "node:test";
import { decodeXorChunk } from "../../../lib/chunk/xor-chunk.ts";
import { HearthError } from "../../../lib/model/errors.ts";
import { DEFAULT_LIMITS, type Limits } from "../../../lib/model/limits.ts";
import { newMatcher } from "../../../lib/model/matcher.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { compact } from "../../../lib/storage/compact/compactor.ts";
import type { Queryable } from "../../../lib/storage/interface.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { newMeter, type Table } from "../../../lib/storage/table/table.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { FaultyTable } from "../../helpers/storage/faulty-table.ts";
import { ALL_TIME, assertSame, NaiveStore } from "../../helpers/storage/naive-store.ts";
import { bitsOf, type SentSeries } from "../../helpers/write-requests.ts";
import { Random } from "../../simulation/random.ts";

const SEED = 20261122;
const START = MIDNIGHT_MS + 3 * DAY_MS;
const END = START + 33 * HOUR_MS;
const SERIES = 48;
/** Bytes that the largest item or record of these data may add before a group has let go of series. */
const ONE_ITEM_BYTES = 4000;
const kindIs = (kind: string) => (error: unknown) => error instanceof HearthError && error.kind === kind;

interface Data {
  readonly table: Table;
  readonly model: NaiveStore;
}

/** 48 series of five metrics, one of them with half; now and then late samples, and the latest ones of all in the log. */
async function newData(random: Random): Promise<Data> {
  const engine = new Engine();
  engine.tickMs = 0;
  const model = new NaiveStore();
  const writers = engine.newWriters();
  const onDay = ({ error }: { readonly error: unknown }) => assert.equal(error, undefined);
  for (engine.nowMs = START; engine.nowMs <= END; engine.nowMs += 20 * MINUTE_MS) {
    const sent = Array.from({ length: SERIES }, (_, i): SentSeries => {
      const lateMs = random.chance(0.02) ? random.between(0, 30) * HOUR_MS : 0;
      return {
        labels: [
          ["__name__", `metric_${i % 2 === 0 ? 0 : i % 5}`],
          ["instance", `${(i * 7) % SERIES}`],
        ],
        samples: random.chance(0.9) ? [[engine.nowMs - lateMs, bitsOf(random.between(0, 1000) / 8)]] : [],
      };
    });
    await engine.append(writers, sent);
    model.append(sent);
    if (engine.nowMs > END - HOUR_MS) continue;
    const deadlineMs = Number.POSITIVE_INFINITY;
    await compact(engine.table, {
      clock: engine.clock,
      randomBytes,
      retentionOf: () => 0,
      sparseSamples: 0,
      deadlineMs,
      onDay,
    });
  }
  return { table: engine.table, model };
}

/** Series of one metric with 100 samples each, half in a run, half in the log. */
async function newMetric(series: number): Promise<Table> {
  const engine = new Engine();
  const writers = engine.newWriters();
  for (const startMs of [START, START + HOUR_MS]) {
    engine.nowMs = startMs + MINUTE_MS;
    const all = Array.from(
      { length: series },
      (_, i): SentSeries => ({
        labels: [
          ["__name__", "up"],
          ["instance", `${i}`],
        ],
        samples: Array.from({ length: 50 }, (_, j) => [startMs + j * 1000, bitsOf(j % 7)]),
      }),
    );
    for (let i = 0; i < series; i += 10) await engine.append(writers, all.slice(i, i + 10));
    engine.nowMs += 30 * MINUTE_MS;
    if (startMs > START) break;
    const { clock } = engine;
    const options = { clock, randomBytes, retentionOf: () => 0, deadlineMs: END };
    await compact(engine.table, { ...options, sparseSamples: 0 });
  }
  return engine.table;
}

function readerOf(table: Table, limits: Partial<Limits> = {}): Reader {
  const all = { ...DEFAULT_LIMITS, ...limits };
  return new Reader(table, { tenant: "t", clock: () => END, limits: all, retentionMs: 0 });
}

/** A reader whose samples come as chunks. */
function chunked(reader: Reader): Pick<Queryable, "select" | "selectChunks"> {
  return {
    selectChunks: (selection, signal) => reader.selectChunks(selection, signal),
    async *select(selection, signal) {
      for await (const { labels, chunks } of reader.selectChunks(selection, signal)) {
        const decoded = Array.from(chunks, ({ bytes }) => decodeXorChunk(bytes));
        const timestamps = Float64Array.from(decoded.flatMap((samples) => [...samples.timestamps]));
        const values = Float64Array.from(decoded.flatMap((samples) => [...samples.values]));
        if (timestamps.length > 0) yield { labels, timestamps, values };
      }
    },
  };
}

const ALL = { matchers: [], ...ALL_TIME };
let data: Data;
before(async () => {
  data = await newData(new Random(SEED));
});

describe("groups of any size", () => {
  test("answer what a map of maps does, and hold what they may", async () => {
    const random = new Random(SEED);
    for (let round = 0; round < 40; round++) {
      const { table, model } = round % 10 === 9 ? await newData(random) : data;
      const maxQueryBytes = Math.round(14_000 * 1.3 ** random.between(0, 20));
      const [a, b] = [random.between(0, 33), random.between(0, 33)].toSorted((x, y) => x - y);
      const range = random.chance(0.5) ? {} : { minTime: START + a * HOUR_MS, maxTime: START + b * HOUR_MS };
      const reader = readerOf(table, { maxQueryBytes });
      const store = random.chance(0.5) ? reader : chunked(reader);
      const what = `seed ${SEED}, round ${round}, ${maxQueryBytes} bytes`;
      await assert.doesNotReject(assertSame(store, model, range), what);
      assert.ok(reader.held.peak <= maxQueryBytes + ONE_ITEM_BYTES, `${what}: held ${reader.held.peak}`);
      assert.equal(reader.held.current, 0, what);
    }
  });

  test("hold no more however many series there are", async () => {
    for (const series of [50, 100, 400]) {
      const reader = readerOf(await newMetric(series), { maxQueryBytes: 150_000 });
      let count = 0;
      for await (const { timestamps } of reader.select(ALL)) count += timestamps.length;
      assert.equal(count, series * 100);
      // A flush makes a run of 50 samples of each series: of one, half a group is held before some are let go of.
      assert.ok(reader.held.peak < 150_000 + ONE_ITEM_BYTES, `${series} series: held ${reader.held.peak}`);
    }
  });

  test("a series that is too large by itself is refused, with the limit's name", async () => {
    const reader = readerOf(data.table, { maxQueryBytes: 4000 });
    await assert.rejects(assertSame(reader, data.model), (error: HearthError) => {
      assert.equal(error.kind, "too large");
      assert.match(error.message, /one series .* limit=maxQueryBytes/);
      return true;
    });
    assert.equal(reader.held.current, 0);
  });
});

describe("what it costs", () => {
  /** Calls and read units, which are those of a reader that reads everything before it answers. */
  const COSTS: readonly (readonly [
    metric: string,
    hours: readonly [number, number],
    calls: object,
    units: number,
  ])[] = [
    ["metric_0", [0, 33], { P: 1, X: 1, S: 2, I: 4, C: 7, R: 15, L: 2, D: 2 }, 23.5],
    ["metric_0", [10, 20], { P: 1, X: 1, S: 1, I: 2, C: 5, R: 2, L: 1, D: 1 }, 11],
    ["metric_0", [32, 33], { P: 1, X: 1, S: 1, I: 2, L: 1, D: 1 }, 6.5],
    ["metric_3", [0, 33], { P: 1, X: 1, S: 2, I: 4, C: 9, R: 15, L: 2, D: 2 }, 24],
  ];
  for (const [metric, [from, to], calls, units] of COSTS) {
    test(`${metric} from hour ${from} to ${to} reads each item once`, async () => {
      const table = new FaultyTable(data.table);
      const meter = newMeter();
      const matchers = [newMatcher("=", "__name__", metric)];
      const range = { minTime: START + from * HOUR_MS, maxTime: START + to * HOUR_MS };
      for await (const _ of readerOf(table.metered(meter)).select({ matchers, ...range }));
      const kinds = Map.groupBy(table.calls, (call) => call.replace("query ", ""));
      assert.deepEqual(Object.fromEntries([...kinds].map(([kind, all]) => [kind, all.length])), calls);
      assert.equal(meter.readUnits, units);
    });
  }

  test("log and runs are read once, however many groups they are for, if they are small", async () => {
    const table = await newMetric(400);
    const read = async (maxQueryBytes: number) => {
      const calls = new FaultyTable(table);
      const reader = readerOf(calls, { maxQueryBytes });
      for await (const _ of reader.select(ALL));
      return { calls: calls.calls.map((call) => call.replace("query ", "")).sort(), peak: reader.held.peak };
    };
    const [whole, groups] = [await read(DEFAULT_LIMITS.maxQueryBytes), await read(600_000)];
    assert.ok(groups.peak < whole.peak / 2, `${groups.peak} of ${whole.peak}`);
    assert.deepEqual(groups.calls, whole.calls);
    assert.deepEqual([...new Set(whole.calls)].join(), "D,I,L,P,R,S,X");
  });
});

describe("back pressure", () => {
  /** Calls of a reader that are made before the first series, while it waits, and until it is at its end. */
  const limits = { maxQueryBytes: 25_000 };
  const settled = () => new Promise((resolve) => setTimeout(resolve, 30));

  test("who does not ask for the next series is read one group ahead, and no further", async () => {
    const table = new FaultyTable(data.table);
    const reader = readerOf(table, limits);
    const results = reader.select(ALL);
    await results.next();
    await settled();
    const ahead = table.calls.length;
    await settled();
    assert.equal(table.calls.length, ahead);
    assert.ok(reader.held.current <= limits.maxQueryBytes + ONE_ITEM_BYTES, `${reader.held.current}`);
    let more = 0;
    for await (const _ of results) more++;
    assert.equal(more, SERIES - 1);
    assert.ok(table.calls.length > ahead * 2, `${ahead} calls of ${table.calls.length}`);
  });

  test("who goes away ends what is read ahead", async () => {
    for (const seen of [1, 5, 20]) {
      const table = new FaultyTable(data.table);
      const reader = readerOf(table, limits);
      const results = reader.selectChunks(ALL);
      for (let i = 0; i < seen; i++) await results.next();
      await results.return();
      const calls = table.calls.length;
      await settled();
      assert.equal(table.calls.length, calls);
      assert.equal(reader.held.current, 0);
    }
  });

  test("an abort between two series ends the calls, and the result with an error", async () => {
    const total = new FaultyTable(data.table);
    for await (const _ of readerOf(total, limits).select(ALL));
    for (const share of [0.2, 0.5, 0.8]) {
      const table = new FaultyTable(data.table);
      const reader = readerOf(table, limits);
      const controller = new AbortController();
      const at = Math.floor(total.calls.length * share);
      table.beforeCall(at, () => controller.abort());
      await assert.rejects(async () => {
        for await (const _ of reader.select(ALL, controller.signal));
      }, kindIs("unavailable"));
      // Those that were under way beside it.
      assert.ok(table.calls.length <= at + 64, `${table.calls.length} calls, aborted at ${at}`);
      const calls = table.calls.length;
      await settled();
      assert.equal(table.calls.length, calls);
      assert.equal(reader.held.current, 0);
    }
  });

  test("a table that fails at any call is an error, never a part", async () => {
    for (let k = 0, hasFailed = true; hasFailed; k += 23) {
      const table = new FaultyTable(data.table);
      const reader = readerOf(table, limits);
      table.failOnce(k);
      let series = 0;
      const read = async () => {
        for await (const _ of reader.select(ALL)) series++;
      };
      const error = await read().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      hasFailed = table.hasFailed;
      assert.equal(error === undefined, !hasFailed, `call ${k}: ${error}`);
      if (!hasFailed) assert.equal(series, SERIES);
      assert.equal(reader.held.current, 0);
    }
  });
});
