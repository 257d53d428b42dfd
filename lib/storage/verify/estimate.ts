/** What a walk through days will cost, from their manifests. */
import { errorKind } from "../../model/errors.ts";
import { loadManifest } from "../layout/manifest-store.ts";
import { READ_UNIT_BYTES, type Table } from "../table/table.ts";

/** Measured on recorded samples (docs/storage-format.md): a sample in a chunk item or a run block, with its share of keys. */
const SAMPLE_BYTES = 1.6;
/** An index block, and the log of a day that is compacted every five minutes with its dictionaries. */
const INDEX_BLOCK_BYTES = 12 * 1024;
const LOG_READ_UNITS = 90;
/** Dollars in us-east-1, on demand. https://aws.amazon.com/dynamodb/pricing/on-demand/ */
const MILLION_READ_UNITS_DOLLARS = 0.125;
/** Read eventually consistently. */
const PARTITION_READ_UNITS = 0.5;

export interface Estimate {
  readonly days: number;
  readonly readUnits: number;
  readonly dollars: number;
}

/** A day whose manifest cannot be read costs next to nothing. Reading the manifests costs about a unit a day. */
export async function estimate(
  table: Table,
  days: readonly { readonly tenant: string; readonly day: number }[],
): Promise<Estimate> {
  let readUnits = 0;
  for (const { tenant, day } of days) readUnits += await estimateDay(table, tenant, day);
  const rounded = Math.ceil(readUnits);
  return {
    days: days.length,
    readUnits: rounded,
    dollars: (rounded / 1e6) * MILLION_READ_UNITS_DOLLARS,
  };
}

async function estimateDay(table: Table, tenant: string, day: number): Promise<number> {
  try {
    const { manifest } = await loadManifest(table, tenant, day);
    let units = LOG_READ_UNITS;
    for (const { samples, shardBits } of manifest.parts)
      units += (samples * SAMPLE_BYTES) / READ_UNIT_BYTES / 2 + 2 ** shardBits * PARTITION_READ_UNITS;
    for (const { blocks } of manifest.index) units += (blocks * INDEX_BLOCK_BYTES) / READ_UNIT_BYTES;
    return units;
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    return LOG_READ_UNITS;
  }
}
