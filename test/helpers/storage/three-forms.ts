/** Data in all three forms: yesterday in chunks, today in runs, the last minutes in the log. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { type SentSeries, series } from "../write-requests.ts";
import { Engine, type EngineOptions, MIDNIGHT_MS } from "./engine.ts";

export const METRICS = ["cpu", "disk", "load", "memory", "requests", "up"];
export const YESTERDAY = MIDNIGHT_MS - DAY_MS;

function request(timeMs: number, zones = "xyz"): SentSeries[] {
  return METRICS.flatMap((metric) =>
    [...zones].map((zone) => series(metric, { zone }, [timeMs, timeMs / 1000], [timeMs + 1000, 1])),
  );
}

/** Yesterday in chunks; today in runs of two flushes; the last minutes in the log, with series that are new. */
export async function newThreeForms(
  options: EngineOptions = {},
): Promise<{ engine: Engine; table: MemoryTable }> {
  const table = new MemoryTable();
  const engine = new Engine({ ...options, table });
  const writers = engine.newWriters();
  for (let hour = 0; hour < 24; hour += 7) {
    engine.nowMs = YESTERDAY + hour * HOUR_MS;
    await engine.append(writers, request(engine.nowMs));
    await engine.compact();
  }
  engine.nowMs = MIDNIGHT_MS + HOUR_MS;
  await engine.compact();
  for (const minutes of [0, 20]) {
    await engine.append(writers, request(engine.nowMs));
    engine.nowMs += minutes * MINUTE_MS;
    await engine.compact();
  }
  await engine.append(writers, request(engine.nowMs, "xyzn"));
  await engine.append(engine.newWriters(), request(engine.nowMs + 3000, "xyzn"));
  engine.nowMs += 10 * MINUTE_MS;
  return { engine, table };
}
