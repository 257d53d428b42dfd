import assert from "node:assert/strict";
import { test } from "node:test";
import { SampleColumns } from "../../../lib/chunk/sample-columns.ts";
import { WarmCache } from "../../../lib/storage/cache/warm-cache.ts";
import { WarmLog } from "../../../lib/storage/cache/warm-log.ts";
import { dictionaryKey, HASH_BYTES, logKey } from "../../../lib/storage/layout/keys.ts";
import { encodeDictionary } from "../../../lib/storage/log/dictionary.ts";
import { LogDecoder } from "../../../lib/storage/log/log-decoder.ts";
import { encodeLogRecord } from "../../../lib/storage/log/log-record.ts";
import { hashHex, metricNumber } from "../../../lib/storage/series/series-hash.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { Random } from "../../simulation/random.ts";

const SEED = 20_261_128;
const [TENANT, DAY] = ["t", 20_780];
const SHARD = { bits: 0, prefix: 0 };
const WRITER = new Uint8Array(8).fill(7);
const SERIES = 300;
const METRICS = 20;
/** References that are burnt. */
const BURNT = [100, 101];

/** Series `number` is of metric `number % METRICS`. */
function hashOf(number: number): Uint8Array {
  const hash = Buffer.alloc(HASH_BYTES);
  hash.writeUint32BE(0xfffffff0 - (number % METRICS));
  hash.writeUint32BE(number, 4);
  return hash;
}

/** A table with the dictionary of all series, in two items. */
async function newTable(): Promise<MemoryTable> {
  const table = new MemoryTable();
  const numbers = Array.from({ length: SERIES }, (_, i) => i);
  for (const some of [numbers.slice(0, BURNT[0]), numbers.slice(BURNT[1] + 1)])
    await table.put({
      ...dictionaryKey(TENANT, DAY, SHARD, WRITER, some[0]),
      value: encodeDictionary(some.map(hashOf)),
    });
  return table;
}

/** Most records have references that ascend, as requests have; others have them in any order, some twice. */
function newRecord(random: Random, sequence: number) {
  const isAscending = random.between(0, 2) > 0;
  const all = Array.from({ length: SERIES }, (_, i) => i).filter((i) => !BURNT.includes(i));
  const references = isAscending
    ? all.filter(() => random.between(0, 3) > 0)
    : Array.from({ length: random.between(1, 200) }, () => random.pick(all));
  const columns = {
    count: references.length,
    references: Int32Array.from(references),
    timestamps: Float64Array.from(references, () => 1000 * sequence + random.between(0, 30_000)),
    values: Float64Array.from(references, () => random.between(0, 1_000_000)),
  };
  const position = { receivedMs: 1000 * sequence, writer: WRITER, sequence };
  const key = logKey(TENANT, DAY, SHARD, position);
  return { shard: SHARD, item: { ...key, value: encodeLogRecord(columns, 0, columns.count) } };
}

test("whether metrics are said or not, and remembered or not, the same samples are appended", async () => {
  const random = new Random(SEED);
  const table = await newTable();
  const records = Array.from({ length: 40 }, (_, i) => newRecord(random, i));
  const memory = new WarmLog(new WarmCache(10_000_000));
  for (const share of [0.02, 0.1, 0.3, 1]) {
    const wanted = new Set(
      Array.from({ length: METRICS }, (_, metric) => metricNumber(hashOf(metric))).filter(
        () => random.between(1, 100) <= 100 * share,
      ),
    );
    const read = async (options: Partial<ConstructorParameters<typeof LogDecoder>[0]>) => {
      const found = new Map<string, SampleColumns>();
      const columnsOf = (hash: Uint8Array) => {
        if (!wanted.has(metricNumber(hash))) return null;
        const columns = found.get(hashHex(hash)) ?? new SampleColumns();
        found.set(hashHex(hash), columns);
        return columns;
      };
      const decoder = new LogDecoder({ table, tenant: TENANT, day: DAY, columnsOf, ...options });
      let sizeBytes = 0;
      for (const record of records) sizeBytes += await decoder.append(record, 5000, 40_000);
      const samples = [...found].map(([hash, columns]) => [hash, columns.samples()] as const);
      return { samples: new Map(samples), sizeBytes };
    };
    const expected = await read({});
    for (const options of [{ metrics: wanted }, { memory }, { memory, metrics: wanted }])
      assert.deepEqual(await read(options), expected, `seed=${SEED} share=${share}`);
  }
});

test("a record with a reference that its dictionary lacks is an error, whatever is wanted", async () => {
  const table = await newTable();
  for (const reference of [BURNT[0], SERIES]) {
    const columns = {
      count: 2,
      references: Int32Array.of(1, reference),
      timestamps: Float64Array.of(1, 1),
      values: Float64Array.of(1, 1),
    };
    const key = logKey(TENANT, DAY, SHARD, { receivedMs: 1, writer: WRITER, sequence: 0 });
    const item = { ...key, value: encodeLogRecord(columns, 0, 2) };
    const columnsOf = () => null;
    const decoder = new LogDecoder({ table, tenant: TENANT, day: DAY, columnsOf, metrics: new Set() });
    await assert.rejects(async () => decoder.append({ shard: SHARD, item }, 0, 10), {
      message: `log record of writer ${hashHex(WRITER)}: reference ${reference} is not in its dictionary`,
    });
  }
});

test("a record that was to leave lacks its dictionary without damage, one that was to stay does not", async () => {
  const table = new MemoryTable();
  const nowMs = 1_795_000_000_000;
  const columns = {
    count: 1,
    references: Int32Array.of(0),
    timestamps: Float64Array.of(1),
    values: Float64Array.of(1),
  };
  const key = logKey(TENANT, DAY, SHARD, { receivedMs: 1, writer: WRITER, sequence: 0 });
  const append = async (expiresAtSeconds: number) => {
    const item = { ...key, value: encodeLogRecord(columns, 0, 1), expiresAtSeconds };
    const decoder = new LogDecoder({ table, tenant: TENANT, day: DAY, columnsOf: () => null, nowMs });
    return decoder.append({ shard: SHARD, item }, 0, 2);
  };
  assert.equal(await append(nowMs / 1000), 0);
  await assert.rejects(append(nowMs / 1000 + 1), /reference 0 is not in its dictionary/);
});
