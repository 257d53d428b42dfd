/** What lies in the table by tenant and metric, as it was measured last (verify/measure-storage.ts): one item. */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { KIND } from "../layout/keys.ts";
import type { Key, Table } from "../table/table.ts";

/** What is stored of a metric. */
export interface StoredMetric {
  readonly tenant: string;
  readonly metric: string;
  readonly samples: number;
  /** Different series, about. */
  readonly series: number;
  /** As DynamoDB bills them. */
  readonly bytes: number;
}

export interface StoredUsage {
  /** When it was measured, in ms; 0: never. */
  readonly measuredMs: number;
  readonly metrics: readonly StoredMetric[];
}

const NOTHING: StoredUsage = { measuredMs: 0, metrics: [] };
const MAX_BYTES = 64 * 1024 * 1024;
/** An item holds 400 KB. */
const MAX_ITEM_BYTES = 380 * 1024;
const STORED = 2;

function storedUsageKey(): Key {
  return { pk: Uint8Array.of(KIND.usage, STORED), sk: Uint8Array.of(0) };
}

/** Replaces what was measured before; the smallest metrics are left out of what an item does not hold. */
export async function storeStoredUsage(table: Table, { measuredMs, metrics }: StoredUsage): Promise<void> {
  for (let kept = metrics.toSorted((a, b) => b.bytes - a.bytes); ; kept = kept.slice(0, kept.length >> 1)) {
    const rows = kept.map(({ tenant, metric, samples, series, bytes }) => [
      tenant,
      metric,
      samples,
      series,
      bytes,
    ]);
    const value = deflateRawSync(JSON.stringify({ measuredMs, rows }));
    if (value.length > MAX_ITEM_BYTES) continue;
    return table.put({ ...storedUsageKey(), value });
  }
}

export async function loadStoredUsage(table: Table): Promise<StoredUsage> {
  const item = await table.get(storedUsageKey());
  return item === undefined ? NOTHING : decodeStoredUsage(item.value);
}

/** What cannot be read counts as not measured. */
export function decodeStoredUsage(value: Uint8Array): StoredUsage {
  try {
    const text = inflateRawSync(value, { maxOutputLength: MAX_BYTES }).toString();
    const { measuredMs, rows } = JSON.parse(text) as { measuredMs: unknown; rows: unknown };
    if (typeof measuredMs !== "number" || !Array.isArray(rows)) return NOTHING;
    return { measuredMs, metrics: rows.map(toMetric).filter((one) => one !== undefined) };
  } catch {
    return NOTHING;
  }
}

function toMetric(row: unknown): StoredMetric | undefined {
  if (!Array.isArray(row)) return undefined;
  const [tenant, metric, ...numbers] = row as unknown[];
  if (typeof tenant !== "string" || typeof metric !== "string") return undefined;
  const [samples, series, bytes] = numbers.map((one) => Number(one) || 0);
  return { tenant, metric, samples, series, bytes };
}
