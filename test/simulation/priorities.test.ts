import assert from "node:assert/strict";
import { test } from "node:test";
import { Priorities } from "./priorities.ts";
import { Random } from "./random.ts";
import { Process, type Waiting } from "./scheduler.ts";

const waiting = (process: Process | undefined): Waiting => ({
  process,
  name: "call",
  readyMs: 0,
  run: () => "",
});
const PICKS = 2000;

test("one process goes on while others wait, then falls behind them", () => {
  const ready = ["a", "b", "c"].map((name) => waiting(new Process("writer", name, 0)));
  for (let seed = 0; seed < 20; seed++) {
    const priorities = new Priorities(new Random(seed));
    const picked = Array.from({ length: PICKS }, () => priorities.pick(ready));
    const changes = picked.filter((one, i) => i > 0 && one !== picked[i - 1]).length;
    assert.equal(new Set(picked).size, ready.length, `seed ${seed}`);
    // By chance alone two in three picks would be changes.
    assert.ok(changes < PICKS / 5, `seed ${seed}: ${changes} changes`);
  }
});

test("all calls of the process at work are picked, and so is what is in the network", () => {
  const process = new Process("writer", "a", 0);
  const ready = [waiting(process), waiting(process), waiting(undefined)];
  const priorities = new Priorities(new Random(1));
  assert.equal(new Set(Array.from({ length: 100 }, () => priorities.pick(ready))).size, 3);
});
