/** The replicas that a request's series come from, and the parts of the request that the elected ones sent. */
import type { Label } from "../../model/labels.ts";
import type { SampleBatch, WriteBatch } from "../../model/sample-batch.ts";
import type { Replica } from "./ha-tracker.ts";
import type { HaLabels } from "./tenant-settings.ts";

/** Longer names count as none: a cluster's is a sort key. In UTF-8 bytes. */
export const MAX_REPLICA_BYTES = 1024;

/** Of a series that lacks one of the two labels. */
export const NO_REPLICA = -1;

export interface SentReplicas {
  /** In the order in which they come first. */
  readonly replicas: readonly Replica[];
  /** By series of the batch, the number of its replica; `NO_REPLICA` for a series without one. */
  readonly bySeries: Int32Array;
}

/**
 * Who sent each series of a batch. A proxy may put series of several replicas, and of none, into one request. Undefined if
 * no series has both labels. Labels that cannot be read name no replica: they are rejected later, by name.
 */
export function replicasOf(
  batch: SampleBatch,
  labels: HaLabels,
  maxLabels: number,
): SentReplicas | undefined {
  const replicas: Replica[] = [];
  const numbers = new Map<string, number>();
  const bySeries = new Int32Array(batch.seriesCount).fill(NO_REPLICA);
  for (let series = 0; series < batch.seriesCount; series++) {
    const found = replicaOf(batch, series, labels, maxLabels);
    if (found === undefined) continue;
    const key = `${found.cluster.length}/${found.cluster}${found.replica}`;
    let number = numbers.get(key);
    if (number === undefined) {
      number = replicas.push(found) - 1;
      numbers.set(key, number);
    }
    bySeries[series] = number;
  }
  return replicas.length === 0 ? undefined : { replicas, bySeries };
}

function replicaOf(
  batch: SampleBatch,
  series: number,
  labels: HaLabels,
  maxLabels: number,
): Replica | undefined {
  let sent: Label[];
  try {
    sent = batch.decodeLabels(batch.bytes, batch.labelStarts[series], batch.labelEnds[series], maxLabels);
  } catch {
    return undefined;
  }
  const cluster = sent.find(([name]) => name === labels.cluster)?.[1];
  const replica = sent.find(([name]) => name === labels.replica)?.[1];
  if (!cluster || !replica) return undefined;
  const isTooLong = Math.max(Buffer.byteLength(cluster), Buffer.byteLength(replica)) > MAX_REPLICA_BYTES;
  return isTooLong ? undefined : { cluster, replica };
}

/** The samples, histograms and exemplars of the series without a replica. */
export function withoutReplica(batch: WriteBatch, { bySeries }: SentReplicas): WriteBatch {
  return ofSeries(batch, (series) => bySeries[series] === NO_REPLICA);
}

/** Those of the replicas for which `isElected` says so, without metadata. */
export function ofElected(
  batch: WriteBatch,
  { bySeries }: SentReplicas,
  isElected: readonly boolean[],
): WriteBatch {
  const elected = ofSeries(batch, (series) => isElected[bySeries[series]] === true);
  return { ...elected, metadata: { count: 0, decode: batch.metadata.decode } };
}

/** The batch itself when every series is kept. */
function ofSeries(batch: WriteBatch, isKept: (series: number) => boolean): WriteBatch {
  const { sampleCount, sampleSeries, timestamps, values, startTimestamps, histograms, exemplars } = batch;
  const kept: number[] = [];
  for (let i = 0; i < sampleCount; i++) if (isKept(sampleSeries[i])) kept.push(i);
  const keptHistograms = histograms.filter(({ series }) => isKept(series));
  const keptExemplars = exemplars.filter(({ series }) => isKept(series));
  const count = kept.length + keptHistograms.length + keptExemplars.length;
  if (count === sampleCount + histograms.length + exemplars.length) return batch;
  // By words: a NaN keeps its bits.
  const keptValues = new Float64Array(kept.length);
  const from = new BigUint64Array(values.buffer, values.byteOffset, sampleCount);
  const to = new BigUint64Array(keptValues.buffer);
  kept.forEach((i, at) => {
    to[at] = from[i];
  });
  return {
    ...batch,
    sampleCount: kept.length,
    sampleSeries: Int32Array.from(kept, (i) => sampleSeries[i]),
    timestamps: Float64Array.from(kept, (i) => timestamps[i]),
    values: keptValues,
    startTimestamps: startTimestamps && Float64Array.from(kept, (i) => startTimestamps[i]),
    histograms: keptHistograms,
    exemplars: keptExemplars,
  };
}

/** A batch whose series do not have a label: the replicas' samples become those of the same series. */
export function withoutLabel<Batch extends SampleBatch>(batch: Batch, name: string): Batch {
  const { decodeLabels } = batch;
  return {
    ...batch,
    // One more is asked for than may be left.
    decodeLabels: (bytes, start, end, maxLabels, isLossy) =>
      decodeLabels(bytes, start, end, maxLabels + 1, isLossy).filter(([label]: Label) => label !== name),
  };
}
