/**
 * The restore drill: a table is copied as a point-in-time restore would give it at worst, items of
 * different moments, while writers work on it. The copy verifies, compacts, and has everything that was
 * answered before the copy began and was not deleted. If a compaction publishes between two of these
 * moments, the copy has that too, or verify names what is missing.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { errorKind } from "../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { newMatcher } from "../../lib/model/matcher.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/model/time.ts";
import { compact } from "../../lib/storage/compact/compactor.ts";
import { deleteSeries } from "../../lib/storage/erase/delete-series.ts";
import { VerifiedTable } from "../../lib/storage/layout/verified-table.ts";
import { Reader } from "../../lib/storage/read/reader.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import type { Item } from "../../lib/storage/table/table.ts";
import { listDataDays, listTenants } from "../../lib/storage/verify/list-days.ts";
import { verifyDay } from "../../lib/storage/verify/verify-day.ts";
import { Engine, MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { ALL_TIME, NaiveStore, selectAll } from "../helpers/storage/naive-store.ts";
import { series } from "../helpers/write-requests.ts";

const SEED = 20261130;

/** A stream of whole numbers below a bound, the same for the same seed. */
function newRandom(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** All items in the order of their keys, as they are now. */
async function itemsOf(table: MemoryTable): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of table.scan()) items.push(...page);
  return items;
}

const CASES = [0, 1, 2, 3, 4, 5].map((i) => ({ seed: SEED + i, compacts: i > 2 }));

for (const { seed, compacts } of CASES)
  test(`a copy of items of different moments${compacts ? ", with a compaction between" : ""} (seed ${seed})`, async () => {
    const random = newRandom(seed);
    const live = new MemoryTable();
    const engine = new Engine({ table: live });
    const writers = engine.newWriters();
    const before = new NaiveStore();
    const later = new NaiveStore();
    let isCopying = false;
    const write = async () => {
      const time = engine.nowMs - random(3) * HOUR_MS;
      const request = ["a", "b", "c"].map((host) => series("up", { host }, [time, random(100)]));
      const { rejections } = await engine.append(writers, request);
      assert.equal(rejections.count, 0);
      if (!isCopying) before.append(request);
      later.append(request);
    };
    const erase = async (host: string) => {
      const selection = { matchers: [newMatcher("=", "host", host)], ...ALL_TIME };
      const { table, clock } = engine;
      const options = { table, clock, randomBytes, tenant: "t", retentionMs: 0, accessKeyId: "" };
      await deleteSeries(options, [selection.matchers], selection);
      if (!isCopying) before.delete(selection);
    };
    const act = async () => {
      engine.nowMs += 20 * MINUTE_MS;
      await write();
      if (random(3) === 0) await engine.compact();
    };
    engine.nowMs = MIDNIGHT_MS - DAY_MS;
    for (let i = 0; i < 60; i++) await act();
    await erase("b");
    for (let i = 0; i < 10; i++) await act();

    // The copy: a piece of the table at a time, each of a later moment, in an order that nothing is made for.
    isCopying = true;
    const copy = new MemoryTable();
    const PIECES = 8;
    const pieces = Array.from({ length: PIECES }, (_, i) => i);
    for (let i = PIECES - 1; i > 0; i--) {
      const j = random(i + 1);
      [pieces[i], pieces[j]] = [pieces[j], pieces[i]];
    }
    const pieceOf = ({ pk }: Item) => (pk.reduce((sum, byte) => Math.imul(sum, 31) + byte, 7) >>> 0) % PIECES;
    for (const piece of pieces) {
      for (const item of await itemsOf(live)) if (pieceOf(item) === piece) await copy.put(item);
      await write();
      if (compacts && random(2) === 0) await engine.compact();
    }

    const restored = new VerifiedTable(copy);
    let nowMs = engine.nowMs + HOUR_MS;
    const clock = () => ++nowMs;
    const check = async (what: string) => {
      const options = { tenant: "t", clock, limits: DEFAULT_LIMITS, retentionMs: 0 };
      const found = await selectAll(new Reader(restored, options), { matchers: [], ...ALL_TIME });
      const times = new Map(
        found.map(({ labels, samples }) => [JSON.stringify(labels), new Map(samples)] as const),
      );
      const possible = new Map(
        later
          .select({ matchers: [], ...ALL_TIME })
          .map(({ labels, samples }) => [JSON.stringify(labels), new Map(samples)] as const),
      );
      const known = new Map(
        before
          .select({ matchers: [], ...ALL_TIME })
          .map(({ labels, samples }) => [JSON.stringify(labels), new Map(samples)] as const),
      );
      for (const [labels, samples] of known)
        for (const time of samples.keys())
          assert.ok(times.get(labels)?.has(time), `${what}: ${labels} at ${time}`);
      for (const [labels, samples] of times)
        for (const [time, value] of samples) {
          const values = [known, possible].map((one) => one.get(labels)?.get(time));
          assert.ok(values.includes(value), `${what}: ${labels} at ${time}: ${value}, expected ${values}`);
        }
      const deleted =
        times.get(
          JSON.stringify([
            ["__name__", "up"],
            ["host", "b"],
          ]),
        ) ?? new Map();
      const kept = before.select({ matchers: [newMatcher("=", "host", "b")], ...ALL_TIME });
      const all = new Set(kept.flatMap(({ samples }) => samples.map(([time]) => time)));
      // What was deleted before the copy and not written again since stays away.
      const since = later.select({ matchers: [], ...ALL_TIME });
      assert.ok(since.length > 0);
      for (const time of deleted.keys()) {
        const isFromCopying = time >= engine.nowMs - 6 * HOUR_MS;
        assert.ok(all.has(time) || isFromCopying, `${what}: deleted sample of ${time}`);
      }
    };
    const verify = async () => {
      const found: string[] = [];
      for (const tenant of await listTenants(restored))
        for (const day of await listDataDays(restored, tenant))
          await verifyDay(restored, { tenant, day, retentionMs: 0, nowMs }, ({ problem, detail }) =>
            found.push(`${problem}: ${detail}`),
          );
      return found;
    };
    const found = await verify();
    // Restored to a second with a compaction in it: another one is to be taken.
    if (compacts && found.length > 0) {
      // An answer is whole, or an error says what is missing; it never lacks samples in silence.
      await check("not whole").catch((error: unknown) => {
        if (errorKind(error) !== "data") throw error;
      });
      return;
    }
    assert.deepEqual(found, []);
    await check("at once");
    nowMs += 2 * DAY_MS;
    for (let run = 0; run < 3; run++) {
      const errors: unknown[] = [];
      await compact(restored, {
        clock,
        randomBytes,
        retentionOf: () => 0,
        deadlineMs: Number.POSITIVE_INFINITY,
        isEager: true,
        onDay: ({ error }) => {
          if (error !== undefined) errors.push(error);
        },
      });
      assert.deepEqual(errors, []);
    }
    await check("after compaction");
    assert.deepEqual(await verify(), []);
  });
