/**
 * The life of hourly rows whose samples have expired: deleted, merged, read, while calls fail and processes
 * die. Nothing is written any more, so each row is what it was at first, unless a deletion took it.
 */
import { isDeepStrictEqual } from "node:util";
import type { LabelSet } from "../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { matchesAll } from "../../lib/model/matcher.ts";
import type { HourRows, RowColumns } from "../../lib/model/rows/hour-rows.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, type TimeRange } from "../../lib/model/time.ts";
import type { ReaderMemory } from "../../lib/storage/cache/reader-memory.ts";
import { compact } from "../../lib/storage/compact/compactor.ts";
import { listPendingDays } from "../../lib/storage/erase/ask-for-erasure.ts";
import { Reader } from "../../lib/storage/read/reader.ts";
import type { Table } from "../../lib/storage/table/table.ts";
import { ALL_TIME } from "../helpers/storage/naive-store.ts";
import { plainRows } from "../helpers/storage/plain-rows.ts";
import { randomSelection } from "./actors/workload.ts";
import type { Model } from "./model/model.ts";
import type { Process } from "./scheduler.ts";
import type { Simulated } from "./simulated.ts";

/** All samples are older. */
export const SHORT_RETENTION_MS = HOUR_MS;
/** Where deletions are, rows outlive samples from the first. */
export function rollupRetention({ hardships }: Simulated) {
  return hardships.hasDeletions ? { rollupRetentionOf: () => 0 } : {};
}

/** Days before now that may have samples or rows: samples may be a year late, and a schedule takes months. */
export const MANY_DAYS = 500;

/** One row: when its samples were, and what it says. */
interface KnownRow extends TimeRange {
  readonly said: unknown;
}

/** By label set in JSON, then by kind and hour. */
type Rows = Map<string, { readonly labels: LabelSet; readonly rows: Map<string, KnownRow> }>;

/** What there was of each tenant when the samples were gone. */
export interface RowsAlone {
  readonly byTenant: ReadonlyMap<string, Rows>;
  /** The model's event then. */
  readonly sinceAt: ReadonlyMap<string, number>;
}

/** The samples are as good as gone from now on; what is in rows stays. */
export async function expireSamples(sim: Simulated, process: Process): Promise<RowsAlone> {
  const { scheduler, models, calmTable } = sim;
  scheduler.nowMs += DAY_MS + 2 * HOUR_MS;
  const byTenant = new Map<string, Rows>();
  for (const tenant of models.keys())
    byTenant.set(tenant, await readRows(sim, process, calmTable, tenant, { matchers: [] }));
  scheduler.note("nobody", "keeps samples any more");
  return { byTenant, sinceAt: new Map(Array.from(models, ([tenant, model]) => [tenant, model.event()])) };
}

function readerOf(sim: Simulated, process: Process, table: Table, tenant: string, memory?: ReaderMemory) {
  return new Reader(table, {
    tenant,
    clock: sim.scheduler.clockOf(process),
    limits: DEFAULT_LIMITS,
    retentionMs: SHORT_RETENTION_MS,
    rollupRetentionMs: 0,
    memory,
  });
}

async function readRows(
  sim: Simulated,
  process: Process,
  table: Table,
  tenant: string,
  { matchers }: Pick<Parameters<Reader["selectRows"]>[0], "matchers">,
  memory?: ReaderMemory,
): Promise<Rows> {
  const all: Rows = new Map();
  const toMs = Math.ceil(sim.scheduler.nowMs / HOUR_MS) * HOUR_MS;
  const range = { matchers, fromMs: toMs - MANY_DAYS * DAY_MS, toMs };
  for await (const { labels, ...rows } of readerOf(sim, process, table, tenant, memory).selectRows(range))
    all.set(JSON.stringify(labels), { labels, rows: rowByRow(rows) });
  return all;
}

function rowByRow(all: HourRows): Map<string, KnownRow> {
  const rows = new Map<string, KnownRow>();
  const add = (kind: string, columns: RowColumns, said: (row: number) => unknown) => {
    for (const [row, hour] of columns.hours.entries()) {
      const [minTime, maxTime] = [columns.firstTimes[row], columns.lastTimes[row]];
      rows.set(`${kind} ${hour}`, { minTime, maxTime, said: said(row) });
    }
  };
  const slice = <T extends object>(columns: T, row: number) =>
    Object.fromEntries(
      Object.entries(columns).map(([name, column]) => [name, column.slice(row, row + 1)]),
    ) as T;
  add("floats", all.floats, (row) => plainRows({ floats: slice(all.floats, row) }));
  const { histograms } = all;
  if (histograms !== undefined)
    add("histograms", histograms, (row) =>
      plainRows({ floats: slice(all.floats, all.floats.hours.length), histograms: slice(histograms, row) }),
    );
  return rows;
}

/** Reads rows of a tenant, and what lookups list. Throws what the model does not allow. */
export async function checkRowsAlone(
  sim: Simulated,
  process: Process,
  table: Table,
  known: RowsAlone,
  memory?: ReaderMemory,
): Promise<void> {
  const [tenant, model] = sim.scheduler.random.pick([...sim.models]);
  const { matchers } = randomSelection(sim.scheduler.random, sim.workload, sim.scheduler.nowMs);
  const begunAt = model.event();
  const found = await readRows(sim, process, table, tenant, { matchers }, memory);
  const read = { begunAt, endedAt: model.event() };
  expectRowsOf(model, known, tenant, matchers, found, read);
  const listedAt = model.event();
  const reader = readerOf(sim, process, table, tenant, memory);
  const listed = new Set((await reader.series({ matchers, ...ALL_TIME })).map((one) => JSON.stringify(one)));
  expectListed(model, known, tenant, matchers, listed, { begunAt: listedAt, endedAt: model.event() });
  sim.tally.add("rows without samples read");
}

type Times = { readonly begunAt: number; readonly endedAt: number };
type Matchers = Parameters<typeof matchesAll>[0];

function expectRowsOf(
  { deletions }: Model,
  { byTenant, sinceAt }: RowsAlone,
  tenant: string,
  matchers: Matchers,
  found: Rows,
  times: Times,
): void {
  for (const [name, { labels, rows }] of byTenant.get(tenant)!) {
    const actual = found.get(name)?.rows ?? new Map<string, KnownRow>();
    found.delete(name);
    const isSelected = matchesAll(matchers, labels);
    for (const [hour, row] of rows) {
      const state = isSelected ? deletions.stateOfRow(labels, row, sinceAt.get(tenant)!, times) : "gone";
      const one = actual.get(hour);
      actual.delete(hour);
      if (one === undefined ? state === "kept" : state === "gone")
        throw new Error(
          `row ${hour} of ${tenant} ${name} is ${one ? "there" : "missing"}, expected ${state}`,
        );
      // Of a row that deletions leave in part: a midnight has two rows, of two days.
      if (one !== undefined && state === "kept" && !isDeepStrictEqual(one, row))
        throw new Error(`row ${hour} of ${tenant} ${name} has changed`);
    }
    const [extra] = actual.keys();
    if (extra !== undefined) throw new Error(`row ${extra} of ${tenant} ${name} came from nowhere`);
  }
  const [extra] = found.keys();
  if (extra !== undefined) throw new Error(`rows of ${tenant} ${extra} came from nowhere`);
}

function expectListed(
  { deletions }: Model,
  { byTenant, sinceAt }: RowsAlone,
  tenant: string,
  matchers: Matchers,
  listed: ReadonlySet<string>,
  times: Times,
): void {
  for (const [name, { labels, rows }] of byTenant.get(tenant)!) {
    if (!matchesAll(matchers, labels)) continue;
    const states = [...rows.values()].map((row) =>
      deletions.stateOfRow(labels, row, sinceAt.get(tenant)!, times),
    );
    if (states.every((state) => state === "gone") && listed.has(name))
      throw new Error(`${tenant} ${name} has no rows and is listed`);
    if (states.includes("kept") && !listed.has(name))
      throw new Error(`${tenant} ${name} has rows and is not listed`);
  }
}

/** Days later nothing is left of what was deleted. */
export async function settleRowsAlone(sim: Simulated, process: Process, known: RowsAlone): Promise<void> {
  const { scheduler, randomBytes, calmTable, models, partitionBits, sparseSamples } = sim;
  const clock = scheduler.clockOf(process);
  for (let days = 0; days < 3; days++) {
    scheduler.nowMs += DAY_MS + MINUTE_MS;
    await compact(calmTable, {
      clock,
      randomBytes,
      retentionOf: () => SHORT_RETENTION_MS,
      ...rollupRetention(sim),
      partitionBits,
      sparseSamples,
      deadlineMs: Number.POSITIVE_INFINITY,
      onMonth: ({ error }) => error !== undefined && scheduler.fail(error),
    });
    scheduler.throwFailure();
    await checkRowsAlone(sim, process, calmTable, known);
  }
  for (const tenant of models.keys()) {
    const place = { table: calmTable, tenant, retentionMs: SHORT_RETENTION_MS, clock };
    const [pending] = await listPendingDays(place);
    if (pending !== undefined) throw new Error(`rows of day ${pending} of ${tenant} hold what is deleted`);
  }
}
