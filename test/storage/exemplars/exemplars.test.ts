import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { HearthError } from "../../../lib/model/errors.ts";
import type { Exemplar, SeriesExemplars } from "../../../lib/model/exemplars.ts";
import type { Label } from "../../../lib/model/labels.ts";
import { newMatcher } from "../../../lib/model/matcher.ts";
import type { ExemplarSample } from "../../../lib/model/sample-batch.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import {
  decodeExemplarRecord,
  encodeExemplarRecords,
} from "../../../lib/storage/exemplars/exemplar-record.ts";
import { withoutLabel } from "../../../lib/storage/tenants/replica-labels.ts";
import type { Writers } from "../../../lib/storage/write/writers.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { FaultyTable } from "../../helpers/storage/faulty-table.ts";
import { batchOf, type SentSeries, series } from "../../helpers/write-requests.ts";

const SEED = 20261123;
const NOW = MIDNIGHT_MS + HOUR_MS;
const ALL = [[newMatcher("!=", "__name__", "")]];
const LAST_DAYS = { minTime: NOW - 5 * DAY_MS, maxTime: NOW + DAY_MS };

type Sent = readonly [series: number, timestamp: number, trace: string];

class ExemplarEngine extends Engine {
  readonly faulty = new FaultyTable();
  override nowMs = NOW;
  override tickMs = 0;

  send(writers: Writers, request: readonly SentSeries[], all: readonly Sent[]) {
    const exemplars = all.map(([index, timestamp, trace]): ExemplarSample => {
      return { series: index, timestamp, value: timestamp / 8, labels: [["trace_id", trace]] };
    });
    const batch = { ...batchOf(...request), exemplars };
    return writers.appender({ tenant: "t", retentionMs: 0 }, this.faulty).append(batch);
  }

  /** `job trace@seconds` of each. */
  async found(selections = ALL, range = LAST_DAYS): Promise<string[]> {
    const one = new Engine({ table: this.faulty });
    one.nowMs = this.nowMs;
    return (await one.reader().exemplars(selections, range)).flatMap(({ labels, exemplars }) =>
      exemplars.map(({ labels: [[, trace]], timestamp, value }) => {
        assert.equal(value, timestamp / 8);
        return `${labels.map(([, text]) => text).join(",")} ${trace}@${(timestamp - NOW) / SECOND_MS}`;
      }),
    );
  }
}

const REQUEST = [series("up", { job: "a" }, [NOW, 1]), series("up", { job: "b" }, [NOW, 1])];

test("a record gives back what it got, and is refused when cut", () => {
  const label = fc.tuple(fc.string(), fc.string({ unit: "binary" }));
  const exemplar: fc.Arbitrary<Exemplar> = fc.record(
    {
      labels: fc.array(label as fc.Arbitrary<Label>, { maxLength: 2 }),
      value: fc.double({ noNaN: true }),
      timestamp: fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
    },
    { noNullPrototype: true },
  );
  const one: fc.Arbitrary<SeriesExemplars> = fc.record(
    {
      labels: fc.array(label as fc.Arbitrary<Label>, { maxLength: 3 }),
      exemplars: fc.array(exemplar, { minLength: 1, maxLength: 3 }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 4 }), (all) => {
      const [[newestMs, record], ...more] = encodeExemplarRecords(all);
      assert.equal(more.length, 0);
      assert.deepEqual(decodeExemplarRecord(record), all);
      assert.equal(newestMs, Math.max(...all.flatMap(({ exemplars }) => exemplars.map((e) => e.timestamp))));
      for (let length = 0; length < record.length; length++) {
        assert.throws(
          () => decodeExemplarRecord(record.slice(0, length)),
          (error) => error instanceof HearthError && error.kind === "data",
        );
      }
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test("they come back by series and time, each once, whatever their order", async () => {
  const engine = new ExemplarEngine();
  const writers = engine.newWriters();
  const sent: Sent[] = [
    [0, NOW, "x"],
    [0, NOW - 90 * MINUTE_MS, "w"],
    [1, NOW - SECOND_MS, "y"],
  ];
  assert.equal((await engine.send(writers, REQUEST, sent)).storedExemplars, 3);
  await engine.send(engine.newWriters(), REQUEST, sent);
  await engine.send(writers, REQUEST, [[0, NOW - 30 * SECOND_MS, "v"]]);
  assert.deepEqual(await engine.found(), ["up,a w@-5400", "up,a v@-30", "up,a x@0", "up,b y@-1"]);
});

test("a range and a selection leave the others out", async () => {
  const engine = new ExemplarEngine();
  const times = [0, 59, 60, 61, 119, 120, 24 * 60].map((minutes) => NOW - minutes * MINUTE_MS);
  await engine.send(
    engine.newWriters(),
    REQUEST,
    times.flatMap((time): Sent[] => [[0, time, "x"]]),
  );
  for (const minTime of times) {
    for (const maxTime of times) {
      const expected = times.filter((time) => time >= minTime && time <= maxTime).toSorted((a, b) => a - b);
      assert.deepEqual(
        await engine.found(ALL, { minTime, maxTime }),
        expected.map((time) => `up,a x@${(time - NOW) / SECOND_MS}`),
      );
    }
  }
  const jobs = (...names: string[]) => names.map((job) => [newMatcher("=", "job", job)]);
  assert.equal((await engine.found(jobs("a", "b"))).length, times.length);
  assert.equal((await engine.found(jobs("b"))).length, 0);
});

describe("what is not stored, and is not counted as written", () => {
  const CASES: readonly (readonly [string, readonly Sent[], number])[] = [
    ["of the day before yesterday", [[0, NOW - 49 * HOUR_MS, "x"]], 0],
    ["of the future", [[0, NOW + HOUR_MS, "x"]], 0],
    [
      "more at once than the rate allows",
      Array.from({ length: 10_100 }, (_, i): Sent => [0, NOW - i, String(i)]),
      10_000,
    ],
  ];
  for (const [what, sent, stored] of CASES) {
    test(what, async () => {
      const engine = new ExemplarEngine();
      const { storedExemplars, rejections } = await engine.send(engine.newWriters(), REQUEST, sent);
      assert.deepEqual([storedExemplars, rejections.count], [stored, 0]);
      assert.equal((await engine.found()).length, stored);
    });
  }

  test("those of a series that is refused, for one reason", async () => {
    const engine = new ExemplarEngine();
    const bad: SentSeries = { labels: [["job", "a"]], samples: [[NOW, 1n]] };
    const sent: Sent[] = [
      [0, NOW, "x"],
      [1, NOW, "y"],
    ];
    const { storedExemplars, rejections } = await engine.send(engine.newWriters(), [bad, REQUEST[1]], sent);
    assert.deepEqual([storedExemplars, rejections.count], [1, 1]);
    const alone = await engine.send(engine.newWriters(), [{ ...bad, samples: [] }], [[0, NOW, "x"]]);
    assert.deepEqual([alone.storedExemplars, alone.rejections.count], [0, 1]);
  });
});

test("the rate comes back with time, and they leave after two days", async () => {
  const engine = new ExemplarEngine();
  const writers = engine.newWriters();
  const burst = () => Array.from({ length: 10_000 }, (_, i): Sent => [0, engine.nowMs, String(i)]);
  assert.equal((await engine.send(writers, REQUEST, burst())).storedExemplars, 10_000);
  engine.nowMs += 10 * SECOND_MS;
  assert.equal((await engine.send(writers, REQUEST, burst())).storedExemplars, 1000);
  engine.nowMs += 2 * DAY_MS;
  assert.deepEqual(await engine.found(), []);
});

test("100,000 are the most of an answer", async () => {
  const engine = new ExemplarEngine();
  for (let round = 0; round < 11; round++) {
    const sent = Array.from({ length: 10_000 }, (_, i): Sent => [0, NOW - i, `${round}/${i}`]);
    await engine.send(engine.newWriters(), REQUEST, sent);
  }
  await assert.rejects(() => engine.found(), /more than 100000 exemplars match/);
  assert.equal((await engine.found(ALL, { minTime: NOW - 8, maxTime: NOW })).length, 99);
});

test("a request costs a put more, one without exemplars nothing, and a replica's label is not among theirs", async () => {
  const engine = new ExemplarEngine();
  const writers = engine.newWriters();
  await engine.send(writers, REQUEST, []);
  const before = engine.faulty.calls.length;
  await engine.send(writers, REQUEST, []);
  assert.deepEqual(engine.faulty.calls.slice(before), ["putAll L"]);
  await engine.send(writers, REQUEST, [[1, NOW, "x"]]);
  assert.deepEqual(engine.faulty.calls.slice(before + 1), ["putAll L", "putAll F"]);
  const exemplars = [{ series: 0, timestamp: NOW, value: NOW / 8, labels: [["trace_id", "z"] as const] }];
  const batch = withoutLabel({ ...batchOf(REQUEST[0]), exemplars }, "job");
  await engine.newWriters().appender({ tenant: "t", retentionMs: 0 }, engine.faulty).append(batch);
  assert.deepEqual(await engine.found(), ["up z@0", "up,b x@0"]);
});
