/** One damaged item costs itself: it goes to quarantine, is counted, and everything else goes on. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HearthError } from "../../../lib/model/errors.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { dayOf, KIND, parseReceiveTime } from "../../../lib/storage/layout/keys.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import type { Item, Table } from "../../../lib/storage/table/table.ts";
import {
  allSamples,
  manifestOf,
  quarantinedOf,
  runCompactor,
  runUntil,
} from "../../helpers/storage/compaction.ts";
import { itemsOf } from "../../helpers/storage/damage.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { series } from "../../helpers/write-requests.ts";

const DAY = dayOf(MIDNIGHT_MS);

function ofKind(table: MemoryTable, kind: number): Promise<Item[]> {
  return itemsOf(table, String.fromCharCode(kind));
}

/** Ways to damage an item, its checksum right or wrong. */
const DAMAGES = {
  "a bit": (item: Item): Item => ({
    ...item,
    value: item.value.map((byte, i) => (i === 3 ? byte ^ 4 : byte)),
  }),
  /** As a later version writes it: what there is of a checksum is left out. */
  "an unknown version": ({ pk, sk, value, expiresAtSeconds }: Item): Item => ({
    pk,
    sk,
    value: Uint8Array.of(99, ...value.subarray(1)),
    ...(expiresAtSeconds !== undefined && { expiresAtSeconds }),
  }),
};

async function newEngine(): Promise<{ engine: Engine; table: MemoryTable }> {
  const table = new MemoryTable();
  const engine = new Engine({ table });
  engine.nowMs = MIDNIGHT_MS + HOUR_MS;
  const writers = [engine.newWriters(), engine.newWriters()];
  for (const [number, writer] of writers.entries())
    for (let i = 0; i < 3; i++) {
      engine.nowMs += MINUTE_MS;
      await engine.append(writer, [series(`up${number}`, {}, [engine.nowMs, i])]);
    }
  engine.nowMs += 20 * MINUTE_MS;
  return { engine, table };
}

async function damage(table: MemoryTable, kind: number, how: (item: Item) => Item): Promise<Item> {
  const [item] = await ofKind(table, kind);
  await table.put(how(item));
  return item;
}

/** Stores nothing more from the first item in quarantine on. */
function failAfterQuarantine(inner: Table): Table {
  let hasFailed = false;
  const table: Table = Object.create(inner);
  table.metered = () => table;
  table.get = (...args) => inner.get(...args);
  table.query = (...args) => inner.query(...args);
  table.put = (item) => inner.put(item);
  table.putAll = (items) => inner.putAll(items);
  table.putIfAbsent = async (item) => {
    const isStored = await inner.putIfAbsent(item);
    hasFailed ||= item.pk[0] === KIND.quarantine;
    return isStored;
  };
  table.putIfEqual = async (item, expected) => {
    if (hasFailed) throw new HearthError("unavailable", "the process has ended");
    return inner.putIfEqual(item, expected);
  };
  return table;
}

describe("a damaged item", () => {
  for (const [name, how] of Object.entries(DAMAGES)) {
    for (const [kind, lost] of [
      ["log", 1],
      ["series", 0],
    ] as const) {
      test(`${kind} record, ${name}: all other samples are compacted`, async () => {
        const { engine, table } = await newEngine();
        const before = (await allSamples(engine)).length;
        assert.equal(before, 6);
        await damage(table, KIND[kind], how);
        const { errors, quarantined, damaged } = await runCompactor(engine);
        assert.deepEqual([errors, quarantined], [[], 1]);
        assert.deepEqual(
          damaged.map((one) => [one.tenant, one.day, one.kind]),
          [["t", DAY, kind]],
        );
        const { parts, facts, flushedToMs } = await manifestOf(engine, DAY);
        assert.equal(
          parts.reduce((sum, { samples }) => sum + samples, 0),
          6 - lost,
        );
        assert.equal(facts.quarantined, 1);
        assert.ok(flushedToMs > MIDNIGHT_MS + HOUR_MS);
        const [kept] = await quarantinedOf(engine.table);
        assert.equal(kept.item.pk[0], KIND[kind]);
        await runUntil(engine, MIDNIGHT_MS + 26 * HOUR_MS, HOUR_MS);
        assert.notEqual((await manifestOf(engine, DAY)).facts.settledMarks, undefined);
        assert.equal((await quarantinedOf(engine.table)).length, 1);
      });
    }
  }

  test("a run that ends between quarantine and manifest: the next one counts the item", async () => {
    const { engine, table } = await newEngine();
    await damage(table, KIND.log, DAMAGES["a bit"]);
    const faulty = Object.assign(Object.create(engine) as Engine, {
      table: failAfterQuarantine(engine.table),
    });
    await runCompactor(faulty);
    assert.equal((await manifestOf(engine, DAY)).parts.length, 0);
    assert.equal((await quarantinedOf(engine.table)).length, 1);
    engine.nowMs += HOUR_MS;
    assert.deepEqual((await runCompactor(engine)).errors, []);
    const { parts, facts } = await manifestOf(engine, DAY);
    assert.deepEqual([parts.length, facts.quarantined], [1, 1]);
    await runUntil(engine, MIDNIGHT_MS + 50 * HOUR_MS, HOUR_MS);
    assert.equal((await manifestOf(engine, DAY)).facts.quarantined, 1);
  });

  test("dictionary with a wrong bit: its records go with it, those of another writer are compacted", async () => {
    const { engine, table } = await newEngine();
    await damage(table, KIND.dictionary, DAMAGES["a bit"]);
    const { errors, quarantined } = await runCompactor(engine);
    assert.deepEqual([errors, quarantined], [[], 4]);
    const { parts } = await manifestOf(engine, DAY);
    assert.equal(
      parts.reduce((sum, { samples }) => sum + samples, 0),
      3,
    );
    assert.deepEqual(
      (await quarantinedOf(engine.table)).map(({ item }) => String.fromCharCode(item.pk[0])).sort(),
      ["D", "L", "L", "L"],
    );
  });

  test("run block: its bucket is chunked without it, and it is kept", async () => {
    const { engine, table } = await newEngine();
    await runCompactor(engine);
    engine.nowMs += 2 * HOUR_MS;
    await engine.append(engine.newWriters(), [series("up0", {}, [engine.nowMs, 9])]);
    engine.nowMs += HOUR_MS;
    await runCompactor(engine);
    const block = await damage(table, KIND.run, DAMAGES["a bit"]);
    await runUntil(engine, MIDNIGHT_MS + 9 * HOUR_MS, HOUR_MS);
    const { parts } = await manifestOf(engine, DAY);
    assert.deepEqual(
      parts.map(({ kind, samples }) => [kind, samples]),
      [["chunks", 1]],
    );
    const [kept] = await quarantinedOf(engine.table);
    assert.deepEqual([kept.item.pk, kept.item.sk], [block.pk, block.sk]);
  });

  test("index block: the index is merged without it, and it is kept", async () => {
    const { engine, table } = await newEngine();
    await runCompactor(engine);
    engine.nowMs += 2 * HOUR_MS;
    await engine.append(engine.newWriters(), [series("later", {}, [engine.nowMs, 9])]);
    engine.nowMs += HOUR_MS;
    await runCompactor(engine);
    await damage(table, KIND.index, DAMAGES["a bit"]);
    await runUntil(engine, MIDNIGHT_MS + 26 * HOUR_MS, HOUR_MS);
    const { index } = await manifestOf(engine, DAY);
    assert.deepEqual(
      index.map(({ series: count }) => count),
      [1],
    );
    assert.equal((await quarantinedOf(engine.table))[0].item.pk[0], KIND.index);
  });
});

describe("an input that has not what the manifest says", () => {
  /** Two buckets with runs, and what is removed of the first. */
  async function newDay() {
    const { engine, table } = await newEngine();
    await runCompactor(engine);
    engine.nowMs = MIDNIGHT_MS + 9 * HOUR_MS;
    await engine.append(engine.newWriters(), [series("other", {}, [engine.nowMs, 9])]);
    return { engine, table };
  }

  test("nothing of its bucket is published, it is named, and other buckets and days go on", async () => {
    const { engine, table } = await newDay();
    const { parts: before } = await manifestOf(engine, DAY);
    const [block] = await ofKind(table, KIND.run);
    await table.delete(block);
    engine.nowMs = MIDNIGHT_MS + 25 * HOUR_MS;
    await engine.append(engine.newWriters(), [series("next", {}, [engine.nowMs, 9])]);
    engine.nowMs = MIDNIGHT_MS + 26 * HOUR_MS;
    const { errors, failures } = await runCompactor(engine);
    assert.equal(failures, 1);
    assert.match(errors[0], /run \w+ of bucket 0 has 0 samples, expected 6;.* tenant=t day=2026-11-23/);
    const { parts, facts } = await manifestOf(engine, DAY);
    assert.deepEqual(
      parts.map(({ kind, bucket }) => [kind, bucket]),
      [
        ["run", 0],
        ["chunks", 1],
      ],
    );
    assert.deepEqual(parts[0], before[0]);
    assert.deepEqual(
      facts.held.map(({ bucket }) => bucket),
      [0],
    );
    // It is not tried again at once, and stays an error.
    engine.nowMs += 5 * MINUTE_MS;
    const again = await runCompactor(engine);
    assert.match(again.errors[0], /bucket 0 is left as it is/);
    // It comes back, from a backup say: a day later all is well.
    await table.put(block);
    await runUntilHealed(engine);
    assert.ok((await manifestOf(engine, DAY)).parts.every(({ kind }) => kind === "chunks"));
    assert.equal((await allSamples(engine)).length, 8);
  });

  async function runUntilHealed(engine: Engine): Promise<void> {
    for (let i = 0; i < 30; i++) {
      engine.nowMs += HOUR_MS;
      if ((await runCompactor(engine)).failures === 0) return;
    }
    assert.fail("still held");
  }

  test("what is left of it stays for longer than TTL takes", async () => {
    const { engine, table } = await newDay();
    engine.nowMs = MIDNIGHT_MS + 10 * HOUR_MS;
    const blocks = await ofKind(table, KIND.run);
    assert.ok(blocks.every(({ expiresAtSeconds }) => expiresAtSeconds !== undefined));
    // Of two blocks of a partition the first is gone.
    const [{ pk, sk, value, expiresAtSeconds }] = blocks;
    await table.put({ pk, sk: Uint8Array.of(0, 0, 0, 1, 1), value, expiresAtSeconds: expiresAtSeconds! });
    await table.delete({ pk, sk });
    await runCompactor(engine);
    const left = await ofKind(table, KIND.run);
    assert.ok(left.some(({ expiresAtSeconds }) => expiresAtSeconds === undefined));
  });

  test("what others write afterwards expires as ever: the compactor is not behind", async () => {
    const { engine, table } = await newDay();
    await table.delete((await ofKind(table, KIND.run))[0]);
    const writers = engine.newWriters();
    for (let hour = 0; hour < 4 * 24; hour++) {
      engine.nowMs += HOUR_MS;
      await engine.append(writers, [series("up", {}, [engine.nowMs, 1])], "other");
      await runCompactor(engine);
    }
    const failing = (await runCompactor(engine)).reports.filter(({ error }) => error !== undefined);
    assert.deepEqual(
      failing.map(({ tenant, day }) => [tenant, day]),
      [["t", DAY]],
    );
    engine.nowMs += 2 * HOUR_MS;
    const before = engine.nowMs;
    await engine.append(engine.newWriters(), [series("up", {}, [engine.nowMs, 1])], "other");
    const written = (await ofKind(table, KIND.log)).filter(({ sk }) => parseReceiveTime(sk) > before);
    assert.deepEqual(
      written.map(({ expiresAtSeconds }) => expiresAtSeconds !== undefined),
      [true],
    );
  });

  test("an index item that is gone: the parts stay as they are", async () => {
    const { engine, table } = await newDay();
    engine.nowMs += HOUR_MS;
    await runCompactor(engine);
    const before = (await manifestOf(engine, DAY)).index;
    assert.equal(before.length, 2);
    const [block] = await ofKind(table, KIND.index);
    await table.delete(block);
    engine.nowMs = MIDNIGHT_MS + 26 * HOUR_MS;
    const { errors } = await runCompactor(engine);
    assert.match(errors[0], /index part \w+ has 0 blocks, expected 1;/);
    assert.deepEqual((await manifestOf(engine, DAY)).index, before);
  });
});

test("counts survive an invocation that stops in the middle of a bucket", async () => {
  const { engine, table } = await newEngine();
  await runCompactor(engine);
  engine.nowMs = MIDNIGHT_MS + 9 * HOUR_MS;
  const partitionBits = () => 4;
  for (let run = 0; run < 40; run++) {
    // Time for one group of series, or two.
    const deadlineMs = engine.nowMs + 20;
    await runCompactor(engine, { partitionBits, deadlineMs });
    engine.nowMs += 6 * MINUTE_MS;
  }
  const { parts } = await manifestOf(engine, DAY);
  assert.deepEqual(
    parts.map(({ kind, samples }) => [kind, samples]),
    [["chunks", 6]],
  );
  assert.ok((await ofKind(table, KIND.progress)).length > 0, "it was stopped at least once");
});

test("days beside a damaged one", async () => {
  const { engine } = await newEngine();
  await engine.append(engine.newWriters(), [series("up", {}, [MIDNIGHT_MS - DAY_MS, 1])], "other");
  engine.nowMs += HOUR_MS;
  assert.deepEqual((await runCompactor(engine)).errors, []);
});
