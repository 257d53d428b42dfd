/** Stores a decoded request, for every write protocol, and notes the outcome in the log line. */
import { HearthError } from "../model/errors.ts";
import type { Rejections } from "../model/rejections.ts";
import type { WriteBatch } from "../model/sample-batch.ts";
import type { Table } from "../storage/table/table.ts";
import { replicasOf } from "../storage/tenants/replica-labels.ts";
import type { TenantPlace } from "../storage/write/writers.ts";
import type { GatewayContext, WriteServices } from "./gateway.ts";
import { admitSamples, placeOf } from "./limits/quota.ts";
import { type Admit, NOTHING, type StoredElected, storeAdmitted, storeElected } from "./store-elected.ts";

/** How much of a request is durable, and what was rejected. */
export interface Stored {
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
  /** By the decoder and by the engine. */
  readonly rejections: Rejections;
  /**
   * Whether the elected replica, or no replica, sent any of it. Otherwise nothing is stored. Samples of replicas that are
   * not elected are among the counts: the elected replica stores the same, and Prometheus reads zeros as a failure.
   */
  readonly isElected: boolean;
}

/** Stores a batch. Throws "unavailable" if any of it may be missing, and "rate limited". */
export async function storeBatch(
  c: GatewayContext,
  services: WriteServices,
  tenantName: string,
  batch: WriteBatch,
): Promise<Stored> {
  const { fields } = c.get("requestLog");
  fields.series = batch.seriesCount;
  fields.samples = batch.sampleCount;
  const table = services.table.metered(c.get("meter"));
  const tenant = await services.tenants.find(table, tenantName);
  const { haLabels } = tenant;
  const place = placeOf(services, tenant);
  const admit = (samples: number) => admitSamples(c, services, table, tenant, samples);
  const replicas = haLabels && replicasOf(batch, haLabels, services.limits.maxLabelsPerSeries);
  const store = () =>
    replicas === undefined
      ? storeAll(services, table, place, batch, admit)
      : storeElected(services, table, { ...place, droppedLabel: haLabels!.replica }, batch, replicas, admit);
  // Samples are judged and dated by the clock, so it is checked before and after.
  const judgedBy = ({ result }: StoredElected) => result.rejections.judged;
  const { result, omitted, notElected, isElected } = await (services.clockGuard?.run(store, judgedBy) ??
    store());
  const { storedSamples, storedHistograms, storedExemplars, storedMetadata, begunDictionaries, rejections } =
    result;
  rejections.addAll(batch.rejections);
  fields.storedSamples = storedSamples;
  if (notElected !== undefined) fields.replica = notElected;
  fields.seriesToday = services.writers.seriesToday(tenant.storedAs);
  if (begunDictionaries > 0) fields.begunDictionaries = begunDictionaries;
  if (rejections.count > 0) fields.rejected = rejections.count;
  if (batch.histograms.length > 0) fields.storedHistograms = storedHistograms;
  if (batch.exemplars.length > 0) fields.storedExemplars = storedExemplars;
  const dropped = batch.droppedExemplars + batch.exemplars.length - storedExemplars - omitted.exemplars;
  if (dropped > 0) fields.droppedExemplars = dropped;
  if (batch.metadata.count > 0) fields.storedMetadata = storedMetadata;
  return {
    samples: storedSamples + omitted.samples,
    histograms: storedHistograms + omitted.histograms,
    exemplars: storedExemplars + omitted.exemplars,
    rejections,
    isElected,
  };
}

async function storeAll(
  { writers }: WriteServices,
  table: Table,
  place: TenantPlace,
  batch: WriteBatch,
  admit: Admit,
): Promise<StoredElected> {
  const store = () => writers.appender(place, table).append(batch);
  const result = await storeAdmitted(admit, batch.sampleCount + batch.histograms.length, store);
  return { result, omitted: NOTHING, notElected: undefined, isElected: true };
}

/**
 * The error of a partial write: always a 400, since 413, which is for bodies, makes senders repeat the whole for ever. Its
 * first line names the first rejected series: senders log one line.
 */
export function refusal({ rejections, samples, histograms }: Stored): HearthError {
  const summary = `write request: ${rejections.count} rejected, the other ${samples + histograms} samples are stored`;
  return new HearthError("invalid", `${summary}: ${printReasons(rejections)}`);
}

/** A line for each kept reason, and one that counts the others. */
export function printReasons(rejections: Rejections): string {
  const { reasons } = rejections;
  const more = rejections.count - reasons.length;
  if (more > 0) reasons.push(`and ${more} more`);
  return reasons.join("\n");
}
