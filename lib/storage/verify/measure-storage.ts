/**
 * What each tenant and metric has at rest, found by going through the whole table: half a read unit for each 4 KB. The
 * sum over tenants, with what is Hearth's own, is the size of the table.
 */
import { METRIC_NAME } from "../../model/labels.ts";
import { parseStoredTenant } from "../../model/tenant.ts";
import { placeOfKey } from "../layout/key-place.ts";
import { KIND } from "../layout/keys.ts";
import { parseChunkSortKey } from "../layout/part-keys.ts";
import { SeriesSketch } from "../limits/series-sketch.ts";
import { countChunkSamples, decodeChunkItem } from "../parts/chunk-item.ts";
import { decodeRunBlock } from "../parts/run-block.ts";
import { wordsOf } from "../series/hash-index.ts";
import { decodeSeriesBlock } from "../series/series-block.ts";
import { metricNumber, textHash } from "../series/series-hash.ts";
import { billedBytes } from "../table/item-size.ts";
import type { Item, ScannableTable } from "../table/table.ts";
import type { StoredMetric } from "../usage/stored-usage.ts";
import { OWN_TENANT } from "../usage/usage-rows.ts";

/** Metrics of a tenant that are named; the others count together. */
const MAX_METRICS = 500;
/** Metrics whose series are counted: 4 KB each. */
const MAX_SKETCHES = 10_000;
const OTHER_METRICS = "(other metrics)";
/** Index, log, dictionaries, hourly rows, rules, settings. */
export const REST = "(index, log and other)";

interface Metric {
  samples: number;
  bytes: number;
  readonly sketch: SeriesSketch | undefined;
}

interface TenantStorage {
  bytes: number;
  readonly metrics: Map<number, Metric>;
  /** By the number that hashes of its series begin with. */
  readonly names: Map<number, string>;
}

export interface MeasureOptions {
  readonly signal?: AbortSignal | undefined;
  /** After each page: items gone through. */
  readonly onProgress?: ((items: number) => void) | undefined;
}

/** Throws "unavailable". */
export async function measureStorage(
  table: ScannableTable,
  { signal, onProgress }: MeasureOptions = {},
): Promise<StoredMetric[]> {
  const tenants = new Map<string, TenantStorage>();
  let [items, sketches] = [0, 0];
  const newSketch = () => (sketches++ < MAX_SKETCHES ? new SeriesSketch() : undefined);
  for await (const page of table.scan({ signal, onDamage: () => {} })) {
    for (const item of page) addItem(tenants, item, newSketch);
    items += page.length;
    onProgress?.(items);
  }
  return [...tenants].flatMap(([tenant, storage]) => listMetrics(tenant, storage));
}

function addItem(
  tenants: Map<string, TenantStorage>,
  item: Item,
  newSketch: () => SeriesSketch | undefined,
): void {
  const { tenant: storedAs } = placeOfKey(item);
  const tenant = storedAs === undefined ? OWN_TENANT : parseStoredTenant(storedAs).name;
  let storage = tenants.get(tenant);
  if (storage === undefined) {
    storage = { bytes: 0, metrics: new Map(), names: new Map() };
    tenants.set(tenant, storage);
  }
  const bytes = billedBytes(item);
  storage.bytes += bytes;
  try {
    if (item.pk[0] === KIND.chunk) addChunks(storage, item, bytes, newSketch);
    else if (item.pk[0] === KIND.run) addRun(storage, item, bytes, newSketch);
    else if (item.pk[0] === KIND.index || item.pk[0] === KIND.series) addNames(storage, item);
  } catch {
    // A damaged item, or one that was erased, is of its tenant and of no metric.
  }
}

function addChunks(
  storage: TenantStorage,
  { sk, value }: Item,
  bytes: number,
  newSketch: () => SeriesSketch | undefined,
): void {
  const hash = Buffer.from(parseChunkSortKey(sk), "hex");
  const samples = decodeChunkItem(value).reduce((sum, chunk) => sum + countChunkSamples(chunk), 0);
  addSeries(storage, hash, { samples, bytes }, newSketch);
}

/** An item's bytes are shared out by samples. */
function addRun(
  storage: TenantStorage,
  { value }: Item,
  bytes: number,
  newSketch: () => SeriesSketch | undefined,
): void {
  const { hashes, bounds, histograms } = decodeRunBlock(value);
  const samplesOf = (i: number) =>
    bounds[i + 1] - bounds[i] + (histograms ? histograms.bounds[i + 1] - histograms.bounds[i] : 0);
  const total = hashes.reduce((sum, _, i) => sum + samplesOf(i), 0);
  for (const [i, hash] of hashes.entries()) {
    const samples = samplesOf(i);
    addSeries(storage, hash, { samples, bytes: (bytes * samples) / Math.max(1, total) }, newSketch);
  }
}

function addSeries(
  { metrics }: TenantStorage,
  hash: Uint8Array,
  { samples, bytes }: { readonly samples: number; readonly bytes: number },
  newSketch: () => SeriesSketch | undefined,
): void {
  const number = metricNumber(hash);
  let metric = metrics.get(number);
  if (metric === undefined) {
    metric = { samples: 0, bytes: 0, sketch: newSketch() };
    metrics.set(number, metric);
  }
  metric.samples += samples;
  metric.bytes += bytes;
  metric.sketch?.add(wordsOf(Uint8Array.from(hash)), 0);
}

function addNames({ names }: TenantStorage, { value }: Item): void {
  for (const labels of decodeSeriesBlock(value)) {
    const name = labels.find(([label]) => label === METRIC_NAME)?.[1] ?? "";
    names.set(textHash(name), name);
  }
}

/** The largest first, then the others, then what is of no metric. */
function listMetrics(tenant: string, { bytes, metrics, names }: TenantStorage): StoredMetric[] {
  const sorted = [...metrics].sort(([, a], [, b]) => b.bytes - a.bytes);
  const listed: StoredMetric[] = sorted.slice(0, MAX_METRICS).map(([number, metric]) => ({
    tenant,
    metric: names.get(number) ?? `(${number.toString(16).padStart(8, "0")})`,
    samples: metric.samples,
    series: Math.round(metric.sketch?.count ?? 0),
    bytes: Math.round(metric.bytes),
  }));
  const others = sorted.slice(MAX_METRICS).map(([, metric]) => metric);
  if (others.length > 0)
    listed.push({
      tenant,
      metric: OTHER_METRICS,
      samples: others.reduce((sum, { samples }) => sum + samples, 0),
      series: Math.round(others.reduce((sum, { sketch }) => sum + (sketch?.count ?? 0), 0)),
      bytes: Math.round(others.reduce((sum, one) => sum + one.bytes, 0)),
    });
  const rest = bytes - listed.reduce((sum, one) => sum + one.bytes, 0);
  return [...listed, { tenant, metric: REST, samples: 0, series: 0, bytes: rest }];
}
