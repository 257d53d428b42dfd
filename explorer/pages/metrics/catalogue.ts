/** The metrics of today with what is known of them, and how they differ from yesterday's. */
import { type Client, isAbort } from "../../api/client.ts";
import { cardinality, labelValues, type Metadata, metadata } from "../../api/prometheus.ts";
import type { Described } from "./metric-search.ts";

export interface CatalogueMetric extends Described {
  /** Series with a sample today; undefined if the server did not count them. */
  readonly series: number | undefined;
}

export interface Catalogue {
  /** Those with most series first. */
  readonly today: readonly CatalogueMetric[];
  /** Of today, and not of yesterday. */
  readonly fresh: readonly CatalogueMetric[];
  /** Of yesterday, and not of today. */
  readonly stopped: readonly CatalogueMetric[];
  /** Of the tenant, today; undefined if the server did not count them. */
  readonly seriesCount: number | undefined;
  /** Why something is missing. */
  readonly notes: readonly string[];
}

/** What the server lists at most with its series. */
const MAX_COUNTED = 10_000;
const DAY_SECONDS = 86_400;

/** @param nowSeconds Says which UTC days today and yesterday are. */
export async function loadCatalogue(
  client: Client,
  nowSeconds: number,
  signal: AbortSignal,
): Promise<Catalogue> {
  const midnight = Math.floor(nowSeconds / DAY_SECONDS) * DAY_SECONDS;
  const notes: string[] = [];
  const instead = (what: string) => (error: unknown) => {
    if (isAbort(error)) throw error;
    notes.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  };
  const namesOf = async (start: number, end: number) =>
    (await labelValues(client, "__name__", { start, end }, signal)).data;
  const [counted, names, yesterday, described] = await Promise.all([
    cardinality(client, MAX_COUNTED, signal).catch(instead("series are not counted")),
    namesOf(midnight, nowSeconds),
    namesOf(midnight - DAY_SECONDS, midnight - 1).catch(instead("yesterday is not known")),
    metadata(client, undefined, signal).catch(instead("types and help texts are not known")),
  ]);
  return newCatalogue({
    counts: new Map(counted?.data.seriesCountByMetricName.map(({ name, value }) => [name, value])),
    seriesCount: counted?.data.headStats.numSeries,
    today: names,
    yesterday,
    metadata: new Map(Object.entries(described?.data ?? {})),
    notes,
  });
}

interface CatalogueParts {
  readonly counts: ReadonlyMap<string, number>;
  readonly seriesCount: number | undefined;
  readonly today: readonly string[];
  readonly yesterday: readonly string[] | undefined;
  readonly metadata: ReadonlyMap<string, readonly Metadata[]>;
  readonly notes: readonly string[];
}

export function newCatalogue({
  counts,
  seriesCount,
  today,
  yesterday = today,
  metadata,
  notes,
}: CatalogueParts): Catalogue {
  const describe = (name: string): CatalogueMetric => {
    const [own] = metadata.get(name) ?? metadata.get(familyOf(name)) ?? [];
    const { type = "unknown", unit = "", help = "" } = own ?? {};
    return { name, series: counts.get(name), type, unit, help };
  };
  const [isToday, isYesterday] = [new Set(today), new Set(yesterday)];
  const all = today
    .map(describe)
    .sort((a, b) => (b.series ?? 0) - (a.series ?? 0) || (a.name < b.name ? -1 : 1));
  return {
    today: all,
    fresh: all.filter(({ name }) => !isYesterday.has(name)),
    stopped: yesterday.filter((name) => !isToday.has(name)).map(describe),
    seriesCount,
    notes,
  };
}

/** Metadata of a histogram and of a summary is that of its family. */
function familyOf(name: string): string {
  return name.replace(/_(bucket|count|sum)$/, "");
}
