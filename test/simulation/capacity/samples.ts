/** The samples of the simulation: series of one tenant, and their requests as Prometheus sends them. */
import type { AppendBatch } from "../../../lib/model/sample-batch.ts";
import { batchOf, series } from "../../helpers/write-requests.ts";

export const INTERVAL_MS = 15_000;
const METRICS = 20;

/** A metric that has a tenth of all series, as histograms of API servers do, and others of equal size. */
function metricOf(index: number): string {
  return index % 10 === 0 ? "largest" : `metric_${index % METRICS}`;
}

/** Counters whose gains differ, so that their chunks have a usual size. */
export function valueAt(index: number, time: number): number {
  const step = Math.floor(time / INTERVAL_MS) % 100_000;
  return step * (1 + (index % 7)) + ((step * (index + 11)) % 13) * (index % 3);
}

/** A request of all series at a time; `generation` names new series in place of all. Valid until the next call. */
export class Requests {
  readonly #batches = new Map<number, AppendBatch>();
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  at(time: number, generation: number): AppendBatch {
    const batch = this.#batchOf(generation);
    batch.timestamps.fill(time);
    for (let i = 0; i < this.#count; i++) batch.values[i] = valueAt(i, time);
    return batch;
  }

  #batchOf(generation: number): AppendBatch {
    let batch = this.#batches.get(generation);
    if (batch === undefined) {
      const all = Array.from({ length: this.#count }, (_, i) =>
        series(metricOf(i), { instance: `host-${i}`, job: "simulated", generation: `${generation}` }, [0, 0]),
      );
      batch = batchOf(...all);
      this.#batches.set(generation, batch);
    }
    return batch;
  }
}
