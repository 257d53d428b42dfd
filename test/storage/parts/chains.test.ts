/** Eventually consistent reads that lack items: whatever they lack, all of a range is read. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HASH_BYTES } from "../../../lib/storage/layout/keys.ts";
import {
  chunkKey,
  chunkRange,
  chunkSpanRange,
  runKey,
  runRange,
} from "../../../lib/storage/layout/part-keys.ts";
import { ALL_SERIES } from "../../../lib/storage/layout/shard.ts";
import { type Chain, ChunkChain, queryChain, RunChain } from "../../../lib/storage/parts/chains.ts";
import { ChunkPartitionWriter } from "../../../lib/storage/parts/chunk-partition.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import {
  type Item,
  type Key,
  type KeyRange,
  newMeter,
  type QueryOptions,
  type Table,
} from "../../../lib/storage/table/table.ts";

const RUN_ID = "01".repeat(8);
const PARTITION = { tenant: "t", day: 5, bucket: 1, part: RUN_ID, shard: ALL_SERIES };
const SAMPLES = { timestamps: Float64Array.of(5 * 86_400_000), values: Float64Array.of(1) };
/** Two metrics; of the second two series whose hashes begin alike for longer than a link has. */
const HASHES = [
  "0000000011110000",
  "0000000022220000",
  "7000000011110000",
  "7000000022220000",
  "7000000022220001",
  "7000000033330000",
  "ffffffffffffff00",
].map((start) => start.padEnd(2 * HASH_BYTES, "0"));

/** What eventually consistent queries lack, by the number of the item. */
function lacking(table: Table, items: readonly Item[], missing: number): Pick<Table, "query"> {
  const isMissing = (item: Item) => {
    const number = items.findIndex(({ sk }) => Buffer.compare(sk, item.sk) === 0);
    return (missing >> number) % 2 === 1;
  };
  return {
    async *query(range: KeyRange, options?: QueryOptions) {
      for await (const page of table.query(range, options)) {
        const seen = options?.consistent ? page : page.filter((item) => !isMissing(item));
        // Pages of two items, as large ones are cut.
        for (let at = 0; at < seen.length || at === 0; at += 2) yield seen.slice(at, at + 2);
      }
    },
  };
}

async function readAll(pages: AsyncIterable<readonly Item[]>): Promise<string[]> {
  const found: string[] = [];
  for await (const page of pages) for (const { sk } of page) found.push(Buffer.from(sk).toString("hex"));
  return found;
}

async function newTable(items: readonly Item[]): Promise<MemoryTable> {
  const table = new MemoryTable();
  await table.putAll(items);
  return table;
}

function chunkItems(): Item[] {
  const writer = new ChunkPartitionWriter(PARTITION, {});
  return [...HASHES.flatMap((hash) => writer.add(hash, SAMPLES)), ...writer.finish()];
}

describe("whatever is missing, all is read", () => {
  test("the blocks of a run", async () => {
    for (let count = 0; count <= 4; count++) {
      const items = Array.from({ length: count }, (_, number): Item => {
        const key = runKey("t", 5, RUN_ID, ALL_SERIES, { number, isLast: number === count - 1 });
        return { ...key, value: new Uint8Array(1) };
      });
      const table = await newTable(items);
      const range = runRange("t", 5, RUN_ID, ALL_SERIES);
      const all = await readAll(table.query(range));
      for (let missing = 0; missing < 2 ** count; missing++) {
        const pages = queryChain(lacking(table, items, missing), range, new RunChain());
        assert.deepEqual(await readAll(pages), all, `${count} blocks without ${missing.toString(2)}`);
      }
    }
  });

  test("chunk items, of a partition and of every span", async () => {
    const items = chunkItems();
    const table = await newTable(items);
    const spans = HASHES.flatMap((first, i) => HASHES.slice(i).map((last) => [first, last] as const));
    const between = ["3".repeat(2 * HASH_BYTES), "8".repeat(2 * HASH_BYTES)] as const;
    const ranges = [...spans, between].map((span) => chunkSpanRange(PARTITION, ...span));
    for (const range of [chunkRange(PARTITION), ...ranges]) {
      const all = await readAll(table.query(range));
      for (let missing = 0; missing < 2 ** items.length; missing++) {
        const pages = queryChain(lacking(table, items, missing), range, new ChunkChain(range));
        assert.deepEqual(await readAll(pages), all, `without ${missing.toString(2)}`);
      }
    }
  });
});

/** Some items are in no read any more. Returns whether that was reported, and that nothing but them is left out. */
async function readDamaged(items: readonly Item[], missing: number, range: KeyRange, chain: Chain) {
  const left = items.filter((_, number) => (missing >> number) % 2 === 0);
  const table = await newTable(left);
  const notes: string[] = [];
  const note = (_: Key, reason: string) => notes.push(reason);
  const found = await readAll(queryChain(table, range, chain, { note }));
  assert.deepEqual(found, await readAll(table.query(range)));
  return { left, isReported: notes.length > 0 };
}

describe("what is gone is reported", () => {
  test("a block of a run, unless none is left", async () => {
    const items = Array.from({ length: 4 }, (_, number): Item => {
      const key = runKey("t", 5, RUN_ID, ALL_SERIES, { number, isLast: number === 3 });
      return { ...key, value: new Uint8Array(1) };
    });
    const range = runRange("t", 5, RUN_ID, ALL_SERIES);
    for (let missing = 0; missing < 2 ** 4; missing++) {
      const { left, isReported } = await readDamaged(items, missing, range, new RunChain());
      assert.equal(isReported, missing > 0 && left.length > 0, missing.toString(2));
    }
  });

  test("a chunk item of a partition and of every span, unless no item of the span or behind it is left", async () => {
    const items = chunkItems();
    for (let i = 0; i < HASHES.length; i++) {
      for (let j = i; j < HASHES.length; j++) {
        for (let missing = 0; missing < 2 ** items.length; missing++) {
          const range = chunkSpanRange(PARTITION, HASHES[i], HASHES[j]);
          const { left, isReported } = await readDamaged(items, missing, range, new ChunkChain(range));
          const isOfSpan = (number: number) => number >= i && number <= j;
          const isMissing = items.some((_, number) => isOfSpan(number) && (missing >> number) % 2 === 1);
          const isSeen = left.some((item) => items.indexOf(item) >= i);
          if (isMissing && isSeen) assert.ok(isReported, `${i}..${j} without ${missing.toString(2)}`);
          // A neighbour that begins alike may be reported too: it is missing.
          if (missing === 0) assert.ok(!isReported, `${i}..${j}`);
        }
      }
    }
  });

  test("as an error where nobody takes it", async () => {
    const items = chunkItems();
    const table = await newTable(items.filter((_, number) => number !== 2));
    const range = chunkRange(PARTITION);
    await assert.rejects(readAll(queryChain(table, range, new ChunkChain(range))), {
      kind: "data",
      message: /damaged item: the item before it is missing; .* kind=chunk tenant=t day=1970-01-06/,
    });
  });

  test("not of items without links or marks, as first versions wrote them", async () => {
    const run = runRange("t", 5, RUN_ID, ALL_SERIES);
    const blocks = [0, 1].map((number) => ({
      pk: run.pk,
      sk: Uint8Array.of(0, 0, 0, number),
      value: new Uint8Array(1),
    }));
    assert.equal((await readDamaged(blocks, 0, run, new RunChain())).isReported, false);
    const chunks = chunkItems().map((item) => ({ ...item, sk: item.sk.slice(0, HASH_BYTES + 2) }));
    const range = chunkRange(PARTITION);
    assert.equal((await readDamaged(chunks, 0b10, range, new ChunkChain(range))).isReported, false);
  });
});

test("what is all there is read once, at half the price; what is not there at all is asked for again", async () => {
  const table = await newTable(chunkItems());
  const unitsOf = async (range: KeyRange) => {
    const meter = newMeter();
    const found = await readAll(queryChain(table.metered(meter), range, new ChunkChain(range)));
    return [found.length, meter.calls, meter.readUnits];
  };
  assert.deepEqual(await unitsOf(chunkRange(PARTITION)), [7, 1, 0.5]);
  assert.deepEqual(await unitsOf(chunkSpanRange(PARTITION, HASHES[2], HASHES[5])), [4, 1, 0.5]);
  assert.deepEqual(await unitsOf(chunkSpanRange(PARTITION, HASHES[5], HASHES[5])), [1, 1, 0.5]);
  const nobody = "3".repeat(2 * HASH_BYTES);
  assert.deepEqual(await unitsOf(chunkSpanRange(PARTITION, nobody, nobody)), [0, 2, 1.5]);
  // The link does not tell whether another series of the span comes before it, or behind.
  assert.deepEqual(await unitsOf(chunkSpanRange(PARTITION, HASHES[3], HASHES[3])), [1, 2, 1.5]);
  assert.deepEqual(await unitsOf(chunkSpanRange(PARTITION, HASHES[4], HASHES[4])), [1, 2, 1.5]);
});

test("items without links are read consistently", async () => {
  const unlinked = HASHES.map((hash): Item => {
    const { pk, sk } = chunkKey(PARTITION, hash, 0, { place: 0, before: undefined, after: undefined });
    return { pk, sk: sk.slice(0, HASH_BYTES + 2), value: new Uint8Array(1) };
  });
  const range = chunkRange(PARTITION);
  const pages = queryChain(
    lacking(await newTable(unlinked), unlinked, 0b1010),
    range,
    new ChunkChain(range),
    undefined,
  );
  assert.equal((await readAll(pages)).length, HASHES.length);
});
