/**
 * `npm run bench:hostile` in small: a part of its requests, each within its budget of CPU, none an internal error. Memory is measured
 * by the bench alone, where a process has one request.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { faultsOf } from "../../bench/hostile/budgets.ts";
import { GROUPS } from "../../bench/hostile/requests.ts";
import { Subject } from "../../bench/hostile/subject.ts";

/** Of each group so many, evenly spread; expressions are in promql.test.ts. */
const REQUESTS: Readonly<Record<string, number>> = {
  patterns: 60,
  texts: 100,
  parameters: 130,
  expressions: 0,
};
const OTHERS = 150;
/** For the garbage of requests before: all are in one process here. */
const SLACK_MS = 1500;

test("small hostile requests keep their budgets", async () => {
  const subject = await Subject.open(true);
  for (const group of GROUPS) {
    const all = [...subject.requests.keys()].filter((i) => subject.requests[i].group === group);
    assert.ok(all.length > 20, `${group}: ${all.length} requests`);
    const most = REQUESTS[group] ?? OTHERS;
    const every = Math.max(1, Math.ceil(all.length / Math.max(most, 1)));
    for (const [i, index] of all.entries()) {
      if (most === 0 || i % every !== 0) continue;
      const cost = await subject.run(index);
      const faults = faultsOf(group, { ...cost, cpuMs: cost.cpuMs - SLACK_MS, memoryBytes: 0 });
      assert.deepEqual(faults, [], `${group}: ${subject.requests[index].name}, status ${cost.status}`);
    }
  }
});

test("a budget that is passed, and an internal error, are faults", () => {
  const cost = { status: 200, cpuMs: 1, memoryBytes: 1, sentBytes: 10, bodyBytes: 1000, answerBytes: 10 };
  assert.deepEqual(faultsOf("parameters", cost), []);
  assert.match(faultsOf("parameters", { ...cost, cpuMs: 301 })[0], /301 ms of CPU, budget 300/);
  assert.match(faultsOf("parameters", { ...cost, memoryBytes: 151e6 })[0], /151 MB, budget 150/);
  assert.match(faultsOf("parameters", { ...cost, status: 500 })[0], /responded with 500/);
  assert.match(
    faultsOf("parameters", { ...cost, status: 400, answerBytes: 5000 })[0],
    /an error of 5000 bytes/,
  );
});
