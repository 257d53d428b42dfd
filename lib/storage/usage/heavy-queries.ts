/** The queries that cost or took the most, by expression: a list of bounded size. */
import { shorten } from "../../model/shorten.ts";

export interface HeavyQuery {
  readonly tenant: string;
  /** The access key's id. */
  readonly key: string;
  /** The beginning of the expression, or of the selectors. */
  readonly query: string;
  readonly count: number;
  readonly readUnits: number;
  readonly maxDurationMs: number;
  /** 0 for instant queries. */
  readonly maxRangeMs: number;
  /** When it ran last. */
  readonly lastMs: number;
}

/** Characters of an expression that are kept. */
const MAX_CHARACTERS = 500;

export class HeavyQueries {
  readonly #most: number;
  readonly #queries = new Map<string, HeavyQuery>();

  /** `most`: how many are kept by cost, and as many by duration. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#queries.size;
  }

  /** Costs of equal queries add up. */
  add(one: HeavyQuery): void {
    const query = shorten(one.query, MAX_CHARACTERS);
    const name = JSON.stringify([one.tenant, one.key, query]);
    const known = this.#queries.get(name);
    this.#queries.set(name, known === undefined ? { ...one, query } : sum(known, one));
    // Room for several times as many, so that what comes often is not forgotten before it adds up.
    if (this.#queries.size > 8 * this.#most) this.#keep(4 * this.#most);
  }

  /** The most expensive and the slowest, in no order. */
  list(): readonly HeavyQuery[] {
    return heaviest([...this.#queries.values()], this.#most);
  }

  #keep(most: number): void {
    const kept = new Set(heaviest([...this.#queries.values()], most));
    for (const [name, query] of this.#queries) if (!kept.has(query)) this.#queries.delete(name);
  }
}

function sum(a: HeavyQuery, b: HeavyQuery): HeavyQuery {
  return {
    ...a,
    count: a.count + b.count,
    readUnits: a.readUnits + b.readUnits,
    maxDurationMs: Math.max(a.maxDurationMs, b.maxDurationMs),
    maxRangeMs: Math.max(a.maxRangeMs, b.maxRangeMs),
    lastMs: Math.max(a.lastMs, b.lastMs),
  };
}

function heaviest(all: readonly HeavyQuery[], most: number): HeavyQuery[] {
  const by = (value: (query: HeavyQuery) => number) =>
    all.toSorted((a, b) => value(b) - value(a)).slice(0, most);
  return [...new Set([...by(({ readUnits }) => readUnits), ...by(({ maxDurationMs }) => maxDurationMs)])];
}

const NUMBERS = ["count", "readUnits", "maxDurationMs", "maxRangeMs", "lastMs"] as const;

export function packQuery(query: HeavyQuery): readonly (string | number)[] {
  return [query.tenant, query.key, query.query, ...NUMBERS.map((name) => query[name])];
}

/** Undefined for what `packQuery` does not make. */
export function unpackQuery(packed: unknown): HeavyQuery | undefined {
  if (!Array.isArray(packed)) return undefined;
  const [tenant, key, query, ...numbers] = packed as unknown[];
  if (typeof tenant !== "string" || typeof key !== "string" || typeof query !== "string") return undefined;
  const [count, readUnits, maxDurationMs, maxRangeMs, lastMs] = numbers.map((one) => Number(one) || 0);
  return { tenant, key, query, count, readUnits, maxDurationMs, maxRangeMs, lastMs };
}
