/** What users of the APIs see when an item is damaged. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addQueryRoutes } from "../../../lib/http/query/routes.ts";
import { newQueryServices } from "../../../lib/http/query/source.ts";
import { HOUR_MS } from "../../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import type { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { flipped, itemsOf } from "../../helpers/storage/damage.ts";
import { basic, query, TestGateway } from "../../helpers/test-gateway.ts";
import { series } from "../../helpers/write-requests.ts";

/** One series in a run, and the same in the log; one bit of the run flipped. */
async function openDamaged() {
  const gateway = await TestGateway.open();
  addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS));
  gateway.nowMs += HOUR_MS;
  const startMs = gateway.nowMs;
  await gateway.write([series("up", {}, [startMs, 1])]);
  await gateway.compact();
  await gateway.write([series("up", {}, [startMs + 60_000, 1])]);
  const table = gateway.table.inner as MemoryTable;
  const [run] = await itemsOf(table, "R");
  await table.put(flipped(run, 20));
  const ask = async (path: string) => {
    const response = await gateway.fetch(path, { headers: { Authorization: basic("HKA") } });
    // biome-ignore lint/suspicious/noExplicitAny: an answer of the API
    return { status: response.status, body: (await response.json()) as any };
  };
  return { gateway, table, run, startMs, ask };
}

const INCOMPLETE =
  /^incomplete: samples of some minutes of 2026-11-23 may be missing: a run block is damaged or gone: checksum/;

test("PromQL answers what there is, with a warning first", async () => {
  const { gateway, startMs, ask } = await openDamaged();
  const at = (startMs + 61_000) / 1000;
  const { status, body } = await ask(
    `/api/v1/query?query=${encodeURIComponent("count_over_time(up[10m])")}&time=${at}`,
  );
  assert.equal(status, 200);
  assert.equal(body.status, "success");
  assert.equal(body.data.result[0].value[1], "1");
  assert.deepEqual(body.warnings.slice(1), []);
  assert.match(body.warnings[0], INCOMPLETE);
  assert.equal(gateway.lastLine.level, "warn");
  assert.ok(gateway.metrics.at(-1)!.DamagedItems >= 1);
  const range = await ask(`/api/v1/query_range?query=up&start=${at - 120}&end=${at}&step=15`);
  assert.match(range.body.warnings[0], INCOMPLETE);
});

test("a query that does not need the item has no warning", async () => {
  const { startMs, ask } = await openDamaged();
  const { body } = await ask(`/api/v1/query?query=nothing&time=${startMs / 1000}`);
  assert.equal(body.warnings, undefined);
  const before = await ask(`/api/v1/query?query=up&time=${startMs / 1000 - 86_400}`);
  assert.equal(before.body.warnings, undefined);
});

test("labels and series have the warning when the index is damaged", async () => {
  const { table, run, startMs, ask } = await openDamaged();
  await table.put(run);
  const [block] = await itemsOf(table, "I");
  await table.put(flipped(block, 20));
  const range = `start=${startMs / 1000}&end=${startMs / 1000 + 60}`;
  for (const path of ["labels?", "label/job/values?", "series?match[]=up&"]) {
    const { status, body } = await ask(`/api/v1/${path}${range}`);
    assert.equal(status, 200, path);
    assert.match(body.warnings[0], /^incomplete: series of 2026-11-23 may be missing: an index block/, path);
  }
});

test("explain has the warning too, as text in lines of its own", async () => {
  const { gateway, table, run, startMs, ask } = await openDamaged();
  await table.put(run);
  const [block] = await itemsOf(table, "I");
  await table.put(flipped(block, 20));
  const path = `/api/v1/explain?query=up&time=${startMs / 1000 + 60}`;
  const words = /incomplete: series of 2026-11-23 may be missing: an index block/;
  assert.match((await ask(path)).body.warnings[0], words);
  const response = await gateway.fetch(`${path}&format=text`, { headers: { Authorization: basic("HKA") } });
  assert.match((await response.text()).split("\n").at(-2)!, new RegExp(`^warning: ${words.source}`));
});

test("remote read, which has no warnings, fails and says why", async () => {
  const { gateway, table, run } = await openDamaged();
  for (const acceptedResponseTypes of [[], ["STREAMED_XOR_CHUNKS"]]) {
    const response = await gateway.read({ queries: [query("up")], acceptedResponseTypes });
    assert.equal(response.status, 500);
    assert.match(await response.text(), /damaged item: checksum .* kind=run tenant=t day=2026-11-23/);
    assert.ok(gateway.metrics.at(-1)!.DamagedItems >= 1);
  }
  await table.put(run);
  assert.equal((await gateway.read({ queries: [query("up")] })).status, 200);
});

test("writes go on", async () => {
  const { gateway, startMs } = await openDamaged();
  assert.equal((await gateway.write([series("up", {}, [startMs + 120_000, 1])])).status, 200);
});
