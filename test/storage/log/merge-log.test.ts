import assert from "node:assert/strict";
import { test } from "node:test";
import { logKey } from "../../../lib/storage/layout/keys.ts";
import { mergeLog } from "../../../lib/storage/log/log-reader.ts";
import { FaultyTable } from "../../helpers/storage/faulty-table.ts";
import { Random } from "../../simulation/random.ts";

const SHARDS = [
  { bits: 0, prefix: 0 },
  { bits: 2, prefix: 1 },
  { bits: 4, prefix: 5 },
  { bits: 4, prefix: 6 },
];
const RANGE = { tenant: "t", day: 20_780, shards: SHARDS, receivedFromMs: 100 };

/** Records of 100 KB received in any order, none of them in the last shard, two of them too early. */
async function newLog(): Promise<{ readonly table: FaultyTable; readonly times: number[] }> {
  const table = new FaultyTable();
  const random = new Random(20261122);
  const times: number[] = [];
  for (let sequence = 0; sequence < 60; sequence++) {
    const receivedMs = sequence < 2 ? 99 : random.between(100, 100_000);
    const position = { receivedMs, writer: new Uint8Array(8).fill(random.between(0, 255)), sequence };
    const key = logKey("t", 20_780, random.pick(SHARDS.slice(0, 3)), position);
    await table.put({ ...key, value: new Uint8Array(100_000).fill(sequence) });
    if (receivedMs >= 100) times.push(receivedMs);
  }
  return { table, times: times.sort((a, b) => a - b) };
}

const receivedMs = (sk: Uint8Array) => Buffer.from(sk).readUIntBE(0, 6);

test("records of all shards come in the order of reception, pages when they are needed", async () => {
  const { table, times } = await newLog();
  const before = table.calls.length;
  const calls: number[] = [];
  const merged: number[] = [];
  for await (const records of mergeLog(table, RANGE)) {
    for (const { item } of records) merged.push(receivedMs(item.sk));
    calls.push(table.calls.length - before);
  }
  assert.deepEqual(merged, times);
  assert.equal(calls[0], SHARDS.length, "a page of each shard first");
  assert.ok(calls[calls.length - 1] >= 6, `${calls[calls.length - 1]} calls`);
});

test("who stops asking ends the calls; a failure is thrown", async () => {
  const { table, times } = await newLog();
  for await (const [{ item }] of mergeLog(table, RANGE)) {
    assert.equal(receivedMs(item.sk), times[0]);
    break;
  }
  for (let k = 0, hasFailed = true; hasFailed; k++) {
    const failing = new FaultyTable(table.inner);
    failing.failOnce(k);
    let count = 0;
    const read = async () => {
      for await (const records of mergeLog(failing, RANGE)) count += records.length;
    };
    const failed = await read().then(
      () => false,
      () => true,
    );
    hasFailed = failing.hasFailed;
    assert.equal(failed, hasFailed);
    if (!hasFailed) assert.equal(count, times.length);
  }
});
