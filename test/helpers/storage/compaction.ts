/** Runs of the compactor on an engine's table, and what is found of a day afterwards. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  type CompactOptions,
  type CompactResult,
  compact,
  type DayReport,
} from "../../../lib/storage/compact/compactor.ts";
import type { Manifest } from "../../../lib/storage/layout/manifest.ts";
import { loadManifest } from "../../../lib/storage/layout/manifest-store.ts";
import type { DamagedItem } from "../../../lib/storage/quarantine/quarantine.ts";
import { listQuarantined, type Quarantined } from "../../../lib/storage/quarantine/quarantine-item.ts";
import type { Item, Table } from "../../../lib/storage/table/table.ts";
import type { Engine } from "./engine.ts";
import { ALL_TIME } from "./naive-store.ts";

export interface Run extends CompactResult {
  readonly reports: readonly DayReport[];
  readonly errors: readonly string[];
  readonly damaged: readonly DamagedItem[];
}

/** One run at the engine's time, or by a clock that differs by `skewMs`. */
export async function runCompactor(
  engine: Engine,
  options: Partial<CompactOptions> & { readonly skewMs?: number } = {},
): Promise<Run> {
  const { skewMs = 0, ...others } = options;
  const reports: DayReport[] = [];
  const damaged: DamagedItem[] = [];
  const result = await compact(engine.table, {
    clock: () => engine.clock() + skewMs,
    randomBytes,
    retentionOf: () => 0,
    deadlineMs: Number.POSITIVE_INFINITY,
    sparseSamples: 0,
    onDay: (report) => reports.push(report),
    onDamagedItem: (one) => damaged.push(one),
    ...others,
  });
  const errors = reports.flatMap(({ error }) => (error === undefined ? [] : [String(error)]));
  return { ...result, reports, errors, damaged };
}

/** Runs the compactor every so often until a time. */
export async function runUntil(
  engine: Engine,
  untilMs: number,
  stepMs: number,
  options: Partial<CompactOptions> = {},
): Promise<void> {
  while (engine.nowMs < untilMs) {
    engine.nowMs += stepMs;
    const { errors } = await runCompactor(engine, options);
    assert.deepEqual(errors, []);
  }
}

export async function manifestOf(engine: Engine, day: number, tenant = "t"): Promise<Manifest> {
  return (await loadManifest(engine.table, tenant, day)).manifest;
}

/** All samples of a tenant: label set, time and value of each. */
export async function allSamples(engine: Engine, tenant = "t"): Promise<string[]> {
  const rows: string[] = [];
  for await (const { labels, timestamps, values } of engine
    .reader(tenant)
    .select({ matchers: [], ...ALL_TIME }))
    for (let i = 0; i < timestamps.length; i++)
      rows.push(`${labels.map(([, value]) => value).join("/")} ${timestamps[i]} ${values[i]}`);
  return rows;
}

export async function quarantinedOf(table: Table, tenant = "t"): Promise<Quarantined[]> {
  const found: Quarantined[] = [];
  for await (const one of listQuarantined(table, tenant)) found.push(one);
  return found;
}

/** Every item whose partition key begins with one of these bytes. */
export async function itemsOf(table: Table, pk: Uint8Array): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of table.query({ pk }, { consistent: true })) items.push(...page);
  return items;
}
