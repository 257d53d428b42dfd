/** What every write protocol does with a decoded request: stores it, and notes in the log line what came of it. */
import { HearthError } from "../model/errors.ts";
import { Rejections } from "../model/rejections.ts";
import type { WriteBatch } from "../model/sample-batch.ts";
import { replicaOf } from "../storage/tenants/replica-labels.ts";
import type { GatewayContext, Services } from "./gateway.ts";

/** How much of a request is durable, and what is not. */
export interface Stored {
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
  /** What the decoder refused and what the engine did. */
  readonly rejections: Rejections;
  /**
   * Whether the sender is elected, or no replica at all. If not, nothing is stored, and the counts are what it sent: Prometheus
   * takes zeros for a failure, and what it sent is there by its elected twin.
   */
  readonly isElected: boolean;
}

/** Stores a batch. Throws "unavailable" when any of it may not be stored. */
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

/** The error that names the first of what was refused. */
export function refusal({ rejections, samples, histograms }: Stored): HearthError {
  const summary = `write request: ${rejections.count} refused, the other ${samples + histograms} samples are stored`;
  return new HearthError(rejections.kind, `${summary}:\n${printReasons(rejections)}`);
}

/** A line for each reason that was kept, and one for those that were not. */
export function printReasons(rejections: Rejections): string {
  const reasons = rejections.reasons.map(({ reason }) => reason);
  const more = rejections.count - reasons.length;
  if (more > 0) reasons.push(`and ${more} more`);
  return reasons.join("\n");
}
