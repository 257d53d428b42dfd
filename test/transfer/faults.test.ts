/** An import that fails at any call, in any way, and is run again: days count whole or not at all, and in the end all samples are there. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { printLabels } from "../../lib/model/labels.ts";
import { DAY_MS } from "../../lib/model/time.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { fixturePath, readBlocks } from "../helpers/storage/block-files.ts";
import { runCompactor } from "../helpers/storage/compaction.ts";
import { Engine } from "../helpers/storage/engine.ts";
import { FAULTS, type Fault, FaultyTable } from "../helpers/storage/faulty-table.ts";
import { ALL_TIME } from "../helpers/storage/naive-store.ts";
import { runImport } from "../helpers/storage/run-import.ts";

const BLOCKS = fixturePath("promtool");
const FIRST_DAY = dayOf(Date.parse("2026-11-28T22:00:00Z"));
const NOW_MS = (FIRST_DAY + 3) * DAY_MS;
/** Waits for a lease count here, so that a failed import's lease lapses. */
const sleepOf = (engine: Engine) => async (ms: number) => {
  engine.nowMs += ms;
};

/** Samples by day and series. */
async function countsOf(engine: Engine): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for await (const { labels, timestamps } of engine.reader().select({ matchers: [], ...ALL_TIME }))
    for (const time of timestamps) {
      const key = `${dayOf(time) - FIRST_DAY} ${printLabels(labels)}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
  return counts;
}

function newEngine(): { readonly engine: Engine; readonly table: FaultyTable } {
  const table = new FaultyTable();
  const engine = new Engine({ table });
  engine.nowMs = NOW_MS;
  return { engine, table };
}

const whole = newEngine();
await runImport(whole.engine, readBlocks(BLOCKS));
const ALL = await countsOf(whole.engine);
const FIRST = Object.fromEntries(Object.entries(ALL).filter(([key]) => key.startsWith("0")));
const CALLS = (() => {
  const { calls } = whole.table;
  return calls.length;
})();

async function importOnce(engine: Engine): Promise<boolean> {
  try {
    await runImport(engine, readBlocks(BLOCKS), { sleep: sleepOf(engine) });
    return true;
  } catch (error) {
    assert.match(String(error), /the table fails at call/);
    return false;
  }
}

for (const fault of FAULTS) {
  test(`a call that is ${fault}: any one of an import`, async () => {
    let failures = 0;
    for (let call = 0; call < CALLS; call++) failures += (await failAt(call, fault)) ? 1 : 0;
    assert.ok(failures > CALLS / 4, `${failures} of ${CALLS}`);
  });
}

/** Returns whether the import failed. */
async function failAt(call: number, fault: Fault): Promise<boolean> {
  const { engine, table } = newEngine();
  table.failOnce(call, fault);
  const hasSucceeded = await importOnce(engine);
  table.heal();
  const counts = JSON.stringify(await countsOf(engine));
  const allowed = [{}, FIRST, ALL].map((one) => JSON.stringify(one));
  assert.ok(allowed.includes(counts), `${fault} at ${call}: ${counts}`);
  if (hasSucceeded) assert.equal(counts, allowed[2], `${fault} at ${call}`);
  // A compactor comes by between the two tries.
  engine.nowMs += DAY_MS / 24;
  assert.deepEqual((await runCompactor(engine)).errors, []);
  assert.ok(await importOnce(engine));
  assert.deepEqual(await countsOf(engine), ALL, `${fault} at ${call}`);
  return !hasSucceeded;
}
