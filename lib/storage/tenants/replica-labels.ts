/** The replica that sent a request, as its series' labels say, and the same request without saying it. */
import type { Label } from "../../model/labels.ts";
import type { SampleBatch } from "../../model/sample-batch.ts";
import type { Replica } from "./ha-tracker.ts";
import type { HaLabels } from "./tenant-settings.ts";

/** Longer names are nobody's: a cluster's is a sort key. In UTF-8 bytes. */
export const MAX_REPLICA_BYTES = 1024;

/**
 * Who sent a batch, going by its first series as Mimir does: all series of one sender have its external labels. Undefined where
 * the labels are not both there. Throws "invalid" for labels that cannot be read.
 */
export function replicaOf(batch: SampleBatch, labels: HaLabels, maxLabels: number): Replica | undefined {
  if (batch.seriesCount === 0) return undefined;
  const first = new Map(batch.decodeLabels(batch.bytes, batch.labelStarts[0], batch.labelEnds[0], maxLabels));
  const [cluster, replica] = [first.get(labels.cluster), first.get(labels.replica)];
  if (!cluster || !replica) return undefined;
  const isTooLong = Math.max(Buffer.byteLength(cluster), Buffer.byteLength(replica)) > MAX_REPLICA_BYTES;
  return isTooLong ? undefined : { cluster, replica };
}

/** A batch whose series do not have a label: the replicas' samples become those of the same series. */
export function withoutLabel<Batch extends SampleBatch>(batch: Batch, name: string): Batch {
  const { decodeLabels } = batch;
  return {
    ...batch,
    // One more is asked for than may be left.
    decodeLabels: (bytes, start, end, maxLabels) =>
      decodeLabels(bytes, start, end, maxLabels + 1).filter(([label]: Label) => label !== name),
  };
}
