/** `hearthdb explain` on a table in memory, and its usage. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { explainCommand } from "../../cli/explain.ts";
import { HearthError } from "../../lib/model/errors.ts";
import { Engine, MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { series } from "../helpers/write-requests.ts";

const SECONDS = MIDNIGHT_MS / 1000;

async function explained(query: string, options: Parameters<typeof explainCommand>[2], env = {}) {
  const engine = new Engine();
  engine.nowMs = MIDNIGHT_MS + 60_000;
  await engine.append(engine.newWriters(), [series("up", { job: "a" }, [MIDNIGHT_MS, 1])], "shop");
  const printed: string[] = [];
  await explainCommand(engine.table, query, options, env, engine.clock, (text) => printed.push(text));
  assert.equal(printed.length, 1);
  return printed[0];
}

test("a range query of a tenant, as text", async () => {
  const range = { start: String(SECONDS), end: String(SECONDS + 60), step: "15s" };
  assert.deepEqual((await explained("sum(up)", { tenant: "shop", ...range })).split("\n"), [
    "sum(up)",
    "from 2026-11-23T00:00:00Z to 2026-11-23T00:01:00Z, 5 steps of 15s",
    "",
    "plan",
    "  sum",
    "    select up",
    "",
    "read 1",
    "  up",
    "  from 2026-11-22T23:55:00.001Z to 2026-11-23T00:01:00Z",
    "  one series at a time into sum of newest samples",
    "  reads samples: a step of 15s is shorter than an hour",
    "  1 series in 1 day; finding them took 3 read units",
    "  day 2026-11-23: 1 series of 1 metric",
    "    manifest  none: nothing is compacted",
    "    index     series records",
    "    log       1 of 1 shard, records received from 2026-11-22T23:45:00.001Z on",
  ]);
});

test("now and the default tenant are the defaults; JSON has the same", async () => {
  const { end, plan, reads } = JSON.parse(await explained("up", { json: true, "lookback-delta": "1m" }));
  assert.equal(Math.trunc(end), SECONDS + 60);
  assert.equal(plan.text, "select up");
  assert.equal(reads[0].storage.seriesCount, 0);
  assert.equal(Math.round((reads[0].end - reads[0].start) * 1000), 59_999);
});

test("experiments are those of the environment", async () => {
  await assert.rejects(explained("limitk(1, up)", { time: "0" }), /experimental and not enabled/);
  assert.match(
    await explained("limitk(1, up)", { time: "0" }, { HEARTH_PROMQL_EXPERIMENTAL: "true" }),
    /limitk/,
  );
});

for (const options of [
  { start: "0" },
  { start: "0", end: "1" },
  { time: "0", start: "0", end: "1", step: "1" },
  { time: "yesterday" },
  { tenant: "*" },
  { "retention-days": "x" },
]) {
  test(`refused: ${JSON.stringify(options)}`, async () => {
    const error = await explained("up", options).catch((error: unknown) => error);
    assert.ok(error instanceof HearthError && error.kind === "invalid", String(error));
  });
}
