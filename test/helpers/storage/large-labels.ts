/**
 * A worker with a bounded heap: stores requests whose labels are large and deflate to nothing, compacts them until all is
 * settled, and posts what the manifest says then. Its end by want of memory is its creator's to see.
 */
import { parentPort, workerData } from "node:worker_threads";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import { series } from "../write-requests.ts";
import { manifestOf, runCompactor } from "./compaction.ts";
import { Engine, MIDNIGHT_MS } from "./engine.ts";

export interface LargeLabels {
  readonly requests: number;
  readonly seriesPerRequest: number;
  readonly labelBytes: number;
}

export interface LargeLabelsResult {
  readonly errors: readonly string[];
  readonly series: number;
  readonly indexParts: number;
  readonly samples: number;
  readonly isSettled: boolean;
}

/** Labels a series has of that size. */
const LABELS = 4;

async function run({ requests, seriesPerRequest, labelBytes }: LargeLabels): Promise<LargeLabelsResult> {
  const engine = new Engine();
  const padding = "x".repeat(labelBytes - 20);
  for (let r = 0; r < requests; r++) {
    const sent = Array.from({ length: seriesPerRequest }, (_, i) => {
      const labels = Object.fromEntries(
        Array.from({ length: LABELS }, (_unused, l) => [`label_${l}`, `${r}/${i}/${padding}`]),
      );
      return series("hostile", labels, [MIDNIGHT_MS, r]);
    });
    engine.nowMs += 500;
    await engine.append(engine.newWriters(), sent);
  }
  const errors: string[] = [];
  for (
    engine.nowMs = MIDNIGHT_MS + HOUR_MS;
    engine.nowMs < MIDNIGHT_MS + 2 * DAY_MS;
    engine.nowMs += 6 * HOUR_MS
  ) {
    const { errors: some } = await runCompactor(engine, { deadlineMs: engine.nowMs + 10 * MINUTE_MS });
    errors.push(...some);
  }
  const { index, parts, facts } = await manifestOf(engine, dayOf(MIDNIGHT_MS));
  return {
    errors,
    series: index.reduce((sum, part) => sum + part.series, 0),
    indexParts: index.length,
    samples: parts.reduce((sum, part) => sum + part.samples, 0),
    isSettled: facts.settledMarks !== undefined,
  };
}

parentPort?.postMessage(await run(workerData as LargeLabels));
