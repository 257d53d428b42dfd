/** One read by the real reader, held against the model. */
import { decodeXorChunk } from "../../lib/chunk/xor-chunk.ts";
import type { LabelSet } from "../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import type { Selection } from "../../lib/model/selection.ts";
import type { Queryable } from "../../lib/storage/interface.ts";
import { Reader } from "../../lib/storage/reader.ts";
import type { Table } from "../../lib/storage/table.ts";
import { type PlainSeries, plainSeries, selectAll } from "../helpers/naive-store.ts";
import type { Kept, Model } from "./model.ts";
import type { Process } from "./scheduler.ts";
import type { Simulated } from "./simulated.ts";

export interface Read {
  readonly process: Process;
  readonly tenant: string;
  readonly model: Model;
  readonly selection: Selection;
  readonly asChunks: boolean;
}

/** What the store answers; throws what the model does not allow. */
export async function readAndCheck(
  sim: Simulated,
  table: Table,
  { process, tenant, model, selection, asChunks }: Read,
): Promise<PlainSeries[]> {
  const { scheduler, retentionMs } = sim;
  const clock = scheduler.clockOf(process);
  // So little memory that a query is read in several groups, or so much that it is one.
  const maxQueryBytes = scheduler.random.pick([DEFAULT_LIMITS.maxQueryBytes, 250_000]);
  const limits = { ...DEFAULT_LIMITS, maxQueryBytes };
  const store = new Reader(table, { tenant, clock, limits, retentionMs });
  const [begunAt, begunMs] = [model.event(), clock()];
  const answer = asChunks ? await selectAllChunks(store, selection) : await selectAll(store, selection);
  const kept = keptBetween(retentionMs, begunMs, Math.max(clock(), scheduler.nowMs));
  model.check(selection, answer, kept, begunAt, model.event());
  if (scheduler.random.chance(0.2)) expectListed(answer, await store.series(selection));
  return answer;
}

/** What has samples stands in the index. */
function expectListed(answer: readonly PlainSeries[], series: readonly LabelSet[]): void {
  const listed = new Set(series.map((labels) => JSON.stringify(labels)));
  const unlisted = answer.find(({ labels }) => !listed.has(JSON.stringify(labels)));
  if (unlisted !== undefined) throw new Error(`${JSON.stringify(unlisted.labels)} is not listed`);
}

/** As TTL goes by the table's clock, so may the loss of a sample. */
function keptBetween(retentionMs: number, begunMs: number, endedMs: number): Kept {
  if (retentionMs === 0) return { from: Number.NEGATIVE_INFINITY, surelyFrom: Number.NEGATIVE_INFINITY };
  return { from: begunMs - retentionMs, surelyFrom: endedMs - retentionMs };
}

/** The same as `selectAll`, from chunks that do not overlap and are what they say. */
async function selectAllChunks(store: Queryable, selection: Selection): Promise<PlainSeries[]> {
  const all: PlainSeries[] = [];
  for await (const { labels, chunks } of store.selectChunks(selection)) {
    const parts = [...chunks].map(({ minTime, maxTime, bytes }) => {
      const samples = decodeXorChunk(bytes);
      const { timestamps } = samples;
      if (timestamps[0] === minTime && timestamps.at(-1) === maxTime)
        return plainSeries({ labels, ...samples });
      throw new Error(`a chunk of ${timestamps[0]} to ${timestamps.at(-1)} says ${minTime} to ${maxTime}`);
    });
    if (parts.length > 0) all.push({ labels, samples: parts.flatMap(({ samples }) => samples) });
  }
  return all;
}
