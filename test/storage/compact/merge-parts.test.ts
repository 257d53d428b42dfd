/** Runs and chunk parts, cut into partitions of any size, merge to what a map of maps makes of them. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import type { Samples } from "../../../lib/model/samples.ts";
import { type DayContext, newDayContext } from "../../../lib/storage/compact/day-context.ts";
import { mergeParts } from "../../../lib/storage/compact/merge-parts.ts";
import type { Part } from "../../../lib/storage/layout/manifest.ts";
import { shardOf } from "../../../lib/storage/layout/shard.ts";
import { ChunkPartitionWriter } from "../../../lib/storage/parts/chunk-partition.ts";
import { extentOf, type HashedSeries } from "../../../lib/storage/parts/hashed-samples.ts";
import { encodeRun } from "../../../lib/storage/parts/run-items.ts";
import type { Table } from "../../../lib/storage/table/table.ts";
import { FaultyTable } from "../../helpers/storage/faulty-table.ts";
import { Random } from "../../simulation/random.ts";

const SEED = 20261122;
const DAY = 20_780;

const contextOf = (table: Table): DayContext =>
  newDayContext({ table, tenant: "t", day: DAY, retentionMs: 0, clock: () => 0, randomBytes });

/** Series whose hashes share their leading bits now and then, in ascending order. */
function randomSeries(random: Random, all: readonly string[], maxSamples: number): HashedSeries[] {
  return all.flatMap((hash): HashedSeries[] => {
    const count = random.chance(0.3) ? 0 : random.between(1, maxSamples);
    let time = DAY * 86_400_000;
    const timestamps = Float64Array.from({ length: count }, () => (time += random.between(1, 3)));
    return count === 0 ? [] : [[hash, { timestamps, values: timestamps.map(() => random.next()) }]];
  });
}

async function storePart(
  table: Table,
  kind: Part["kind"],
  shardBits: number,
  number: number,
  series: HashedSeries[],
) {
  const id = number.toString(16).padStart(16, "0");
  const place = { tenant: "t", day: DAY, id, shardBits };
  if (kind === "run") await table.putAll([...encodeRun(place, series)]);
  else {
    for (let prefix = 0; prefix < 2 ** shardBits; prefix++) {
      const shard = { bits: shardBits, prefix };
      const writer = new ChunkPartitionWriter({ tenant: "t", day: DAY, bucket: 1, part: id, shard }, {});
      for (const [hash, samples] of series) {
        if (shardOf(Buffer.from(hash, "hex"), shardBits) !== prefix) continue;
        await table.putAll(writer.add(hash, samples));
      }
      await table.putAll(writer.finish());
    }
  }
  return { kind, id, bucket: 1, shardBits, createdMs: 0, ...extentOf(series) } satisfies Part;
}

function printed(hash: string, { timestamps, values }: Samples): string {
  return `${hash} ${timestamps.length} ${timestamps.join()} ${values.join()}`;
}

test("series come whole, by hash, the later part's samples over the earlier's", async () => {
  const random = new Random(SEED);
  for (let round = 0; round < 60; round++) {
    const table = new FaultyTable();
    const hashes = Array.from({ length: random.between(1, 30) }, () =>
      Buffer.from(random.bytes(20)).toString("hex"),
    ).sort();
    const expected = new Map<string, Map<number, number>>();
    const parts: Part[] = [];
    for (let number = 0; number < random.between(1, 5); number++) {
      // Rarely so many samples that a series goes over several blocks of its run.
      const isLarge = random.chance(0.05);
      const series = isLarge
        ? randomSeries(random, hashes.slice(0, 2), 40_000)
        : randomSeries(random, hashes, 50);
      if (series.length === 0) continue;
      parts.push(
        await storePart(table, random.pick(["run", "chunks"]), random.between(0, 6), number, series),
      );
      for (const [hash, { timestamps, values }] of series) {
        const samples = expected.get(hash) ?? new Map();
        expected.set(hash, samples);
        timestamps.forEach((time, i) => void samples.set(time, values[i]));
      }
    }
    const bits = random.between(0, 4);
    const merged: string[] = [];
    for (let prefix = 0; prefix < 2 ** bits; prefix++) {
      for await (const [hash, samples] of mergeParts(contextOf(table), parts, { bits, prefix })) {
        merged.push(printed(hash, samples));
      }
    }
    const wanted = hashes.flatMap((hash) => {
      const samples = [...(expected.get(hash) ?? [])].sort(([a], [b]) => a - b);
      if (samples.length === 0) return [];
      const timestamps = Float64Array.from(samples, ([time]) => time);
      return [printed(hash, { timestamps, values: Float64Array.from(samples, ([, value]) => value) })];
    });
    assert.equal(merged.length, wanted.length, `seed ${SEED}, round ${round}`);
    const at = merged.findIndex((line, i) => line !== wanted[i]);
    assert.equal(
      merged[at]?.slice(0, 300),
      wanted[at]?.slice(0, 300),
      `seed ${SEED}, round ${round}, series ${at}`,
    );
  }
});

test("a page of each part is read at a time", async () => {
  const random = new Random(SEED);
  const table = new FaultyTable();
  const hashes = Array.from({ length: 60 }, (_, i) => i.toString(16).padStart(40, "0"));
  const series = randomSeries(random, hashes, 20_000);
  const parts = [await storePart(table, "run", 0, 0, series), await storePart(table, "chunks", 0, 1, series)];
  const before = table.calls.length;
  const calls: number[] = [];
  for await (const _ of mergeParts(contextOf(table), parts, { bits: 0, prefix: 0 })) {
    calls.push(table.calls.length - before);
  }
  assert.equal(calls[0], 2);
  assert.ok(calls[calls.length - 1] > 4, calls.join());
  for await (const _ of mergeParts(contextOf(table), parts, { bits: 0, prefix: 0 })) break;
  assert.equal(table.calls.length - before, calls[calls.length - 1] + 2);
});
