/** What a peer sent, read back by remote read and named as Prometheus prints series: `name{label="value"}`. */
import assert from "node:assert/strict";
import { type AnsweredSeries, readTimeSeries, type Target } from "../helpers/remote-client.ts";
import type { Fields } from "../wire/prometheus-proto.ts";

/** How far back and ahead of now is read: a peer's clock is this machine's. */
const WINDOW_MS = 600_000;

/** Series by their printed names. */
export type ReadBack = ReadonlyMap<string, AnsweredSeries>;

/** All series of the last minutes whose metric name a regular expression matches; none may come twice. */
export async function readBack(target: Target, names: string, windowMs = WINDOW_MS): Promise<ReadBack> {
  const now = Date.now();
  const matcher = { type: "RE", name: "__name__", value: names };
  const found = await readTimeSeries(target, matcher, now - windowMs, now + WINDOW_MS);
  const all = new Map(found.map((one) => [printSeries(one.labels), one]));
  assert.equal(all.size, found.length, "a series came twice");
  return all;
}

/** Labels in the order of their names. */
export function printSeries(labels: Readonly<Record<string, string>>): string {
  const { __name__: metric = "", ...rest } = labels;
  const pairs = Object.entries(rest)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${metric}{${pairs.join(",")}}`;
}

/** The value of each float series' last sample; series of histograms are left out. */
export function lastValues(all: ReadBack): Record<string, number> {
  const values = [...all].flatMap(([name, { samples }]): [string, number][] => {
    const last = samples.at(-1);
    return last === undefined ? [] : [[name, last.value]];
  });
  return Object.fromEntries(values.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The last histogram of a series. Fails when there is none. */
export function lastHistogram(all: ReadBack, name: string): Fields {
  const last = all.get(name)?.histograms.at(-1);
  assert.ok(last, `no histogram of ${name}; there are ${[...all.keys()].join(" ")}`);
  return last;
}
