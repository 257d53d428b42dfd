/** Stores a decoded request, for every write protocol, and notes the outcome in the log line. */
import { HearthError } from "../model/errors.ts";
import { Rejections } from "../model/rejections.ts";
import type { WriteBatch } from "../model/sample-batch.ts";
import { replicaOf } from "../storage/tenants/replica-labels.ts";
import type { GatewayContext, Services } from "./gateway.ts";

/** How much of a request is durable, and what was rejected. */
export interface Stored {
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
  /** By the decoder and by the engine. */
  readonly rejections: Rejections;
  /**
   * Whether the sender is the elected replica, or no replica. Otherwise nothing is stored and the counts
   * are those that came: the elected replica stores the same, and Prometheus reads zeros as a failure.
   */
  readonly isElected: boolean;
}

/** Stores a batch. Throws "unavailable" if any of it may be missing. */
export async function storeBatch(
  c: GatewayContext,
  services: Services,
  tenant: string,
  batch: WriteBatch,
): Promise<Stored> {
  const { fields } = c.get("requestLog");
  fields.series = batch.seriesCount;
  fields.samples = batch.sampleCount;
  const table = services.table.metered(c.get("meter"));
  const { retentionMs, haLabels } = await services.tenants.find(table, tenant);
  const replica = haLabels && replicaOf(batch, haLabels, services.limits.maxLabelsPerSeries);
  if (replica !== undefined && !(await services.haTracker.accepts(table, tenant, replica))) {
    fields.replica = `${replica.replica} of ${replica.cluster}, which is not elected`;
    const { sampleCount: samples, histograms, exemplars } = batch;
    const sent = { samples, histograms: histograms.length, exemplars: exemplars.length };
    return { ...sent, rejections: new Rejections(), isElected: false };
  }
  const droppedLabel = replica && haLabels?.replica;
  const appender = services.writers.appender({ tenant, retentionMs, droppedLabel }, table);
  const result = await appender.append(batch);
  const { storedSamples, storedHistograms, storedExemplars, storedMetadata, rejections } = result;
  rejections.addAll(batch.rejections);
  fields.storedSamples = storedSamples;
  if (rejections.count > 0) fields.rejected = rejections.count;
  if (batch.histograms.length > 0) fields.storedHistograms = storedHistograms;
  if (batch.exemplars.length > 0) fields.storedExemplars = storedExemplars;
  if (batch.metadata.count > 0) fields.storedMetadata = storedMetadata;
  const stored = { samples: storedSamples, histograms: storedHistograms, exemplars: storedExemplars };
  return { ...stored, rejections, isElected: true };
}

/** The error of a partial write. Its first line names the first rejected series: senders log one line. */
export function refusal({ rejections, samples, histograms }: Stored): HearthError {
  const summary = `write request: ${rejections.count} rejected, the other ${samples + histograms} samples are stored`;
  return new HearthError(rejections.kind, `${summary}: ${printReasons(rejections)}`);
}

/** A line for each kept reason, and one that counts the others. */
export function printReasons(rejections: Rejections): string {
  const reasons = rejections.reasons.map(({ reason }) => reason);
  const more = rejections.count - reasons.length;
  if (more > 0) reasons.push(`and ${more} more`);
  return reasons.join("\n");
}
