/** A bulk of writes keeps its pace, and waits out a table that throttles. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HearthError } from "../../../lib/model/errors.ts";
import { MINUTE_MS } from "../../../lib/model/time.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import type { Item, Key } from "../../../lib/storage/table/table.ts";
import { ThrottledTable, type ThrottleOptions } from "../../../lib/storage/table/throttled-table.ts";

/** A clock that waiting moves. */
function newTime() {
  const time = { nowMs: 1_000_000, waits: [] as number[] };
  const options: ThrottleOptions = {
    clock: () => time.nowMs,
    sleep: async (ms) => {
      time.waits.push(ms);
      time.nowMs += ms;
    },
  };
  return { time, options };
}

class RefusingTable extends MemoryTable {
  refusals: number;
  kind: HearthError["kind"] = "unavailable";
  puts = 0;

  constructor(refusals: number) {
    super();
    this.refusals = refusals;
  }

  override async putAll(items: readonly Item[]): Promise<void> {
    this.puts++;
    if (this.refusals-- > 0) throw new HearthError(this.kind, "throttled");
    await super.putAll(items);
  }
}

/** Ten items of two write units each. */
function tenItems(): Item[] {
  return Array.from({ length: 10 }, (_, i) => ({
    pk: Uint8Array.of(1),
    sk: Uint8Array.of(i),
    value: new Uint8Array(1500),
  }));
}

test("so many units a second and no more", async () => {
  const { time, options } = newTime();
  const table = new ThrottledTable(new MemoryTable(), { ...options, unitsPerSecond: 10 });
  const start = time.nowMs;
  for (let i = 0; i < 5; i++) await table.putAll(tenItems());
  // The first goes at once; each takes the time of its twenty units.
  assert.equal(time.nowMs - start, 4 * 2000);
});

test("as fast as it goes where nothing is said", async () => {
  const { time, options } = newTime();
  const table = new ThrottledTable(new MemoryTable(), options);
  for (let i = 0; i < 5; i++) await table.putAll(tenItems());
  assert.deepEqual(time.waits, []);
});

test("what is refused is stored later, with waits that double up to half a minute", async () => {
  const { time, options } = newTime();
  const inner = new RefusingTable(8);
  const told: number[] = [];
  const table = new ThrottledTable(inner, { ...options, onThrottled: (waitMs) => told.push(waitMs) });
  await table.putAll(tenItems());
  assert.deepEqual(time.waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  assert.deepEqual(told, time.waits);
  assert.ok(await inner.get({ pk: Uint8Array.of(1), sk: Uint8Array.of(9) }));
});

test("a table that refuses for ten minutes is away", async () => {
  const { time, options } = newTime();
  const start = time.nowMs;
  const table = new ThrottledTable(new RefusingTable(Number.POSITIVE_INFINITY), options);
  await assert.rejects(table.putAll(tenItems()), /throttled/);
  assert.ok(time.nowMs - start >= 10 * MINUTE_MS && time.nowMs - start < 11 * MINUTE_MS);
});

test("an error that waiting does not mend is thrown at once", async () => {
  const { time, options } = newTime();
  const inner = new RefusingTable(1);
  inner.kind = "internal";
  await assert.rejects(new ThrottledTable(inner, options).putAll(tenItems()), /throttled/);
  assert.deepEqual([time.waits, inner.puts], [[], 1]);
});

test("an aborted signal ends the waiting, and nothing more is stored", async () => {
  const { options } = newTime();
  const stop = new AbortController();
  const inner = new RefusingTable(Number.POSITIVE_INFINITY);
  const onThrottled = () => {
    if (inner.puts === 3) stop.abort(new Error("stopped"));
  };
  const table = new ThrottledTable(inner, { ...options, signal: stop.signal, onThrottled });
  await assert.rejects(table.putAll(tenItems()), /stopped/);
  await assert.rejects(table.putAll(tenItems()), /stopped/);
  assert.equal(inner.puts, 3);
});

/** Refuses the first two tries of each call. */
class BusyTable extends MemoryTable {
  tries = 0;

  #refuse(): void {
    if (this.tries++ % 3 < 2) throw new HearthError("unavailable", "throttled");
  }

  override async put(item: Item): Promise<void> {
    this.#refuse();
    await super.put(item);
  }

  override async putIfAbsent(item: Item): Promise<boolean> {
    this.#refuse();
    return super.putIfAbsent(item);
  }

  override async putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    this.#refuse();
    return super.putIfEqual(item, expected);
  }

  override async get(...request: Parameters<MemoryTable["get"]>): Promise<Item | undefined> {
    this.#refuse();
    return super.get(...request);
  }

  override async *query(
    ...request: Parameters<MemoryTable["query"]>
  ): AsyncGenerator<readonly Item[], void, void> {
    this.#refuse();
    yield* super.query(...request);
  }

  override async delete(key: Key): Promise<void> {
    this.#refuse();
    await super.delete(key);
  }
}

test("every call waits for the table: a day that is written must not fail by its last one", async () => {
  const { time, options } = newTime();
  const inner = new BusyTable();
  const table = new ThrottledTable(inner, options);
  const [item, other] = tenItems();
  await table.put(item);
  assert.equal(await table.putIfAbsent(other), true);
  assert.equal(await table.putIfAbsent(other), false);
  assert.equal(await table.putIfEqual({ ...other, value: Uint8Array.of(1) }, other.value), true);
  assert.deepEqual((await table.get(other))?.value, Uint8Array.of(1));
  const found: Item[] = [];
  for await (const page of table.query({ pk: item.pk })) found.push(...page);
  assert.equal(found.length, 2);
  for await (const page of table.query({ pk: Uint8Array.of(9) })) assert.deepEqual(page, []);
  await table.delete(item);
  assert.deepEqual([inner.tries, time.waits.length], [8 * 3, 8 * 2]);
});

test("a table that was away for ten minutes is not waited for by the next call", async () => {
  const { time, options } = newTime();
  const inner = new RefusingTable(Number.POSITIVE_INFINITY);
  const table = new ThrottledTable(inner, options);
  await assert.rejects(table.putAll(tenItems()), /throttled/);
  const { puts } = inner;
  const { nowMs } = time;
  await assert.rejects(table.putAll(tenItems()), /throttled/);
  assert.deepEqual([inner.puts, time.nowMs], [puts + 1, nowMs]);
});
