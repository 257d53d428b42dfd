/**
 * Stores what the elected replicas of high-availability pairs sent, and what came from no replica.
 */

import type { AppendResult, WriteBatch } from "../model/sample-batch.ts";
import { shorten } from "../model/shorten.ts";
import type { Admission } from "../storage/limits/quotas.ts";
import type { Table } from "../storage/table/table.ts";
import {
  NO_REPLICA,
  ofElected,
  type SentReplicas,
  withoutReplica,
} from "../storage/tenants/replica-labels.ts";
import type { TenantPlace } from "../storage/write/writers.ts";
import type { WriteServices } from "./gateway.ts";

/** Replicas that the log line names. */
const MAX_NAMED = 3;

export interface Counts {
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
}

export const NOTHING: Counts = { samples: 0, histograms: 0, exemplars: 0 };

export interface StoredElected {
  readonly result: AppendResult;
  /** Samples of replicas that are not elected. */
  readonly omitted: Counts;
  /** For the log line: replicas that are not elected; undefined if all are. */
  readonly notElected: string | undefined;
  /** Whether the elected replica, or no replica, sent any series. */
  readonly isElected: boolean;
}

/** Counts samples towards the limits before they are stored. Throws "rate limited". */
export type Admit = (samples: number) => Admission;

/** Stores samples that the limits admit. Those of a request that failed do not count: its sender repeats them. */
export async function storeAdmitted(
  admit: Admit,
  samples: number,
  store: () => Promise<AppendResult>,
): Promise<AppendResult> {
  const admission = admit(samples);
  try {
    return await store();
  } catch (error) {
    admission.giveBack(samples);
    throw error;
  }
}

/**
 * Series of elected replicas lose `place.droppedLabel`, others stay as they are. Throws "unavailable" if any of it may be
 * missing.
 */
export async function storeElected(
  { writers, haTracker }: Pick<WriteServices, "writers" | "haTracker">,
  table: Table,
  place: TenantPlace,
  batch: WriteBatch,
  sent: SentReplicas,
  admit: Admit,
): Promise<StoredElected> {
  const { tenant } = place;
  const verdicts: boolean[] = [];
  for (const replica of sent.replicas) verdicts.push(await haTracker.accepts(table, tenant, replica));
  const elected = ofElected(batch, sent, verdicts);
  const single = withoutReplica(batch, sent);
  const samples = countSamples(elected) + countSamples(single);
  const result = await storeAdmitted(admit, samples, async () => {
    const ofReplicas = await writers.appender(place, table).append(elected);
    return sum(
      ofReplicas,
      await writers.appender({ ...place, droppedLabel: undefined }, table).append(single),
    );
  });
  // Not before: a replica whose samples could not be stored keeps the other one waiting, and at last loses the election.
  for (const [number, replica] of sent.replicas.entries())
    if (verdicts[number]) await haTracker.noteStored(table, tenant, replica);
  return {
    result,
    omitted: {
      samples: batch.sampleCount - elected.sampleCount - single.sampleCount,
      histograms: batch.histograms.length - elected.histograms.length - single.histograms.length,
      exemplars: batch.exemplars.length - elected.exemplars.length - single.exemplars.length,
    },
    notElected: nameOthers(sent, verdicts),
    isElected: verdicts.includes(true) || sent.bySeries.includes(NO_REPLICA),
  };
}

function countSamples({ sampleCount, histograms }: WriteBatch): number {
  return sampleCount + histograms.length;
}

function sum(a: AppendResult, b: AppendResult): AppendResult {
  a.rejections.addAll(b.rejections);
  return {
    storedSamples: a.storedSamples + b.storedSamples,
    storedHistograms: a.storedHistograms + b.storedHistograms,
    storedExemplars: a.storedExemplars + b.storedExemplars,
    storedMetadata: a.storedMetadata + b.storedMetadata,
    begunDictionaries: a.begunDictionaries + b.begunDictionaries,
    rejections: a.rejections,
  };
}

function nameOthers({ replicas }: SentReplicas, verdicts: readonly boolean[]): string | undefined {
  const others = replicas.filter((_, number) => !verdicts[number]);
  if (others.length === 0) return undefined;
  const named = others
    .slice(0, MAX_NAMED)
    .map(({ cluster, replica }) => `${shorten(replica)} of ${shorten(cluster)}`);
  return `${named.join(", ")}: not elected`;
}
