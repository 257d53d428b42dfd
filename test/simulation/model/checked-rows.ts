/** Hourly rows, held against the rows that the samples make. */
import { isDeepStrictEqual } from "node:util";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import type { HourRows, RowColumns } from "../../../lib/model/rows/hour-rows.ts";
import type { Series } from "../../../lib/model/samples.ts";
import { DAY_MS, HOUR_MS } from "../../../lib/model/time.ts";
import { SETTLE_MS } from "../../../lib/storage/log/settling.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { hourEnd } from "../../../lib/storage/rollups/hours.ts";
import { makeRows } from "../../../lib/storage/rollups/make-rows.ts";
import { sliceFloats, sliceHistograms } from "../../../lib/storage/rollups/row-slices.ts";
import { ALL_TIME } from "../../helpers/storage/naive-store.ts";
import { plainRows } from "../../helpers/storage/plain-rows.ts";
import { livesOf } from "../actors/program.ts";
import type { Process } from "../scheduler.ts";
import type { Simulated } from "../simulated.ts";

type Rows = Map<string, HourRows>;

/** Throws where rows of a tenant differ. What its samples are, the model has judged. */
export async function expectRows(sim: Simulated, process: Process): Promise<void> {
  const { scheduler, retention, hardships, models, calmTable, tally } = sim;
  if (hardships.retention === "any" || hardships.hasWrongClocks) return;
  const clock = scheduler.clockOf(process);
  for (const [tenant, model] of models) {
    if (model.isDamaged(ALL_TIME)) continue;
    const retentionMs = retention.at(scheduler.nowMs);
    const storedAs = await livesOf(sim, calmTable, clock).storedAs(tenant);
    const reader = () =>
      new Reader(calmTable, { tenant: storedAs, clock, limits: DEFAULT_LIMITS, retentionMs });
    // The last hours that are kept leave while they are read. Rows may outlive samples that were past retention
    // before it was made longer.
    const fromMs = Math.max(
      hourEnd(retention.oldestKept(clock())) + HOUR_MS,
      (Math.max(...sim.leftDays) + 1) * DAY_MS,
    );
    // A record that nobody acknowledged, and that lands when its day is settled, is read until it expires. It gets no row.
    const isComparable = ({ labels, timestamps, histograms }: Series) =>
      scheduler.latestLandingMs <= SETTLE_MS ||
      [...timestamps, ...(histograms?.timestamps ?? [])].every(
        (time) => time <= fromMs || model.isAnswered(labels, time),
      );
    const { made, left } = await rowsOfSamples(reader(), fromMs, isComparable);
    const hours = [...made.values()].flatMap(({ floats, histograms }) => [
      ...floats.hours,
      ...(histograms?.hours ?? []),
    ]);
    if (hours.length === 0) continue;
    const [first, last] = hours.reduce(
      ([a, b], hour) => [Math.min(a, hour), Math.max(b, hour)],
      [Infinity, -Infinity],
    );
    const range = { matchers: [], fromMs: first - HOUR_MS, toMs: last };
    const read: Rows = new Map();
    for await (const { labels, ...rows } of reader().selectRows(range))
      if (!left.has(JSON.stringify(labels))) read.set(JSON.stringify(labels), rows);
    for (const name of new Set([...made.keys(), ...read.keys()])) {
      const [expected, found] = [made.get(name), read.get(name)].map((rows) => rows && plainRows(rows));
      if (!isDeepStrictEqual(found, expected))
        throw new Error(
          `rows of ${tenant} ${name} are ${JSON.stringify(found, big)}, expected ${JSON.stringify(expected, big)}`,
        );
    }
    tally.add("rows compared");
  }
}

const big = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}` : value);

/**
 * Rows of the samples of each series from a time on, and the names of series that are left out. Earlier samples are read
 * too: the first histogram of a read says what its chunk says of the one before it, whatever has replaced that one.
 */
async function rowsOfSamples(reader: Reader, fromMs: number, isTaken: (series: Series) => boolean) {
  const made: Rows = new Map();
  const left = new Set<string>();
  for await (const series of reader.select({ matchers: [], ...ALL_TIME })) {
    const { labels, ...samples } = series;
    const rows = rowsFrom(makeRows(samples), fromMs);
    if (!isTaken(series)) left.add(JSON.stringify(labels));
    else if (rows !== undefined) made.set(JSON.stringify(labels), rows);
  }
  return { made, left };
}

/** The rows of hours that end after a time; undefined where there is none. */
function rowsFrom({ floats, histograms }: HourRows, fromMs: number): HourRows | undefined {
  const start = firstAfter(floats, fromMs);
  const left = { floats: sliceFloats(floats, start, floats.hours.length) };
  const startOfHistograms = histograms === undefined ? 0 : firstAfter(histograms, fromMs);
  if (histograms !== undefined && startOfHistograms < histograms.hours.length)
    return {
      ...left,
      histograms: sliceHistograms(histograms, startOfHistograms, histograms.hours.length),
    };
  return left.floats.hours.length === 0 ? undefined : left;
}

function firstAfter({ hours }: RowColumns, fromMs: number): number {
  const first = hours.findIndex((hour) => hour > fromMs);
  return first < 0 ? hours.length : first;
}
