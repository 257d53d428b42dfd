/** Writers whose table fails, and writers at the same time. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DAY_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { KIND } from "../../../lib/storage/layout/keys.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import type { Item } from "../../../lib/storage/table/table.ts";
import { Engine } from "../../helpers/storage/engine.ts";
import { FAULTS, FaultyTable } from "../../helpers/storage/faulty-table.ts";
import { ALL_TIME, assertSame, type NaiveStore, selectAll } from "../../helpers/storage/naive-store.ts";
import { type SentSeries, series } from "../../helpers/write-requests.ts";
import { modelOf, NOW, REQUEST } from "./sent-requests.ts";

/** One series that the request before has, and one that is new. */
const NEXT_REQUEST: readonly SentSeries[] = [
  series("up", { job: "b" }, [NOW + 20, 6]),
  series("up", { job: "c" }, [NOW + 20, 7]),
];

describe("a table that fails", () => {
  /** Makes a fault at every call of an append in turn, until one goes by without. */
  async function atEveryCall(check: (engine: Engine, table: FaultyTable, k: number) => Promise<void>) {
    for (let k = 0, failed = true; failed; k++) {
      assert.ok(k < 100);
      const table = new FaultyTable();
      const engine = new Engine({ table });
      await check(engine, table, k);
      failed = table.hasFailed;
    }
  }

  /** A subset of what was sent, and no error: a request that failed may be stored in any part. */
  async function assertPart(engine: Engine, whole: NaiveStore) {
    const all = new Set(whole.select({ matchers: [], ...ALL_TIME }).flatMap(samplesOf));
    for (const sample of (await selectAll(engine.reader(), { matchers: [], ...ALL_TIME })).flatMap(
      samplesOf,
    )) {
      assert.ok(all.has(sample) || sample.endsWith(":4611686018427387904"), sample);
    }
  }
  const samplesOf = ({
    labels,
    samples,
  }: {
    labels: unknown;
    samples: readonly (readonly [number, bigint])[];
  }) => samples.map(([time, bits]) => `${JSON.stringify(labels)}@${time}:${bits}`);

  for (const fault of FAULTS) {
    for (const cold of [false, true]) {
      test(`at any call (${fault}), ${cold ? "another" : "the same"} writer's retry makes all visible`, () =>
        atEveryCall(async (engine, table, k) => {
          const model = modelOf(REQUEST, NEXT_REQUEST);
          const writers = engine.newWriters();
          table.failOnce(k, fault);
          for (const request of [REQUEST, NEXT_REQUEST]) {
            await engine.append(writers, request).catch(async (error) => {
              assert.equal(error.kind, "unavailable");
              await assertPart(engine, model);
              await engine.append(cold ? engine.newWriters() : writers, request);
            });
          }
          table.heal();
          await assertSame(engine.reader(), model);
        }));
    }
  }

  test("what is answered is visible to a new reader, whatever fails later", () =>
    atEveryCall(async (engine, table, k) => {
      const writers = engine.newWriters();
      await engine.append(writers, REQUEST);
      table.failOnce(k);
      const stored = await engine.append(writers, NEXT_REQUEST).then(
        () => [REQUEST, NEXT_REQUEST],
        () => [REQUEST],
      );
      table.heal();
      await assertSame(engine.reader(), modelOf(...stored));
    }));

  test("a put that failed takes effect after the retry, and others after it: nothing changes", () =>
    atEveryCall(async (engine, table, k) => {
      const writers = engine.newWriters();
      table.failOnce(k);
      const other = [series("disk", { job: "z" }, [NOW + 10, 8])];
      await engine.append(writers, REQUEST).catch(() => {});
      table.heal();
      await engine.append(writers, other);
      await table.inner.putAll(table.lost);
      await engine.append(writers, REQUEST);
      await engine.append(writers, NEXT_REQUEST);
      await table.inner.putAll(table.lost);
      await assertSame(engine.reader(), modelOf(other, REQUEST, NEXT_REQUEST));
    }));

  test("a read fails whole at any call, and answers no part", () =>
    atEveryCall(async (engine, table, k) => {
      await engine.append(engine.newWriters(), REQUEST);
      await engine.append(engine.newWriters(), NEXT_REQUEST);
      table.failOnce(k);
      const model = modelOf(REQUEST, NEXT_REQUEST);
      const first = await engine
        .reader()
        .select({ matchers: [], ...ALL_TIME })
        .next()
        .catch((error) => error.kind);
      assert.equal(first === "unavailable", table.hasFailed);
      table.heal();
      await assertSame(engine.reader(), model);
    }));
});

/** Series records wait for a promise. */
class HeldTable extends MemoryTable {
  held: Promise<unknown> = Promise.resolve();

  override async putAll(items: readonly Item[]): Promise<void> {
    if (items.some(({ pk }) => pk[0] === KIND.series)) await this.held;
    return super.putAll(items);
  }
}

/** Keeps the calls that stored a dictionary. */
class RepeatableTable extends MemoryTable {
  readonly stored: { readonly item: Item; readonly again: () => Promise<unknown> }[] = [];

  override async put(item: Item): Promise<void> {
    this.#keep(item, () => super.put(item));
    return super.put(item);
  }

  override async putIfAbsent(item: Item): Promise<boolean> {
    this.#keep(item, () => super.putIfAbsent(item));
    return super.putIfAbsent(item);
  }

  #keep(item: Item, again: () => Promise<unknown>): void {
    if (item.pk[0] === KIND.dictionary) this.stored.push({ item, again });
  }
}

test("a call that takes effect late does not undo the renewal of a dictionary", async () => {
  const table = new RepeatableTable();
  const engine = new Engine({ table, retentionMs: 2 * DAY_MS });
  await engine.append(engine.newWriters(), [series("up", {}, [NOW, 1])]);
  assert.equal(table.stored.length, 1);
  const [{ item, again }] = table.stored;
  const renewed = { ...item, expiresAtSeconds: (item.expiresAtSeconds ?? 0) + DAY_MS / SECOND_MS };
  await table.putAll([renewed]);
  await again();
  assert.equal((await table.get(item))?.expiresAtSeconds, renewed.expiresAtSeconds);
});

describe("concurrency", () => {
  test("a series that another request moves to another dictionary meanwhile stays itself", async () => {
    const table = new HeldTable();
    // Hashes of "up" begin with 0x75, those of "requests_total" with 0xa7: two shards.
    const engine = new Engine({ table, shardBits: () => 1 });
    const one = (name: string, job: string, at: number) => series(name, { job }, [NOW + at, at]);
    const requests = [
      [one("requests_total", "x", 0), one("requests_total", "y", 0)],
      [one("requests_total", "z", 1), one("up", "x", 1)],
      [one("up", "x", 2)],
      [one("up", "y", 3)],
      [one("requests_total", "y", 4), one("requests_total", "x", 4), one("up", "z", 4)],
      [one("requests_total", "z", 5), one("requests_total", "y", 5)],
    ];
    // Two dictionaries of one shard, and a process that has adopted both.
    for (const request of requests.slice(0, 2)) await engine.append(engine.newWriters(), request);
    const writers = engine.newWriters();
    await engine.append(writers, requests[2]);
    const { promise, resolve } = Promise.withResolvers<void>();
    table.held = promise;
    const waiting = [engine.append(writers, requests[3]), engine.append(writers, requests[4])];
    // Its series stand in two dictionaries, so both get places in a new one.
    await engine.append(writers, requests[5]);
    resolve();
    await Promise.all(waiting);
    await assertSame(engine.reader(), modelOf(...requests));
  });

  test("many appends at once of the same new series register it once", async () => {
    const table = new FaultyTable();
    const engine = new Engine({ table });
    const writers = engine.newWriters();
    const requests = Array.from({ length: 30 }, (_, i) => [series("up", { job: "a" }, [NOW + i, i])]);
    await Promise.all(requests.map((request) => engine.append(writers, request)));
    assert.equal(table.calls.filter((call) => call === "putIfAbsent D").length, 1);
    await assertSame(engine.reader(), modelOf(...requests));
  });

  test("at once on several writers, among new series, with every call of one failing in turn", async () => {
    for (let k = 0; k < 40; k++) {
      const table = new FaultyTable();
      const engine = new Engine({ table });
      const all = [engine.newWriters(), engine.newWriters()];
      const requests = Array.from({ length: 8 }, (_, i) => [
        series("up", { job: `${i % 3}` }, [NOW + i, i]),
        series(`m${i % 4}`, {}, [NOW - i, i], [NOW + i, i]),
      ]);
      table.failOnce(k, FAULTS[k % 3]);
      await Promise.all(
        requests.map(async (request, i) => {
          const writers = all[i % 2];
          await engine.append(writers, request).catch(() => engine.append(writers, request));
        }),
      );
      await assertSame(engine.reader(), modelOf(...requests));
    }
  });
});
