/**
 * Several tenants as one: series have the label `__tenant_id__`, and matchers on it select tenants. Each tenant is read by a
 * reader of its own, within its own limits; an error names its tenant.
 */
import type { ChunkedSeries } from "../../../chunk/cut.ts";
import {
  errorKind,
  errorMessage,
  HearthError,
  ReadUnitsError,
  TooExpensiveError,
} from "../../../model/errors.ts";
import type { SeriesExemplars } from "../../../model/exemplars.ts";
import { compareBytewise, compareLabelSets, type LabelSet } from "../../../model/labels.ts";
import type { Matcher } from "../../../model/matcher.ts";
import type { MetricDescription } from "../../../model/metric-metadata.ts";
import type { SeriesRows } from "../../../model/rows/hour-rows.ts";
import type { Series } from "../../../model/samples.ts";
import type { Lookup, RowSelection, Selection } from "../../../model/selection.ts";
import type { TimeRange } from "../../../model/time.ts";
import type { Queryable, ReadCost, SelectionReads } from "../../interface.ts";
import { forEachBounded } from "../../table/bounded.ts";
import { matchersFor, nameInTenant, TENANT_LABEL, withTenant, withTenantName } from "./tenant-label.ts";

/** Tenants that are looked up at once. */
const CONCURRENCY = 4;

interface TenantReader {
  readonly tenant: string;
  readonly reader: Queryable;
}

export class FederatedReader implements Queryable {
  readonly #tenants: readonly TenantReader[];

  /** In byte order of their names. */
  constructor(tenants: readonly TenantReader[]) {
    this.#tenants = tenants.toSorted((a, b) => compareBytewise(a.tenant, b.tenant));
  }

  get keptSinceMs() {
    const all = this.#tenants.map(({ reader }) => reader.keptSinceMs);
    const latest = (of: "samples" | "rows") => Math.max(...all.map((kept) => kept[of]));
    return { samples: latest("samples"), rows: latest("rows") };
  }

  select(selection: Selection, signal?: AbortSignal): AsyncIterable<Series> {
    return this.#merged(selection, (reader, one) => reader.select(one, signal));
  }

  selectChunks(selection: Selection, signal?: AbortSignal): AsyncIterable<ChunkedSeries> {
    return this.#merged(selection, (reader, one) => reader.selectChunks(one, signal));
  }

  selectRows(selection: RowSelection, signal?: AbortSignal): AsyncIterable<SeriesRows> {
    return this.#merged(selection, (reader, one) => reader.selectRows(one, signal));
  }

  async labelNames(selection: Lookup, signal?: AbortSignal): Promise<string[]> {
    return this.#union(selection, async (reader, one) => {
      const names = await reader.labelNames(one, signal);
      return names.length === 0 ? [] : withTenantName(names);
    });
  }

  async labelValues(name: string, selection: Lookup, signal?: AbortSignal): Promise<string[]> {
    if (name !== TENANT_LABEL)
      return this.#union(selection, (reader, one) => reader.labelValues(nameInTenant(name), one, signal));
    return this.#union(selection, async (reader, one, tenant) => {
      const names = await reader.labelNames({ ...one, limit: 1 }, signal);
      return names.length === 0 ? [] : [tenant];
    });
  }

  async series(selection: Lookup, signal?: AbortSignal): Promise<LabelSet[]> {
    const all: LabelSet[] = [];
    await this.#each(selection, async (reader, one, tenant) => {
      for (const labels of await reader.series(one, signal)) all.push(withTenant(labels, tenant));
    });
    return all.sort(compareLabelSets);
  }

  async forEachSeries(
    selection: Lookup,
    onSeries: (labels: LabelSet) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#each(selection, (reader, one, tenant) =>
      reader.forEachSeries(one, (labels) => onSeries(withTenant(labels, tenant)), signal),
    );
  }

  async metadata(
    metric?: string,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly MetricDescription[]>> {
    const merged = new Map<string, MetricDescription[]>();
    for (const { tenant, reader } of this.#tenants) {
      const found = await named(tenant, () => reader.metadata(metric, signal));
      for (const [name, descriptions] of found) merged.set(name, union(merged.get(name) ?? [], descriptions));
    }
    return merged;
  }

  async exemplars(
    selections: readonly (readonly Matcher[])[],
    range: TimeRange,
    signal?: AbortSignal,
  ): Promise<readonly SeriesExemplars[]> {
    const all: SeriesExemplars[] = [];
    for (const { tenant, reader } of this.#tenants) {
      const meant = selections.flatMap((matchers) => {
        const ofTenant = matchersFor(matchers, tenant);
        return ofTenant === undefined ? [] : [ofTenant];
      });
      if (meant.length === 0) continue;
      const found = await named(tenant, () => reader.exemplars(meant, range, signal));
      for (const one of found) all.push({ ...one, labels: withTenant(one.labels, tenant) });
    }
    return all.sort((a, b) => compareLabelSets(a.labels, b.labels));
  }

  async explain(selection: Selection, signal?: AbortSignal): Promise<SelectionReads> {
    const all: SelectionReads[] = [];
    await this.#each(selection, async (reader, one) => void all.push(await reader.explain(one, signal)));
    return {
      ...sumOf(all),
      days: all.flatMap(({ days }) => days).sort((a, b) => a.day - b.day),
      groups: all.reduce((sum, { groups }) => sum + groups, 0),
      findReadUnits: all.reduce((sum, { findReadUnits }) => sum + findReadUnits, 0),
      isTooExpensive: all.some(({ isTooExpensive }) => isTooExpensive),
    };
  }

  async explainRows(selection: RowSelection, signal?: AbortSignal): Promise<ReadCost> {
    const all: ReadCost[] = [];
    await this.#each(selection, async (reader, one) => void all.push(await reader.explainRows(one, signal)));
    return sumOf(all);
  }

  async #each<S extends { readonly matchers: readonly Matcher[] }>(
    selection: S,
    ask: (reader: Queryable, selection: S, tenant: string) => Promise<void>,
  ): Promise<void> {
    await forEachBounded(this.#tenants, CONCURRENCY, async ({ tenant, reader }) => {
      const matchers = matchersFor(selection.matchers, tenant);
      if (matchers !== undefined) await named(tenant, () => ask(reader, { ...selection, matchers }, tenant));
    });
  }

  async #union(
    selection: Lookup,
    ask: (reader: Queryable, selection: Lookup, tenant: string) => Promise<readonly string[]>,
  ): Promise<string[]> {
    const all = new Set<string>();
    await this.#each(selection, async (reader, one, tenant) => {
      for (const text of await ask(reader, one, tenant)) all.add(text);
    });
    return [...all].sort(compareBytewise);
  }

  /** Sorted by label set: of each tenant the next series waits. */
  async *#merged<
    S extends { readonly matchers: readonly Matcher[] },
    T extends { readonly labels: LabelSet },
  >(
    selection: S,
    select: (reader: Queryable, selection: S) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, void> {
    const cursors: Cursor<T>[] = [];
    for (const { tenant, reader } of this.#tenants) {
      const matchers = matchersFor(selection.matchers, tenant);
      if (matchers !== undefined)
        cursors.push(new Cursor(tenant, select(reader, { ...selection, matchers })));
    }
    try {
      // A user waits for calls in a row; each reader holds no more than its share of memory.
      await forEachBounded(cursors, cursors.length, (cursor) => cursor.advance());
      for (let first = earliest(cursors); first !== undefined; first = earliest(cursors)) {
        yield first.series!;
        await first.advance();
      }
    } finally {
      await Promise.all(cursors.map((cursor) => cursor.close()));
    }
  }
}

class Cursor<T extends { readonly labels: LabelSet }> {
  readonly #tenant: string;
  readonly #all: AsyncIterator<T>;
  /** Undefined at the end. */
  series: T | undefined;

  constructor(tenant: string, all: AsyncIterable<T>) {
    this.#tenant = tenant;
    this.#all = all[Symbol.asyncIterator]();
  }

  async advance(): Promise<void> {
    const next = await named(this.#tenant, () => this.#all.next());
    this.series =
      next.done === true ? undefined : { ...next.value, labels: withTenant(next.value.labels, this.#tenant) };
  }

  async close(): Promise<void> {
    await this.#all.return?.();
  }
}

function earliest<T extends { readonly labels: LabelSet }>(
  cursors: readonly Cursor<T>[],
): Cursor<T> | undefined {
  let first: Cursor<T> | undefined;
  for (const cursor of cursors) {
    if (cursor.series === undefined) continue;
    if (first === undefined || compareLabelSets(cursor.series.labels, first.series!.labels) < 0)
      first = cursor;
  }
  return first;
}

function sumOf(all: readonly ReadCost[]): ReadCost {
  const sum = (of: (one: ReadCost) => number) => all.reduce((total, one) => total + of(one), 0);
  return {
    seriesCount: sum(({ seriesCount }) => seriesCount),
    readUnits: sum(({ readUnits }) => readUnits),
    intervalMs: all.length === 0 ? 1 : sum(({ intervalMs }) => intervalMs) / all.length,
  };
}

function union(known: readonly MetricDescription[], more: readonly MetricDescription[]): MetricDescription[] {
  const isSame = (a: MetricDescription, b: MetricDescription) =>
    a.type === b.type && a.help === b.help && a.unit === b.unit;
  return [...known, ...more.filter((one) => !known.some((other) => isSame(one, other)))];
}

/** The error of one tenant, with its name. */
async function named<T>(tenant: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof HearthError)) throw error;
    const message = `tenant ${tenant}: ${errorMessage(error)}`;
    if (error instanceof TooExpensiveError) throw new TooExpensiveError(message, tenant);
    if (error instanceof ReadUnitsError) throw new ReadUnitsError(message, tenant);
    throw new HearthError(errorKind(error), message, { cause: error });
  }
}
