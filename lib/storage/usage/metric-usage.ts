/**
 * What is used of each metric. Compaction counts what it stores of each, by the number that hashes of the metric's series begin
 * with; the name comes with the first new series of a day. Queries count the read units of the metrics that they name.
 */
import { textHash } from "../series/series-hash.ts";

export interface MetricCounts {
  /** Samples that compaction took from the log. */
  readonly samples: number;
  /** Bytes of chunk items that compaction stored, as DynamoDB bills them. */
  readonly chunkBytes: number;
  readonly readUnits: number;
}

export interface MetricRow extends MetricCounts {
  readonly tenant: string;
  /** The first four bytes of hashes of its series. */
  readonly number: number;
  /** "" while it is not known. */
  readonly name: string;
}

const COUNTS = ["samples", "chunkBytes", "readUnits"] as const;
const NOTHING: MetricCounts = { samples: 0, chunkBytes: 0, readUnits: 0 };
/** Rows of a flush or of a day; the others of a tenant count together. */
export const MAX_METRIC_ROWS = 2000;
export const OTHER_METRICS = "(other metrics)";
/** No hash's: it has more than 32 bits. */
const OTHER_NUMBER = 2 ** 32;
/** Read units weigh as many samples: what each costs, about. */
const SAMPLES_PER_READ_UNIT = 1000;

/** A row of a metric whose name is known. */
export function metricOfName(tenant: string, name: string): Pick<MetricRow, "tenant" | "number" | "name"> {
  return { tenant, number: textHash(name), name };
}

type MutableRow = { -readonly [Name in keyof MetricRow]: MetricRow[Name] };

/** Adds rows of equal metrics. */
export class MetricTable {
  #rows = new Map<string, MutableRow>();

  constructor(rows: Iterable<MetricRow> = []) {
    for (const row of rows) this.add(row);
  }

  get size(): number {
    return this.#rows.size;
  }

  get rows(): readonly MetricRow[] {
    this.#bound(MAX_METRIC_ROWS);
    return [...this.#rows.values()];
  }

  add(row: Pick<MetricRow, "tenant" | "number" | "name"> & Partial<MetricCounts>): void {
    const { tenant, number, name } = row;
    const key = `${number}/${tenant}`;
    let known = this.#rows.get(key);
    if (known === undefined) {
      this.#bound(2 * MAX_METRIC_ROWS);
      known = { tenant, number, name, ...NOTHING };
      this.#rows.set(key, known);
    }
    if (known.name === "") known.name = name;
    for (const count of COUNTS) known[count] += row[count] ?? 0;
  }

  #bound(most: number): void {
    if (this.#rows.size < most + 1) return;
    const sorted = [...this.#rows.values()].toSorted((a, b) => weightOf(b) - weightOf(a));
    this.#rows = new Map();
    for (const [i, row] of sorted.entries()) {
      const isKept = i < MAX_METRIC_ROWS / 2;
      this.add(isKept ? row : { ...row, number: OTHER_NUMBER, name: OTHER_METRICS });
    }
  }
}

export function weightOf({ samples, readUnits }: MetricCounts): number {
  return samples + SAMPLES_PER_READ_UNIT * readUnits;
}

/** For an item. */
export function packMetric({ tenant, number, name, ...counts }: MetricRow): readonly (string | number)[] {
  return [tenant, number, name, ...COUNTS.map((count) => Number(counts[count].toFixed(1)))];
}

/** Undefined for what `packMetric` does not make. */
export function unpackMetric(packed: unknown): MetricRow | undefined {
  if (!Array.isArray(packed)) return undefined;
  const [tenant, number, name, ...numbers] = packed as unknown[];
  if (typeof tenant !== "string" || typeof number !== "number" || typeof name !== "string") return undefined;
  const [samples, chunkBytes, readUnits] = numbers.map((one) => Number(one) || 0);
  return { tenant, number, name, samples, chunkBytes, readUnits };
}
