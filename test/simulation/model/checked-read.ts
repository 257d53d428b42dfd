/** One read by the real reader, held against the model. */
import type { Chunk } from "../../../lib/chunk/cut.ts";
import { decodeHistogramChunk } from "../../../lib/chunk/histogram-chunk.ts";
import { decodeXorChunk } from "../../../lib/chunk/xor-chunk.ts";
import type { LabelSet } from "../../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import type { MixedSamples } from "../../../lib/model/samples.ts";
import type { Selection } from "../../../lib/model/selection.ts";
import { MINUTE_MS } from "../../../lib/model/time.ts";
import type { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import type { Queryable } from "../../../lib/storage/interface.ts";
import { DamageReports } from "../../../lib/storage/layout/damage-reports.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import type { Table } from "../../../lib/storage/table/table.ts";
import type { Process } from "../scheduler.ts";
import type { Simulated } from "../simulated.ts";
import type { Kept, Model } from "./model.ts";
import { type ToldSeries, toldSamples } from "./sample.ts";

/** What a series of some hundred samples takes, that are read three times over. */
const LITTLE_BYTES = 250_000;
const LITTLE_BYTES_OF_HISTOGRAMS = 2_000_000;

const NO_FLOATS = { timestamps: new Float64Array(0), values: new Float64Array(0) };

export interface Read {
  readonly process: Process;
  readonly tenant: string;
  readonly model: Model;
  readonly selection: Selection;
  readonly asChunks: boolean;
  readonly memory?: ReaderMemory | undefined;
  /** The name in the tenant's keys. */
  readonly storedAs: (tenant: string) => string | Promise<string>;
}

/**
 * Whether a reader may say so. A record that was written under a retention that was shorter may wait for its flush when TTL has
 * taken its dictionary: it goes to quarantine, though nothing is lost that was promised.
 */
export function isExpectedDamage(
  { hardships }: Simulated,
  { model, selection }: Pick<Read, "model" | "selection">,
  message: string,
  begunAt: number,
): boolean {
  // A deletion of the tenant takes away what a slow read is at.
  if (model.lives.isRunning(begunAt)) return true;
  const isChanged = hardships.retention === "longer" || hardships.retention === "any";
  return model.isDamaged(selection) || (isChanged && message.includes("quarantine"));
}

/** What the store answers; throws what the model does not allow. */
export async function readAndCheck(
  sim: Simulated,
  table: Table,
  { process, tenant, model, selection, asChunks, memory, storedAs }: Read,
): Promise<ToldSeries[]> {
  const { scheduler, retention } = sim;
  const clock = scheduler.clockOf(process);
  const retentionMs = retention.at(scheduler.nowMs);
  // So little memory that a query is read in several groups, or so much that it is one.
  const little = sim.workload.histogramShare === 0 ? LITTLE_BYTES : LITTLE_BYTES_OF_HISTOGRAMS;
  const maxQueryBytes = scheduler.random.pick([DEFAULT_LIMITS.maxQueryBytes, little]);
  const limits = { ...DEFAULT_LIMITS, maxQueryBytes };
  // Some readers go on without what is damaged and say so, others fail.
  const damage = scheduler.random.chance(0.7) ? new DamageReports() : undefined;
  const [begunAt, begunMs] = [model.event(), clock()];
  const named = storedAs(tenant);
  const place = { clock, limits, retentionMs, memory, damage };
  const options = { tenant: typeof named === "string" ? named : await named, ...place };
  const store = new Reader(table, options);
  const { removals } = sim.table;
  const deletions = model.hasLooseDeletions ? -1 : model.countDeletions();
  const answer = asChunks ? await selectAllChunks(store, selection) : await selectAll(store, selection);
  const kept = keptBetween(sim, retentionMs, begunMs, Math.max(clock(), scheduler.nowMs));
  const isWarned = damage !== undefined && damage.count > 0;
  const warnings = damage?.warnings ?? [];
  if (!warnings.every((warning) => isExpectedDamage(sim, { model, selection }, warning, begunAt)))
    throw new Error(`nothing is damaged, but the answer says: ${warnings.join("; ")}`);
  model.check(selection, answer, kept, { begunAt, endedAt: model.event(), isWarned });
  if (model.isDamaged(selection) || !scheduler.random.chance(0.2)) return answer;
  const series = await store.series(selection);
  // TTL may have taken a day between the two.
  // So may a deletion.
  const isDeleting = model.hasLooseDeletions || model.countDeletions() > deletions;
  if (!model.isDamaged(selection) && sim.table.removals === removals && !isDeleting)
    await expectListed(answer, series, () => selectAll(new Reader(sim.calmTable, options), selection));
  const listed = new Set(series.map((labels) => JSON.stringify(labels)));
  const gone = model.goneSeries({ begunAt }).find((labels) => listed.has(JSON.stringify(labels)));
  if (gone !== undefined) throw new Error(`${JSON.stringify(gone)} is deleted and listed`);
  return answer;
}

/**
 * What has samples stands in the index. A day that has left under a shorter retention may be forgotten between the
 * two reads: `readAgain` then lacks these samples too.
 */
async function expectListed(
  answer: readonly ToldSeries[],
  series: readonly LabelSet[],
  readAgain: () => Promise<readonly ToldSeries[]>,
): Promise<void> {
  const listed = new Set(series.map((labels) => JSON.stringify(labels)));
  const unlisted = answer.filter(({ labels }) => !listed.has(JSON.stringify(labels)));
  if (unlisted.length === 0) return;
  const places = new Set((await readAgain()).flatMap(placesOf));
  const lacking = unlisted.find((one) => placesOf(one).some((place) => places.has(place)));
  if (lacking !== undefined) throw new Error(`${JSON.stringify(lacking.labels)} is not listed`);
}

function placesOf({ labels, samples }: ToldSeries): string[] {
  return samples.map(({ time }) => `${JSON.stringify(labels)} ${time}`);
}

/** For how long whoever works may go by a retention that has changed meanwhile: the longest invocation. */
const OLD_RETENTION_MS = 15 * MINUTE_MS;

/** As TTL goes by the table's clock, so may the loss of a sample. */
function keptBetween({ retention }: Simulated, retentionMs: number, begunMs: number, endedMs: number): Kept {
  return {
    from: retentionMs === 0 ? Number.NEGATIVE_INFINITY : begunMs - retentionMs,
    surelyFrom: (sentMs) => endedMs - retention.shortest(sentMs - OLD_RETENTION_MS, endedMs),
  };
}

async function selectAll(store: Queryable, selection: Selection): Promise<ToldSeries[]> {
  const all: ToldSeries[] = [];
  for await (const { labels, ...samples } of store.select(selection)) {
    all.push({ labels, samples: toldSamples(samples, true) });
  }
  return all;
}

/** The same from chunks that do not overlap and are what they say. */
async function selectAllChunks(store: Queryable, selection: Selection): Promise<ToldSeries[]> {
  const all: ToldSeries[] = [];
  for await (const { labels, chunks } of store.selectChunks(selection)) {
    const samples = [...chunks].flatMap((chunk) => {
      const told = toldSamples(decodeChunk(chunk), false);
      const [first, last] = [told[0].time, told[told.length - 1].time];
      if (first === chunk.minTime && last === chunk.maxTime) return told;
      throw new Error(`a chunk of ${first} to ${last} says ${chunk.minTime} to ${chunk.maxTime}`);
    });
    if (samples.length > 0) all.push({ labels, samples });
  }
  return all;
}

function decodeChunk({ kind, bytes }: Chunk): MixedSamples {
  if (kind === undefined) return decodeXorChunk(bytes);
  return { ...NO_FLOATS, histograms: decodeHistogramChunk(bytes, kind) };
}
