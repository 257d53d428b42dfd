import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DAY_MS, HOUR_MS, MAX_TIMESTAMP_MS } from "../../../lib/model/time.ts";
import { HASH_BYTES } from "../../../lib/storage/layout/keys.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { newMeter } from "../../../lib/storage/table/table.ts";
import { Engine } from "../../helpers/storage/engine.ts";
import { FaultyTable } from "../../helpers/storage/faulty-table.ts";
import { ALL_TIME, assertSame, NaiveStore, selectAll } from "../../helpers/storage/naive-store.ts";
import { batchOf, type SentSeries, series } from "../../helpers/write-requests.ts";
import { modelOf, NOW, REQUEST } from "./sent-requests.ts";

test("the mark comes first, then the level, the series record, the dictionary, and then the log", async () => {
  const table = new FaultyTable();
  const engine = new Engine({ table });
  const writers = engine.newWriters();
  await engine.append(writers, [series("up", {}, [NOW, 1])]);
  const kinds = table.calls.map((call) => call.replace(/^query.*/, "").replace(/^.* /, "")).join("");
  assert.match(kinds, /^ZAPSDL$/);
  const before = table.calls.length;
  await engine.append(writers, [series("up", {}, [NOW + 1, 1])]);
  assert.deepEqual(table.calls.slice(before), ["putAll L"]);
});

test("a known series costs its log record alone, and 2,000 of them 4 write units at most", async () => {
  const engine = new Engine();
  const writers = engine.newWriters();
  const all = (time: number) =>
    Array.from({ length: 2000 }, (_, i) => series("up", { instance: `${i}` }, [time, i]));
  await engine.append(writers, all(NOW));
  const meter = newMeter();
  await writers
    .appender({ tenant: "t", retentionMs: 0 }, engine.table.metered(meter))
    .append(batchOf(...all(NOW + 15_000)));
  assert.deepEqual(
    { ...meter, writeUnits: meter.writeUnits <= 4 },
    { ...newMeter(), calls: 1, writeUnits: true },
  );
});

test("a writer that starts cold does not write again the series that others wrote", async () => {
  const table = new FaultyTable();
  const engine = new Engine({ table });
  await engine.append(engine.newWriters(), REQUEST.slice(1, 2));
  const before = table.calls.length;
  await engine.append(engine.newWriters(), REQUEST.slice(1, 2));
  const written = table.calls.slice(before).filter((call) => call.startsWith("put"));
  assert.deepEqual(
    written.filter((call) => / S$/.test(call)),
    [],
  );
});

test("one request's records are cut at their largest size, in order", async () => {
  const engine = new Engine();
  engine.tickMs = 0;
  const times = Array.from({ length: 40_000 }, (_, i): [number, number] => [NOW + (i % 7), i]);
  const request = [series("up", {}, ...times)];
  assert.equal((await engine.append(engine.newWriters(), request)).storedSamples, 40_000);
  await assertSame(engine.reader(), modelOf(request));
});

test("of the same timestamp the last received wins, though the clock stands still or goes back", async () => {
  for (const tickMs of [0, -5]) {
    const engine = new Engine();
    engine.tickMs = tickMs;
    const writers = engine.newWriters();
    const requests = [1, 2, 3, 4].map((value) => [series("up", {}, [NOW - 1000, value])]);
    for (const request of requests) await engine.append(writers, request);
    await assertSame(engine.reader(), modelOf(...requests));
  }
});

test("a clock that comes back to a time of before overwrites no record, though its day was forgotten", async () => {
  const engine = new Engine({ maxBytes: 0 });
  engine.tickMs = 0;
  const writers = engine.newWriters();
  const requests = [0, 1, 2, 3, 4, 5].map((i) => [series("up", {}, [NOW - 1000 + i, i])]);
  for (const [i, request] of requests.entries()) {
    engine.nowMs = NOW + (i % 2) * HOUR_MS;
    await engine.append(writers, request);
  }
  await assertSame(engine.reader(), modelOf(...requests));
});

test("the last received wins among more days than stay open", async () => {
  const engine = new Engine();
  engine.tickMs = 0;
  const writers = engine.newWriters();
  const days = Array.from({ length: 70 }, (_, i): [number, number] => [NOW - i * DAY_MS, 1]);
  const requests = [1, 2, 3].map((value) => [
    series("up", {}, ...days.map(([t]): [number, number] => [t, value])),
  ]);
  for (const request of requests) await engine.append(writers, request);
  await assertSame(engine.reader(), modelOf(...requests));
});

test("a request of more series than are stored at a time is stored whole", async () => {
  for (const maxBytes of [1, 2 ** 26]) {
    const engine = new Engine({ maxBytes });
    const request = Array.from({ length: 21_000 }, (_, i) =>
      series("up", { instance: `${i % 20_500}` }, [NOW + i, i], [NOW + i + 1, i]),
    );
    const { storedSamples, rejections } = await engine.append(engine.newWriters(), request);
    assert.deepEqual([storedSamples, rejections.count], [42_000, 0]);
    await assertSame(engine.reader(), modelOf(request));
  }
});

test("days by turns, with samples between them that are refused", async () => {
  const engine = new Engine({ retentionMs: 4.5 * DAY_MS });
  const samples = Array.from({ length: 60 }, (_, i): [number, number] => [NOW - (i % 7) * DAY_MS + i, i]);
  const request = [series("up", {}, ...samples)];
  const { storedSamples, rejections } = await engine.append(engine.newWriters(), request);
  const kept = samples.filter(([time]) => time >= NOW - 4.5 * DAY_MS);
  assert.deepEqual([storedSamples, rejections.count], [kept.length, samples.length - kept.length]);
  await assertSame(engine.reader(), modelOf([series("up", {}, ...kept)]));
});

describe("what is refused", () => {
  const limits = { maxFutureMs: 600_000 };
  const good = series("up", { job: "good" }, [NOW, 1]);
  const CASES: readonly (readonly [what: string, bad: SentSeries, reason: RegExp])[] = [
    ["no metric name", { labels: [["a", "1"]], samples: [[NOW, 0n]] }, /^series \{a="1"\}: label __name__/],
    [
      "a name twice",
      {
        labels: [
          ["__name__", "x"],
          ["a", "1"],
          ["a", "2"],
        ],
        samples: [[NOW, 0n]],
      },
      /twice/,
    ],
    ["a long value", series("x", { a: "y".repeat(17_000) }, [NOW, 1]), /17000 bytes, at most 16383/],
    [
      "129 labels",
      series("x", Object.fromEntries([...Array(128).keys()].map((i) => [`l${i}`, "1"])), [NOW, 1]),
      /more than 128/,
    ],
    ["the future", series("x", { a: "1" }, [NOW + 601_000, 1]), /x\{a="1"\}: timestamp \d+ is in the future/],
    ["what retention has removed", series("x", {}, [NOW - 31 * DAY_MS, 1]), /older than retention/],
  ];
  for (const [what, bad, reason] of CASES) {
    test(`${what}, and the good series is stored`, async () => {
      const engine = new Engine({ limits, retentionMs: 30 * DAY_MS });
      const { storedSamples, rejections } = await engine.append(engine.newWriters(), [bad, good]);
      assert.equal(storedSamples, 1);
      assert.equal(rejections.count, 1);
      assert.match(rejections.reasons[0], reason);
      await assertSame(engine.reader(), modelOf([good]));
    });
  }

  for (const time of [MAX_TIMESTAMP_MS + 2, -MAX_TIMESTAMP_MS - 2]) {
    test(`${time}, which is no time, from a decoder that lets it pass`, async () => {
      const engine = new Engine({ limits });
      const batch = { ...batchOf(series("x", {}, [NOW, 1]), good), timestamps: Float64Array.of(time, NOW) };
      const appender = engine.newWriters().appender({ tenant: "t", retentionMs: 0 }, engine.table);
      const { storedSamples, rejections } = await appender.append(batch);
      assert.deepEqual([storedSamples, rejections.count], [1, 1]);
      assert.match(rejections.reasons[0], /is no time in ms/);
    });
  }

  test("a request's bad samples among the good of one series", async () => {
    const engine = new Engine({ limits });
    const request = [series("x", {}, [NOW, 1], [NOW + 700_000, 2], [NOW + 1, 3])];
    const { storedSamples, rejections } = await engine.append(engine.newWriters(), request);
    assert.deepEqual([storedSamples, rejections.count], [2, 1]);
    await assertSame(engine.reader(), modelOf([series("x", {}, [NOW, 1], [NOW + 1, 3])]));
  });

  test("a series whose labels nothing stored costs no table call", async () => {
    const table = new FaultyTable();
    const engine = new Engine({ table });
    await engine.append(engine.newWriters(), [{ labels: [["a", "1"]], samples: [[NOW, 0n]] }]);
    await engine.append(engine.newWriters(), []);
    await engine.append(engine.newWriters(), [series("x", {})]);
    assert.deepEqual(table.calls, []);
  });

  test("of 300,000 samples of the future ten are told why they are refused", async () => {
    const engine = new Engine({ limits });
    const { labels } = series("x", { a: "y".repeat(10_000) });
    const samples = Array.from({ length: 300_000 }, (_, i) => [NOW + 700_000 + i, 0n] as const);
    const { rejections } = await engine.append(engine.newWriters(), [{ labels, samples }]);
    assert.equal(rejections.count, 300_000);
    assert.equal(rejections.reasons.length, 10);
  });
});

describe("two label sets with one hash", () => {
  /** The hash is that of the job alone. */
  const hash = (labels: readonly (readonly [string, string])[]) =>
    new Uint8Array(HASH_BYTES).fill(labels.find(([name]) => name === "job")?.[1].length ?? 0);

  test("the second is refused, not mixed, whatever its metric", async () => {
    const engine = new Engine({ hash });
    const writers = engine.newWriters();
    const first = [series("up", { job: "a" }, [NOW, 1])];
    await engine.append(writers, first);
    for (const second of [
      series("up", { job: "b" }, [NOW + 1, 2]),
      series("down", { job: "a" }, [NOW + 1, 2]),
    ]) {
      const { storedSamples, rejections } = await engine.append(writers, [second]);
      assert.equal(storedSamples, 0);
      assert.match(rejections.reasons[0], /its hash \w+ \(\d+ bytes\) is that of another series/);
    }
    await engine.append(writers, [series("up", { job: "aa" }, [NOW + 1, 3])]);
    await assertSame(engine.reader(), modelOf(first, [series("up", { job: "aa" }, [NOW + 1, 3])]));
  });
});

describe("the memory of writers", () => {
  test("a tenant that is forgotten and comes back loses nothing", async () => {
    const engine = new Engine({ maxBytes: 0 });
    const writers = engine.newWriters();
    const models = new Map<string, NaiveStore>();
    for (let round = 0; round < 4; round++) {
      for (const tenant of ["a", "b"]) {
        const request = [series("up", { job: `${round}` }, [NOW, round]), series("up", {}, [NOW, round])];
        await engine.append(writers, request, tenant);
        models.set(tenant, models.get(tenant) ?? new NaiveStore());
        models.get(tenant)?.append(request);
      }
    }
    for (const [tenant, model] of models) await assertSame(engine.reader(tenant), model);
  });

  /** Days of three tenants with one series each take 15 KB, of which days may have three quarters. */
  const FEW_DAYS_BYTES = 21_000;

  test("within the bound the tenant unused longest is forgotten, and no other", async () => {
    const engine = new Engine({ table: new FaultyTable(), maxBytes: FEW_DAYS_BYTES });
    const { calls } = engine.inner as FaultyTable;
    const writers = engine.newWriters();
    const isWarm = async (tenant: string) => {
      const before = calls.length;
      await engine.append(writers, [series("up", {}, [NOW, 1])], tenant);
      return calls.length - before === 1;
    };
    for (const tenant of ["a", "b", "c"]) assert.equal(await isWarm(tenant), false);
    for (const tenant of ["a", "b", "c"]) assert.equal(await isWarm(tenant), true);
    assert.equal(await isWarm("d"), false);
    for (const tenant of ["b", "c", "d"]) assert.equal(await isWarm(tenant), true);
    assert.equal(await isWarm("a"), false);
  });

  test("is bounded while the table is away, too", async () => {
    const table = new FaultyTable();
    const engine = new Engine({ table, maxBytes: FEW_DAYS_BYTES });
    const writers = engine.newWriters();
    await engine.append(writers, [series("up", {}, [NOW, 1])], "a");
    for (const tenant of ["b", "c", "d", "e"]) {
      table.failOnce(0);
      await assert.rejects(engine.append(writers, [series("up", {}, [NOW, 1])], tenant));
    }
    const before = table.calls.length;
    await engine.append(writers, [series("up", {}, [NOW, 1])], "a");
    assert.ok(table.calls.length - before > 1, "tenant a was forgotten for those whose requests failed");
  });
});

test("tenants with confusable names reach their own series only", async () => {
  const engine = new Engine({ table: new MemoryTable() });
  const writers = engine.newWriters();
  const tenants = ["a", "ab", "b", "A", "a.", "..", "S", "P"];
  const requestOf = (tenant: string) => [
    series("up", { job: "same" }, [NOW, tenants.indexOf(tenant)]),
    // What another tenant's partition key goes on with.
    series("b\u0080\u0000\u0051\u002cup", { tenant }, [NOW, 1]),
  ];
  for (const tenant of tenants) await engine.append(writers, requestOf(tenant), tenant);
  for (const tenant of tenants) await assertSame(engine.reader(tenant), modelOf(requestOf(tenant)));
  assert.deepEqual(await selectAll(engine.reader("abc"), { matchers: [], ...ALL_TIME }), []);
});
