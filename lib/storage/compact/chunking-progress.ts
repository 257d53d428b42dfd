/**
 * How far a bucket's chunking has come, for one that takes longer than an invocation. It is a note, not a claim: whoever takes
 * it up writes the same items under the same keys as whoever else does.
 */
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { PART_ID_BYTES, progressKey } from "../layout/keys.ts";
import { transientExpiry } from "../layout/retention.ts";
import type { SampleExtent } from "../parts/hashed-samples.ts";
import type { DayContext } from "./day-context.ts";
import type { Chunking } from "./plan-compaction.ts";

export interface ChunkingProgress {
  /** Of the part that is being written, in hex. */
  readonly id: string;
  /** Groups of series, as bits, and how many of them are stored. */
  readonly bits: number;
  readonly groups: number;
  /** Of what is stored. */
  readonly extent: SampleExtent;
}

/** What was noted for the same inputs; undefined if nothing was. */
export async function loadProgress(
  { table, tenant, day }: DayContext,
  plan: Chunking,
): Promise<ChunkingProgress | undefined> {
  const item = await table.get(progressKey(tenant, day, plan.bucket), { consistent: true });
  if (item === undefined) return undefined;
  const reader = new ByteReader(item.value, "chunking progress");
  const [inputs, id] = [reader.readString(), reader.readBytes(PART_ID_BYTES)];
  const [bits, groups, samples] = [reader.readVarint(), reader.readVarint(), reader.readVarint()];
  const minTime = reader.readSigned();
  const extent = { samples, minTime, maxTime: minTime + reader.readVarint() };
  if (inputs !== inputsOf(plan)) return undefined;
  return { id: Buffer.from(id).toString("hex"), bits, groups, extent };
}

/** Notes progress after at least one group that has samples; until then there is nothing to note. */
export async function storeProgress(
  { table, tenant, day, retentionMs, clock }: DayContext,
  plan: Chunking,
  { id, bits, groups, extent }: ChunkingProgress,
): Promise<void> {
  if (extent.samples === 0) return;
  const value = new ByteWriter()
    .writeString(inputsOf(plan))
    .writeBytes(Buffer.from(id, "hex"))
    .writeVarint(bits)
    .writeVarint(groups)
    .writeVarint(extent.samples)
    .writeSigned(extent.minTime)
    .writeVarint(extent.maxTime - extent.minTime)
    .finish();
  const key = progressKey(tenant, day, plan.bucket);
  await table.put({ ...key, value, ...transientExpiry(clock(), day, retentionMs) });
}

function inputsOf({ inputs }: Chunking): string {
  return inputs.map((part) => part.id).join("");
}
