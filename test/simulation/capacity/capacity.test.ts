/** The simulated table throttles as it says, and the mutations of the pace are changes of the engine; main.ts runs the scenarios. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { editedFiles } from "../mutate.ts";
import { Capacity, CapacityTable } from "./capacity-table.ts";
import { CAPACITY_MUTATIONS } from "./mutations.ts";

test("a table saves the units of 300 s, and refuses a write for which there are none", async () => {
  let nowMs = 0;
  const capacity = new Capacity(0.1, () => nowMs);
  const table = new CapacityTable(new MemoryTable(), capacity);
  const item = (number: number) => ({
    pk: Uint8Array.of(1),
    sk: Uint8Array.of(number),
    value: new Uint8Array(2000),
  });
  await table.metered({ ...capacity.meter }).putAll(Array.from({ length: 15 }, (_, i) => item(i)));
  assert.equal(capacity.meter.writeUnits, 30);
  await assert.rejects(table.put(item(15)), { kind: "unavailable" });
  assert.equal(table.throttledCalls, 1);
  nowMs += 20_000;
  await table.put(item(15));
  await assert.rejects(table.put(item(16)), { kind: "unavailable" });
  nowMs += 10_000_000;
  await assert.rejects(table.putAll(Array.from({ length: 16 }, (_, i) => item(i))), { kind: "unavailable" });
  assert.equal(capacity.meter.writeUnits, 62);
});

test("every mutation of the pace still is a change of the engine", () => {
  for (const { name, edits } of CAPACITY_MUTATIONS) assert.doesNotThrow(() => editedFiles(edits), name);
});
