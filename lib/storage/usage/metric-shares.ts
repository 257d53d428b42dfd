/**
 * A day's usage by metric. Samples and write units of a tenant are shared out by the samples that compaction counted of each
 * metric, so that metrics add up to the tenant whatever a process that ended did not tell. What is of no metric, as requests
 * and reads that name none, has the name "".
 */
import { type MetricRow, weightOf } from "./metric-usage.ts";
import type { DayUsage } from "./usage-items.ts";
import { COUNTS, type Counts } from "./usage-rows.ts";

export interface MetricShare {
  readonly tenant: string;
  readonly metric: string;
  readonly counts: Counts & { readonly chunkBytes: number };
}

export function sharesByMetric({ rows, metrics }: Pick<DayUsage, "rows" | "metrics">): MetricShare[] {
  const ofMetrics = Map.groupBy(metrics, ({ tenant }) => tenant);
  return [...Map.groupBy(rows, ({ tenant }) => tenant)].flatMap(([tenant, ofTenant]) => {
    const counts = Object.fromEntries(COUNTS.map((name) => [name, sumOf(ofTenant, (row) => row[name])]));
    return shareTenant(tenant, counts as unknown as Counts, ofMetrics.get(tenant) ?? []);
  });
}

function shareTenant(tenant: string, total: Counts, metrics: readonly MetricRow[]): MetricShare[] {
  const samples = sumOf(metrics, (one) => one.samples);
  const readUnits = sumOf(metrics, (one) => one.readUnits);
  // Work of another day's requests may be counted by metric today.
  const readShare = Math.min(1, total.readUnits / Math.max(readUnits, 1e-9));
  const shares = metrics
    .toSorted((a, b) => weightOf(b) - weightOf(a))
    .map((metric) => {
      const share = samples === 0 ? 0 : metric.samples / samples;
      const counts = {
        ...NOTHING,
        samples: total.samples * share,
        writeUnits: total.writeUnits * share,
        readUnits: metric.readUnits * readShare,
        chunkBytes: metric.chunkBytes,
      };
      return { tenant, metric: nameOf(metric), counts };
    });
  const rest = Object.fromEntries(
    COUNTS.map((name) => {
      const left = total[name] - sumOf(shares, ({ counts }) => counts[name]);
      return [name, Math.abs(left) < ROUNDING ? 0 : left];
    }),
  );
  return [...shares, { tenant, metric: "", counts: { ...(rest as unknown as Counts), chunkBytes: 0 } }];
}

/** What adding up may be off by. */
const ROUNDING = 1e-6;

const NOTHING = Object.fromEntries(COUNTS.map((name) => [name, 0])) as unknown as Counts;

/** As `hearthdb usage --storage` prints a metric whose name it did not find. */
function nameOf({ name, number }: MetricRow): string {
  return name === "" ? `(${number.toString(16).padStart(8, "0")})` : name;
}

function sumOf<T>(all: readonly T[], value: (one: T) => number): number {
  return all.reduce((sum, one) => sum + value(one), 0);
}
