/** The reads of a selection, as text, and beside those that `select` makes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { newMatcher } from "../../../lib/model/matcher.ts";
import type { Selection } from "../../../lib/model/selection.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import type { PartReads } from "../../../lib/storage/interface.ts";
import { KIND } from "../../../lib/storage/layout/keys.ts";
import { printReads } from "../../../lib/storage/read/print-reads.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import {
  type KeyRange,
  type Meter,
  newMeter,
  type QueryOptions,
  type Table,
} from "../../../lib/storage/table/table.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { ALL_TIME, selectAll } from "../../helpers/storage/naive-store.ts";
import { series } from "../../helpers/write-requests.ts";

/** What queries of each kind of partition cost. */
class Spending {
  readonly #meters = new Map<number, Meter>();

  of(kind: number): Meter {
    const meter = this.#meters.get(kind) ?? newMeter();
    this.#meters.set(kind, meter);
    return meter;
  }

  clear(): void {
    this.#meters.clear();
  }

  /** `inner` with its queries counted, and those of what `metered` makes of it. */
  over(inner: Table): Table {
    return new Proxy(inner, {
      get: (target, name) => {
        if (name === "metered") return (meter: Meter) => this.over(target.metered(meter));
        if (name === "query") {
          return (range: KeyRange, options?: QueryOptions) =>
            target.metered(this.of(range.pk[0])).query(range, options);
        }
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }
}

const STEP_MS = 15 * SECOND_MS;

/** Samples of a span, of 40 instances of `load` and one `up`. */
function request(startMs: number, endMs: number) {
  const samples = Array.from({ length: Math.ceil((endMs - startMs) / STEP_MS) }, (_, i): [number, number] => [
    startMs + i * STEP_MS,
    (i * 37) % 100,
  ]);
  const loads = Array.from({ length: 40 }, (_, i) => series("load", { instance: `i${i}` }, ...samples));
  return [...loads, series("up", { job: "a" }, ...samples)];
}

/** Eight hours are chunks, two more a run, and a minute is in the log. */
async function filled(): Promise<{ engine: Engine; spending: Spending }> {
  const spending = new Spending();
  const engine = new Engine({ table: spending.over(new MemoryTable()) });
  const writers = engine.newWriters();
  const write = async (fromMs: number, toMs: number) => {
    engine.nowMs = MIDNIGHT_MS + toMs;
    const { rejections } = await engine.append(writers, request(MIDNIGHT_MS + fromMs, MIDNIGHT_MS + toMs));
    assert.equal(rejections.count, 0);
  };
  await write(0, 8 * HOUR_MS);
  engine.nowMs += 2 * HOUR_MS;
  await engine.compact();
  await write(8 * HOUR_MS, 10 * HOUR_MS);
  await engine.compact();
  await write(10 * HOUR_MS, 10 * HOUR_MS + MINUTE_MS);
  return { engine, spending };
}

const select = (text: string, range: Partial<Selection> = {}): Selection => {
  const [metric, instance] = text.split("/");
  const matchers = [newMatcher("=", "__name__", metric)];
  if (instance !== undefined) matchers.push(newMatcher("=~", "instance", instance));
  return { matchers, ...ALL_TIME, ...range };
};

/** Without the seconds up to which the compactor flushes, and without how often it stores the manifest. */
function normal(lines: readonly string[]): string[] {
  return lines.map((line) =>
    line.replace(/10:00:[\d.]+Z/, "10:00Z").replace(/generation \d+/, "generation N"),
  );
}

describe("a day of chunks, a run and a log", async () => {
  const { engine, spending } = await filled();

  const TEXTS: readonly (readonly [what: string, selection: Selection, lines: readonly string[]])[] = [
    [
      "one series of many",
      select("load/i3"),
      [
        "1 series in 1 day; finding them took 5 read units",
        "day 2026-11-23: 1 series of 1 metric",
        "  manifest  generation N, log compacted up to 2026-11-23T10:00Z",
        "  index     1 part of 1 block and 41 series, and series records",
        "  log       2 of 17 shards, records received from 2026-11-23T10:00Z on",
        "  chunks    2026-11-23T00:00:00Z to 2026-11-23T07:59:45Z: 1 query, about 0.5 read units",
        "  run       2026-11-23T08:00:00Z to 2026-11-23T09:59:45Z: 1 query, 1 of a whole partition, about 1.5 read units",
      ],
    ],
    [
      "a metric, of the last hours",
      select("load", { minTime: MIDNIGHT_MS + 9 * HOUR_MS }),
      [
        "40 series in 1 day; finding them took 5 read units",
        "day 2026-11-23: 40 series of 1 metric",
        "  manifest  generation N, log compacted up to 2026-11-23T10:00Z",
        "  index     1 part of 1 block and 41 series, and series records",
        "  log       2 of 17 shards, records received from 2026-11-23T10:00Z on",
        "  run       2026-11-23T08:00:00Z to 2026-11-23T09:59:45Z: 1 query, 1 of a whole partition, about 1.5 read units",
      ],
    ],
    [
      "nothing that matches",
      select("other"),
      [
        "0 series in 1 day; finding them took 5 read units",
        "day 2026-11-23: 0 series of 0 metrics",
        "  manifest  generation N, log compacted up to 2026-11-23T10:00Z",
        "  index     1 part of 1 block and 41 series, and series records",
      ],
    ],
    [
      "before there was anything",
      select("load", { maxTime: MIDNIGHT_MS - 1 }),
      ["0 series in 0 days; finding them took 2 read units"],
    ],
  ];
  for (const [what, selection, lines] of TEXTS) {
    test(what, async () => {
      assert.deepEqual(normal(printReads(await engine.reader().explain(selection))), lines);
    });
  }

  const SELECTIONS = [
    select("load"),
    select("load/i3"),
    select("load/i[1-9]"),
    select("up"),
    select("up", { maxTime: MIDNIGHT_MS + HOUR_MS }),
    select("load", { minTime: MIDNIGHT_MS + 9 * HOUR_MS }),
    select("other"),
  ];
  for (const selection of SELECTIONS) {
    const { matchers, minTime, maxTime } = selection;
    test(`as select reads it: ${matchers.map(({ value }) => value)} ${minTime}..${maxTime}`, async () => {
      const { days, seriesCount } = await engine.reader().explain(selection);
      spending.clear();
      assert.ok((await selectAll(engine.reader(), selection)).length <= seriesCount);
      for (const [kind, partition] of [["run", KIND.run] as const, ["chunks", KIND.chunk] as const]) {
        const parts = days.flatMap((day) => day.parts.filter((part) => part.kind === kind));
        const sum = (of: (part: PartReads) => number) => parts.reduce((total, part) => total + of(part), 0);
        const { calls, readUnits } = spending.of(partition);
        assert.equal(
          calls,
          sum(({ queries }) => queries),
          kind,
        );
        const expected = sum(({ readUnits }) => readUnits);
        assert.ok(
          readUnits >= expected / 2 - 0.5 && readUnits <= expected * 2 + 0.5,
          `${expected} ${readUnits}`,
        );
      }
      const logged = days.flatMap((day) => (day.seriesCount > 0 ? [day.log.shards] : []));
      assert.equal(
        spending.of(KIND.log).calls,
        logged.reduce((a, b) => a + b, 0),
      );
    });
  }
});
