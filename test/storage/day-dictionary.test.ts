import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { Rejections } from "../../lib/model/rejections.ts";
import { DayDictionary } from "../../lib/storage/day-dictionary.ts";
import { decodeDictionary } from "../../lib/storage/dictionary.ts";
import { dictionaryRange, parseDictionarySortKey, WRITER_ID_BYTES } from "../../lib/storage/keys.ts";
import { hashHex, seriesHash } from "../../lib/storage/series-hash.ts";
import { SeriesRegistry } from "../../lib/storage/series-registry.ts";
import type { Table } from "../../lib/storage/table.ts";
import { FAULTS, FaultyTable } from "../helpers/faulty-table.ts";
import { batchOf, series } from "../helpers/write-requests.ts";

const DAY = 20_780;

/** A registry that knows `count` series, numbered from 0. */
function registryOf(count: number): SeriesRegistry {
  const registry = new SeriesRegistry(DEFAULT_LIMITS, seriesHash);
  const batch = batchOf(...Array.from({ length: count }, (_, i) => series(`m${i % 7}`, { n: `${i}` })));
  for (let i = 0; i < count; i++) registry.resolve(batch, i, new Rejections());
  return registry;
}

function newDictionary(registry: SeriesRegistry): DayDictionary {
  const writer = crypto.getRandomValues(new Uint8Array(WRITER_ID_BYTES));
  return new DayDictionary({ tenant: "t", day: DAY, writer, retentionMs: 0 }, registry);
}

/** Hashes by reference, as a reader sees them. Throws if an item says something of another's references. */
async function stored(table: Table, writer: Uint8Array): Promise<Map<number, string>> {
  const hashes = new Map<number, string>();
  for await (const page of table.query(dictionaryRange("t", DAY, writer))) {
    for (const item of page) {
      let { firstReference: reference } = parseDictionarySortKey(item.sk);
      for (const hash of decodeDictionary(item.value)) {
        assert.ok(!hashes.has(reference), `reference ${reference} is given twice`);
        hashes.set(reference++, hash);
      }
    }
  }
  return hashes;
}

async function assertStored(
  table: Table,
  dictionary: DayDictionary,
  registry: SeriesRegistry,
  count: number,
) {
  const hashes = await stored(table, dictionary.writer);
  for (let s = 0; s < count; s++) {
    assert.equal(hashes.get(dictionary.reference(s)), hashHex(registry.hash(s)), `series ${s}`);
  }
}

const upTo = (count: number) => Array(count).keys();

test("references count from 0 in the order of registration, each series once", async () => {
  const table = new FaultyTable();
  const registry = registryOf(10);
  const dictionary = newDictionary(registry);
  assert.equal(dictionary.reference(3), -1);
  await dictionary.register(table, [3, 1, 3]);
  await dictionary.register(table, [1, 0]);
  assert.deepEqual(
    [3, 1, 0, 2].map((s) => dictionary.reference(s)),
    [0, 1, 2, -1],
  );
  const before = table.calls.length;
  await dictionary.register(table, [0, 1, 3]);
  assert.equal(table.calls.length, before);
});

test("thousands of series are registered in slices", async () => {
  const table = new FaultyTable();
  const registry = registryOf(2500);
  const dictionary = newDictionary(registry);
  await dictionary.register(table, upTo(2500));
  assert.equal(table.calls.filter((call) => call === "put D").length, 3);
  await assertStored(table, dictionary, registry, 2500);
});

for (const fault of FAULTS) {
  test(`no reference is used again after a failure (${fault}) at any call, even when it takes effect late`, async () => {
    for (let k = 0, failed = true; failed; k++) {
      const table = new FaultyTable();
      const registry = registryOf(2500);
      const dictionary = newDictionary(registry);
      table.failOnce(k, fault);
      failed = await dictionary.register(table, upTo(2100)).then(
        () => false,
        () => true,
      );
      table.heal();
      // Another order than before, so that a reference used twice would show.
      await dictionary.register(table, [...upTo(2500)].reverse());
      await table.inner.putAll(table.lost);
      await assertStored(table, dictionary, registry, 2500);
    }
  });
}

test("registrations at once take turns: each series gets one reference", async () => {
  const table = new FaultyTable();
  const registry = registryOf(300);
  const dictionary = newDictionary(registry);
  table.failOnce(4);
  const all = Array.from({ length: 20 }, (_, i) =>
    dictionary.register(table, [...upTo(300)].slice(i * 10, i * 10 + 60)),
  );
  const outcomes = await Promise.allSettled(all);
  assert.equal(outcomes.filter(({ status }) => status === "rejected").length, 1);
  table.heal();
  await dictionary.register(table, upTo(300));
  await assertStored(table, dictionary, registry, 300);
});
