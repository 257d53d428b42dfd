/** A paced run on a table: what it may begin, when it stops or waits, and what the next run finds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { changeBucket } from "../../../../lib/storage/compact/pacing/pace-item.ts";
import { Pacer } from "../../../../lib/storage/compact/pacing/pacer.ts";
import { BURST_SECONDS } from "../../../../lib/storage/compact/pacing/token-bucket.ts";
import {
  DEFAULT_COMPACTOR_SHARE,
  parseCompactorShare,
} from "../../../../lib/storage/compact/pacing/write-capacity.ts";
import { paceKey } from "../../../../lib/storage/layout/keys.ts";
import { MemoryTable } from "../../../../lib/storage/table/memory-table.ts";
import type { Table } from "../../../../lib/storage/table/table.ts";

const START_MS = Date.UTC(2026, 10, 30);
const SHARE = 0.5;

/** A table of so many write units a second, and a clock that sleeping moves. */
function newSetting(units: number | undefined) {
  const setting = {
    nowMs: START_MS,
    units,
    throttledCalls: 0,
    sleptMs: 0,
    table: new MemoryTable() as Table,
    open: () =>
      Pacer.open(setting.table, {
        capacity: { read: async () => setting.units, throttledCalls: () => setting.throttledCalls },
        share: SHARE,
        clock: () => setting.nowMs,
        sleep: async (durationMs: number) => {
          setting.nowMs += durationMs;
          setting.sleptMs += durationMs;
        },
        deadlineMs: setting.nowMs + 600_000,
      }),
  };
  return setting;
}

let items = 0;
/** Items of a write unit each. */
const write = (pacer: Pacer, units: number) =>
  pacer.table.putAll(
    Array.from({ length: units }, () => ({
      pk: Uint8Array.of(1),
      sk: Uint8Array.of(items >> 16, (items >> 8) & 255, items++ & 255),
      value: new Uint8Array(10),
    })),
  );
const tokensOf = async (table: Table) => {
  let tokens: number | undefined;
  await changeBucket(table, (state) => {
    tokens = state?.tokens;
    return state!;
  });
  return tokens;
};

test("a table that is billed by request is not paced, and nothing is stored", async () => {
  const setting = newSetting(undefined);
  assert.equal(await setting.open(), undefined);
  assert.equal(await setting.table.get(paceKey()), undefined);
});

test("lazy work stops when the tokens are spent, a flush may go into debt, and time pays it", async () => {
  const setting = newSetting(10);
  const saved = 10 * SHARE * BURST_SECONDS;
  const first = (await setting.open())!;
  assert.ok(first.mayBegin(true));
  await write(first, saved - 1);
  assert.ok(first.mayBegin(true) && !first.isSpent());
  await write(first, 1);
  assert.ok(first.isSpent() && !first.mayBegin(true) && first.mayBegin(false));
  await write(first, 100);
  await first.close();
  // What came while the run waited, for its units a second, is paid.
  const debt = 100 - (setting.sleptMs / 1000) * 10 * SHARE;
  assert.ok(Math.abs((await tokensOf(setting.table))! + debt) < 0.1);

  setting.nowMs += (debt - 5) * 200;
  const second = (await setting.open())!;
  assert.ok(!second.mayBegin(true), "all but 5 are paid");
  await second.close();
  setting.nowMs += 2000;
  const third = (await setting.open())!;
  assert.ok(third.mayBegin(true));
});

test("what a run does not spend is there for the next one", async () => {
  const setting = newSetting(10);
  const first = (await setting.open())!;
  await write(first, 500);
  await first.close();
  assert.equal(await tokensOf(setting.table), 10 * SHARE * BURST_SECONDS - 500);
});

test("two runs at once share the tokens, and a run that dies takes its own with it", async () => {
  const setting = newSetting(10);
  const first = (await setting.open())!;
  const second = (await setting.open())!;
  assert.ok(!first.isSpent() && second.isSpent());
  // `first` never closes.
  await second.close();
  setting.nowMs += 60_000;
  const third = (await setting.open())!;
  await write(third, 60 * 10 * SHARE);
  assert.ok(third.isSpent());
});

test("a run goes on with the tokens that came meanwhile", async () => {
  const setting = newSetting(10);
  const pacer = (await setting.open())!;
  await write(pacer, 1500);
  assert.ok(pacer.isSpent());
  setting.nowMs += 20_000;
  await write(pacer, 1);
  assert.ok(!pacer.isSpent());
});

test("past a debt of half a bucket writes wait, a minute at most", async () => {
  const setting = newSetting(10);
  const pacer = (await setting.open())!;
  await write(pacer, 1500 + 749);
  assert.ok(pacer.mayBegin(false));
  await write(pacer, 1);
  assert.ok(!pacer.mayBegin(false));
  assert.equal(setting.sleptMs <= 5000, true, "a second for each 500 units");
  const before = setting.sleptMs;
  await write(pacer, 1);
  assert.ok(setting.sleptMs > before);
  // The units a second of a run come before: 4 s for 2,000.
  await write(pacer, 2000);
  const sleptMs = setting.sleptMs;
  await write(pacer, 1);
  await write(pacer, 1);
  assert.ok(setting.sleptMs - sleptMs <= 64_000, `${setting.sleptMs - sleptMs}`);
});

test("a run writes 500 units a second at most", async () => {
  const setting = newSetting(10_000);
  const pacer = (await setting.open())!;
  for (let i = 0; i < 20; i++) await write(pacer, 1000);
  assert.ok(setting.sleptMs >= 35_000 && setting.sleptMs <= 40_000, `${setting.sleptMs}`);
});

test("a run that is throttled stops lazy work; the share is halved, and comes back with later runs", async () => {
  const setting = newSetting(10);
  const first = (await setting.open())!;
  setting.throttledCalls++;
  await write(first, 1);
  assert.ok(first.isSpent() && first.mayBegin(false));
  await first.close();
  setting.nowMs += 1000 * BURST_SECONDS;
  const second = (await setting.open())!;
  await write(second, 10 * SHARE * BURST_SECONDS * 0.5);
  assert.ok(second.isSpent());
  await second.close();
  for (let i = 0; i < 5; i++) {
    setting.nowMs += 1000 * BURST_SECONDS;
    await (await setting.open())!.close();
  }
  const last = (await setting.open())!;
  await write(last, 10 * SHARE * BURST_SECONDS - 1);
  assert.ok(!last.isSpent());
});

test("auto scaling's capacity counts from the next run on", async () => {
  const setting = newSetting(10);
  await (await setting.open())!.close();
  setting.units = 100;
  setting.nowMs += 1000 * BURST_SECONDS;
  const pacer = (await setting.open())!;
  await write(pacer, 100 * SHARE * BURST_SECONDS - 1);
  assert.ok(!pacer.isSpent());
});

test("a bucket that cannot be decoded counts as none", async () => {
  const setting = newSetting(10);
  await setting.table.put({ ...paceKey(), value: Uint8Array.of(99) });
  const pacer = (await setting.open())!;
  assert.ok(!pacer.isSpent());
});

test("the share is a percentage from 10 to 90", () => {
  assert.equal(parseCompactorShare({}), DEFAULT_COMPACTOR_SHARE / 100);
  assert.equal(parseCompactorShare({ HEARTH_COMPACTOR_SHARE: "25" }), 0.25);
  for (const text of ["5", "91", "half", "12.5"])
    assert.throws(() => parseCompactorShare({ HEARTH_COMPACTOR_SHARE: text }), {
      kind: "invalid",
      message: `HEARTH_COMPACTOR_SHARE=${text}: expected a whole number of percent from 10 to 90`,
    });
});
