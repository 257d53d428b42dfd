/** A final run counts over every chunk that a reader meets beside it, so no chunk part may come after one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS, HOUR_MS } from "../../../lib/model/time.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import { allSamples, manifestOf, runUntil } from "../../helpers/storage/compaction.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { series } from "../../helpers/write-requests.ts";

const DAY = dayOf(MIDNIGHT_MS);
const SPARSE = { sparseSamples: 3 };

test("a sample in chunks that came late counts over the older one in a final run", async () => {
  const engine = new Engine();
  const writers = engine.newWriters();
  const time = MIDNIGHT_MS + 1;
  const others = ["a", "b", "c"].map((name) => series(name, {}, [time, 0]));
  await engine.append(writers, [series("up", {}, [time, 1]), ...others]);
  await runUntil(engine, MIDNIGHT_MS + DAY_MS, HOUR_MS, SPARSE);
  assert.deepEqual(
    (await manifestOf(engine, DAY)).parts.map(({ isFinal }) => isFinal),
    [true],
  );
  await engine.append(writers, [series("up", {}, [time, 2], [time + 1, 2], [time + 2, 2]), others[0]]);
  await runUntil(engine, engine.nowMs + 10 * HOUR_MS, HOUR_MS, SPARSE);
  const { parts } = await manifestOf(engine, DAY);
  assert.ok(
    parts.some(({ kind }) => kind === "chunks"),
    "nothing became chunks",
  );
  const found = (await allSamples(engine)).filter((row) => row.startsWith("up "));
  assert.deepEqual(found, [`up ${time} 2`, `up ${time + 1} 2`, `up ${time + 2} 2`]);
});
