/** Counts of requests by tenant, key and route, and how they add up. */

/** What is counted. Units are DynamoDB's. */
export const COUNTS = [
  "requests",
  "errors",
  "refused",
  "samples",
  "rejectedSamples",
  "readUnits",
  "writeUnits",
] as const;

export type Counts = { readonly [Name in (typeof COUNTS)[number]]: number };

export interface UsageKey {
  readonly tenant: string;
  /** The access key's id; empty for Hearth's own work. */
  readonly key: string;
  /** The pattern of the path, or the name of Hearth's own work. */
  readonly route: string;
}

export type UsageRow = UsageKey & Counts;

/** Hearth's own tenant: series of usage, and work that is for no tenant. */
export const OWN_TENANT = "hearth";

/** Rows of one day or of one flush at most. Further keys and routes of a tenant count together. */
export const MAX_ROWS = 5000;
const OTHER = "(other)";

type MutableCounts = { -readonly [Name in keyof Counts]: number };

/** Adds rows with equal keys. */
export class UsageTable {
  readonly #rows = new Map<string, UsageKey & MutableCounts>();
  /** The row added to last: requests of one sender come in a row. */
  #latest: (UsageKey & MutableCounts) | undefined;

  constructor(rows: Iterable<UsageRow> = []) {
    for (const row of rows) this.add(row, row);
  }

  get size(): number {
    return this.#rows.size;
  }

  get rows(): readonly UsageRow[] {
    return [...this.#rows.values()];
  }

  add(usageKey: UsageKey, counts: Partial<Counts>): void {
    const { tenant, key, route } = usageKey;
    const latest = this.#latest;
    if (latest?.tenant === tenant && latest.key === key && latest.route === route) addCounts(latest, counts);
    else this.#addTo(usageKey, counts);
  }

  #addTo({ tenant, key, route }: UsageKey, counts: Partial<Counts>): void {
    const name = JSON.stringify([tenant, key, route]);
    let row = this.#rows.get(name);
    if (row === undefined) {
      if (this.#rows.size >= MAX_ROWS && route !== OTHER) {
        this.add({ tenant, key: OTHER, route: OTHER }, counts);
        return;
      }
      row = { tenant, key, route, ...NOTHING };
      this.#rows.set(name, row);
    }
    addCounts(row, counts);
    this.#latest = row;
  }
}

function addCounts(row: MutableCounts, counts: Partial<Counts>): void {
  for (const count of COUNTS) row[count] += counts[count] ?? 0;
}

const NOTHING = Object.fromEntries(COUNTS.map((name) => [name, 0])) as unknown as Counts;

/** For an item: text columns, then counts. */
export function packRow({ tenant, key, route, ...counts }: UsageRow): readonly (string | number)[] {
  return [tenant, key, route, ...COUNTS.map((name) => Number(counts[name].toFixed(1)))];
}

/** Undefined for what `packRow` does not make. */
export function unpackRow(packed: unknown): UsageRow | undefined {
  if (!Array.isArray(packed)) return undefined;
  const [tenant, key, route, ...numbers] = packed as unknown[];
  if (typeof tenant !== "string" || typeof key !== "string" || typeof route !== "string") return undefined;
  const counts = Object.fromEntries(COUNTS.map((name, i) => [name, Number(numbers[i]) || 0]));
  return { tenant, key, route, ...(counts as unknown as Counts) };
}
