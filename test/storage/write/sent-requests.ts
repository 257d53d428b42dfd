/** Two requests that follow each other, for the tests of the writer. */
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { NaiveStore } from "../../helpers/storage/naive-store.ts";
import { type SentSeries, series } from "../../helpers/write-requests.ts";

export const NOW = MIDNIGHT_MS;

/** Two days, two metrics, one series twice. */
export const REQUEST: readonly SentSeries[] = [
  series("up", { job: "a" }, [NOW - 10, 1], [NOW + 10, 2]),
  series("up", { job: "b" }, [NOW + 10, 3]),
  series("load", { job: "a" }, [NOW - 10, 4]),
  series("up", { job: "a" }, [NOW + 10, 5]),
];

export function modelOf(...requests: (readonly SentSeries[])[]): NaiveStore {
  const model = new NaiveStore();
  for (const request of requests) model.append(request);
  return model;
}
