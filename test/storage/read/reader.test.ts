import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { HearthError } from "../../../lib/model/errors.ts";
import type { Label } from "../../../lib/model/labels.ts";
import { type MatcherType, newMatcher } from "../../../lib/model/matcher.ts";
import type { Selection } from "../../../lib/model/selection.ts";
import { DAY_MS, MAX_TIMESTAMP_MS } from "../../../lib/model/time.ts";
import { dayOf, dictionariesRange, logRange } from "../../../lib/storage/layout/keys.ts";
import { ALL_SERIES } from "../../../lib/storage/layout/shard.ts";
import type { Writers } from "../../../lib/storage/write/writers.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { FaultyTable } from "../../helpers/storage/faulty-table.ts";
import { ALL_TIME, assertSame, NaiveStore, selectAll } from "../../helpers/storage/naive-store.ts";
import { bitsOf, type SentSeries, STALE_BITS, series } from "../../helpers/write-requests.ts";

const SEED = 20261122;
const NOW = MIDNIGHT_MS;
const kindIs = (kind: string) => (error: unknown) => error instanceof HearthError && error.kind === kind;

/** Few names and values, so that series meet; an empty value, so that spellings differ. */
const labels = fc
  .record({
    metric: fc.constantFrom("up", "load", "a:b", "\ufeffé"),
    job: fc.constantFrom("", "a", "b", "ab"),
    zone: fc.constantFrom("", "x"),
    turn: fc.nat(2),
  })
  .map(({ metric, job, zone, turn }): Label[] => {
    const all: Label[] = [
      ["__name__", metric],
      ["job", job],
      ["zone", zone],
    ];
    return [...all.slice(turn), ...all.slice(0, turn)];
  });
const timestamp = fc.oneof(
  fc.integer({ min: NOW - 5, max: NOW + 5 }),
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: -5, max: 5 }).map((days) => days * DAY_MS),
  fc.integer({ min: -40, max: 0 }).map((days) => NOW + days * DAY_MS - 1),
  fc.constantFrom(-MAX_TIMESTAMP_MS, -DAY_MS - 1, NOW - 400 * DAY_MS),
);
const bits = fc.oneof(
  fc.constantFrom(STALE_BITS, 0x7ff8000000000001n, bitsOf(-0), bitsOf(Number.POSITIVE_INFINITY)),
  fc.double().map(bitsOf),
);
const request = fc.array(
  fc.record(
    { labels, samples: fc.array(fc.tuple(timestamp, bits), { maxLength: 6 }) },
    { noNullPrototype: true },
  ),
  { maxLength: 6 },
);
/** A request to one of three processes, which may have just started. */
const step = fc.record({ process: fc.nat(2), isCold: fc.nat(4).map((n) => n === 0), request });

const matcher = fc
  .tuple(
    fc.constantFrom<MatcherType>("=", "!=", "=~", "!~"),
    fc.constantFrom("__name__", "__name__", "job", "zone", "other"),
    fc.constantFrom("", "up", "load", "a", "b", "a|b", "up|load", ".*", ".+", "x?", "\ufeffé", "[a-b]+"),
  )
  .map(([type, name, value]) => newMatcher(type, name, value));
const far = fc.constantFrom(-(2 ** 63), -(2 ** 53), 2 ** 53, 2 ** 63);
const end = fc.oneof(timestamp, timestamp, far);
const selection = fc.record({ matchers: fc.array(matcher, { maxLength: 3 }), minTime: end, maxTime: end });

test("answers what a map of maps does, bit for bit, whoever wrote it in whatever order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      fc.array(selection, { minLength: 1, maxLength: 6 }),
      async (steps, selections) => {
        const engine = new Engine();
        const model = new NaiveStore();
        const processes: Writers[] = [];
        for (const { process, isCold, request } of steps) {
          if (isCold || processes[process] === undefined) processes[process] = engine.newWriters();
          const { rejections } = await engine.append(processes[process], request);
          assert.equal(rejections.count, 0);
          model.append(request);
        }
        await assertSame(engine.reader(), model);
        for (const one of selections) await assertSame(engine.reader(), model, one);
      },
    ),
    { seed: SEED, numRuns: 250 },
  );
});

const UP = newMatcher("=", "__name__", "up");
const REQUEST: readonly SentSeries[] = [
  series("up", { job: "a" }, [NOW - 1, 1], [NOW, 2]),
  series("up", { job: "b" }, [NOW - 1, 3], [NOW, 4]),
  series("load", { job: "a" }, [NOW, 5]),
];

async function engineWith(options: ConstructorParameters<typeof Engine>[0], ...requests: SentSeries[][]) {
  const engine = new Engine(options);
  for (const request of requests) await engine.append(engine.newWriters(), request);
  return engine;
}

describe("limits: an error that says what to do, never a part", () => {
  const CASES = [
    [
      { maxQuerySeries: 2 },
      [],
      "too large",
      /more than 2 series match \{\}; add matchers .*limit=maxQuerySeries/,
    ],
    [{ maxQuerySeries: 3 }, [], "", /./],
    [{ maxQuerySeries: 2 }, [UP], "", /./],
    // Of two days the records of series, the log and its dictionary; before them the list of days and the manifests.
    [{ maxQueryReadUnits: 6 }, [UP], "too large", /more than 6 read units .*; add .*limit=maxQueryReadUnits/],
    [{ maxQueryReadUnits: 7 }, [UP], "", /./],
  ] as const;
  for (const [limits, matchers, kind, message] of CASES) {
    test(`${JSON.stringify(limits)} with ${matchers.length} matchers`, async () => {
      const engine = await engineWith({ limits }, [...REQUEST]);
      const first = await engine
        .reader()
        .select({ matchers, ...ALL_TIME })
        .next()
        .catch((error) => error);
      assert.equal(first.kind ?? "", kind);
      if (kind !== "") assert.match(first.message, message);
    });
  }

  test("series of different days count together", async () => {
    const days = [0, 1, 2].map((day) => [series("up", { job: `${day}` }, [NOW - day * DAY_MS, 1])]);
    const engine = await engineWith({ limits: { maxQuerySeries: 2 } }, ...days);
    await assert.rejects(selectAll(engine.reader(), { matchers: [], ...ALL_TIME }), kindIs("too large"));
  });
});

describe("what a query costs", () => {
  async function callsOf(query: Partial<Selection>): Promise<string[]> {
    const table = new FaultyTable();
    const engine = await engineWith({ table }, [...REQUEST]);
    const before = table.calls.length;
    await selectAll(engine.reader(), { matchers: [], ...ALL_TIME, ...query });
    return table.calls.slice(before).map((call) => call.replace("query ", ""));
  }

  test("a metric is looked up among the series records, then in the log", async () => {
    assert.deepEqual(await callsOf({ matchers: [UP], minTime: NOW }), ["P", "X", "S", "L", "D"]);
  });

  test("days without samples cost two look-ups", async () => {
    assert.deepEqual(await callsOf({ minTime: NOW + 2 * DAY_MS }), ["P", "X"]);
    assert.deepEqual(await callsOf({ minTime: 5, maxTime: 4 }), []);
    assert.deepEqual(await callsOf({ minTime: 2 ** 60 }), []);
    assert.deepEqual(await callsOf({ maxTime: -(2 ** 60) }), []);
  });

  test("a day without matching series costs no log", async () => {
    const none = newMatcher("=", "job", "none");
    assert.deepEqual(await callsOf({ matchers: [UP, none], minTime: NOW }), ["P", "X", "S"]);
    assert.deepEqual(await callsOf({ matchers: [newMatcher("=", "__name__", "")], minTime: NOW }), [
      "P",
      "X",
    ]);
  });
});

describe("a query that is given up", () => {
  for (const reason of ["Client connection prematurely closed.", new Error("gone"), undefined]) {
    test(`ends with "unavailable" at its next call (${reason})`, async () => {
      let k = 0;
      for (; ; k++) {
        const table = new FaultyTable();
        const engine = await engineWith({ table }, [...REQUEST]);
        const controller = new AbortController();
        table.beforeCall(k, () => controller.abort(reason));
        const query = selectAll(engine.reader(), { matchers: [], ...ALL_TIME }, controller.signal);
        const error = await query.then(
          () => undefined,
          (thrown) => thrown,
        );
        if (error === undefined) break;
        assert.ok(kindIs("unavailable")(error), `call ${k}: ${error}`);
      }
      assert.ok(k >= 6, `${k} calls`);
    });
  }

  test("before it begins makes no call", async () => {
    const table = new FaultyTable();
    const engine = await engineWith({ table }, [...REQUEST]);
    const before = table.calls.length;
    const query = selectAll(engine.reader(), { matchers: [], ...ALL_TIME }, AbortSignal.abort());
    await assert.rejects(query, kindIs("unavailable"));
    assert.equal(table.calls.length, before);
  });
});

test("retention hides what is too old, whatever the table still holds", async () => {
  const engine = new Engine({ retentionMs: 2 * DAY_MS });
  const writers = engine.newWriters();
  engine.tickMs = 0;
  await engine.append(writers, [series("up", {}, [NOW - 2 * DAY_MS, 1], [NOW - DAY_MS, 2])]);
  const times = async () =>
    (await selectAll(engine.reader(), { matchers: [], ...ALL_TIME })).flatMap(({ samples }) =>
      samples.map(([t]) => t),
    );
  assert.deepEqual(await times(), [NOW - 2 * DAY_MS, NOW - DAY_MS]);
  engine.nowMs += 1;
  assert.deepEqual(await times(), [NOW - DAY_MS]);
  engine.nowMs += 3 * DAY_MS;
  assert.deepEqual(await times(), []);
});

test("a sample of the largest time that is accepted early is found", async () => {
  const engine = new Engine({ limits: { maxFutureMs: 600_000 } });
  engine.tickMs = 0;
  const request = [series("up", {}, [NOW + 600_000, 1])];
  await engine.append(engine.newWriters(), request);
  const model = new NaiveStore();
  model.append(request);
  await assertSame(engine.reader(), model, { minTime: NOW + 600_000, maxTime: NOW + 600_000 });
});

describe("damaged items are an error, not an answer", () => {
  const CASES = [
    ["a dictionary that is gone", dictionariesRange("t", dayOf(NOW), ALL_SERIES), undefined],
    ["a dictionary cut short", dictionariesRange("t", dayOf(NOW), ALL_SERIES), 5],
    ["a log record cut short", logRange("t", dayOf(NOW), ALL_SERIES, 0), 9],
  ] as const;
  for (const [what, range, length] of CASES) {
    test(what, async () => {
      const engine = await engineWith({}, [...REQUEST]);
      for await (const page of engine.table.query(range)) {
        for (const item of page) {
          if (length === undefined) await engine.table.delete(item);
          else await engine.table.put({ ...item, value: item.value.subarray(0, length) });
        }
      }
      await assert.rejects(selectAll(engine.reader(), { matchers: [], ...ALL_TIME }), kindIs("data"));
    });
  }
});
