/** A few schedules, the same each time, and whether the simulation itself would find what it is for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { editedFiles, find, inCopy } from "./mutate.ts";
import { MUTATIONS } from "./mutations.ts";
import { Random } from "./random.ts";
import { runSchedules } from "./run-schedules.ts";
import { Scheduler } from "./scheduler.ts";

const SCHEDULES = 300;
/** Whoever changes the engine learns whether it was that change. */
const FIRST_SEED = 20_261_130;
/** Enough to find the mutation below a hundred times. */
const BROKEN_SCHEDULES = 5000;

test(`${SCHEDULES} schedules: every read is right`, { timeout: 240_000 }, async (t) => {
  t.diagnostic(`from seed ${FIRST_SEED} on; npm run test:simulation takes seeds that no run had before`);
  const { failures } = await runSchedules({ firstSeed: FIRST_SEED, count: SCHEDULES, world: "all" });
  const [failure] = failures;
  if (failure === undefined) return;
  const { seed, message, events } = failure;
  console.log(events.slice(-60).join("\n"));
  assert.fail(`${message}\nreplay: npm run test:simulation -- --seed ${seed}`);
});

test("a broken rule is found, and the command that is printed replays it", { timeout: 120_000 }, () => {
  const { edits } = MUTATIONS.find(({ name }) => name === "first part wins")!;
  inCopy(edits, (root) => {
    const found = find(root, `node test/simulation/main.ts --schedules ${BROKEN_SCHEDULES}`);
    assert.ok(found !== undefined, `nothing is found in ${BROKEN_SCHEDULES} schedules`);
    assert.equal(found.replay, `npm run test:simulation -- --seed ${found.seed}`);
    const again = find(root, found.replay);
    assert.deepEqual({ ...again, cpuSeconds: 0 }, { ...found, number: 1, cpuSeconds: 0 });
  });
});

test("every mutation still is a change of the engine", () => {
  for (const { name, edits } of MUTATIONS) assert.doesNotThrow(() => editedFiles(edits), name);
});

test("an engine that loops for ever is ended, and its seed printed", { timeout: 240_000 }, () => {
  const loop = {
    file: "lib/storage/compact/flush.ts",
    from: "const shards = await",
    to: "for (;;);\n  const shards = await",
  };
  inCopy([loop], (root) => {
    const found = find(root, "node test/simulation/main.ts --seconds 2 --schedules 100");
    assert.match(String(found?.message), /^no end after 2 s$/);
  });
});

test("a schedule that calls the table for ever is ended", async () => {
  const scheduler = new Scheduler(new Random(1), 0, 1);
  const wait = () => scheduler.add({ process: undefined, name: "wait", readyMs: 0, run: again });
  const again = () => {
    wait();
    return "";
  };
  wait();
  await assert.rejects(
    scheduler.run(
      () => false,
      () => {},
    ),
    /no end after 40000 steps/,
  );
});
