/** Walks through the parts of a day's samples: every item is there, can be read, and has what the manifest counts. */

import { SampleColumns } from "../../chunk/sample-columns.ts";
import { errorKind, errorMessage } from "../../model/errors.ts";
import { describeKey } from "../layout/key-place.ts";
import { isOpenRun, type Manifest, type Part } from "../layout/manifest.ts";
import { chunkRange, parseChunkSortKey, runRange } from "../layout/part-keys.ts";
import type { Shard } from "../layout/shard.ts";
import { ChunkChain, queryChain, RunChain } from "../parts/chains.ts";
import { countChunkSamples, decodeChunkItem } from "../parts/chunk-item.ts";
import { readErased } from "../parts/erased-item.ts";
import { appendChunk } from "../parts/mixed-chunks.ts";
import { decodeRunBlock } from "../parts/run-block.ts";
import { hashHex } from "../series/series-hash.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Item, Key, KeyRange, Table } from "../table/table.ts";
import type { OnFinding, VerifiedDay } from "./finding.ts";
import { checkExpiry } from "./item-expiry.ts";

const READ_CONCURRENCY = 16;

/** Adds the hashes (hex) of every series that has samples to `hashes`. */
export async function verifyParts(
  table: Table,
  day: VerifiedDay,
  { parts }: Manifest,
  hashes: Set<string>,
  onFinding: OnFinding,
): Promise<void> {
  for (const part of parts) await verifyPart(table, day, part, hashes, onFinding);
}

async function verifyPart(
  table: Table,
  day: VerifiedDay,
  part: Part,
  hashes: Set<string>,
  onFinding: OnFinding,
): Promise<void> {
  const name = `${part.kind === "run" ? "run" : "chunk part"} ${part.id} of bucket ${part.bucket}`;
  let samples = 0;
  let isDamaged = false;
  const onDamaged = (key: Key, reason: string) => {
    isDamaged = true;
    const problem = reason.includes("missing") ? "missing item" : "damaged item";
    const loss = lossOf(part, key);
    onFinding({ problem, detail: `${name}: ${reason}: ${describeKey(key)}`, loss, key, part: part.id });
  };
  const shards = Array.from({ length: 2 ** part.shardBits }, (_, prefix) => ({
    bits: part.shardBits,
    prefix,
  }));
  await forEachBounded(shards, READ_CONCURRENCY, async (shard) => {
    for await (const item of readPartition(table, day, part, shard, onDamaged)) {
      const counted = countItem(part, item, hashes, onDamaged);
      samples += counted;
      if (!isOpenRun(part)) checkExpiry(day, item, onFinding);
    }
  });
  if (samples === part.samples) return;
  const missing = part.samples - samples;
  const loss =
    missing > 0
      ? `${missing} samples${isDamaged ? ", in the items named above" : ""}`
      : "nothing is known to be";
  const detail = `${name} has ${samples} samples, its manifest says ${part.samples}`;
  onFinding({ problem: "wrong count", detail, loss, part: part.id });
}

/** Items of one partition of a part, damaged ones left out. */
export async function* readPartition(
  table: Table,
  { tenant, day, signal }: VerifiedDay,
  { kind, id, bucket, shardBits: _ }: Part,
  shard: Shard,
  onDamaged: (key: Key, reason: string) => void,
): AsyncGenerator<Item, void, void> {
  const range: KeyRange =
    kind === "run" ? runRange(tenant, day, id, shard) : chunkRange({ tenant, day, bucket, part: id, shard });
  const chain = kind === "run" ? new RunChain() : new ChunkChain(range);
  // Met in both the first and the consistent read, an item is damaged once.
  const known = new Set<string>();
  const onDamage = (item: Item, reason: string) => {
    const key = Buffer.from(item.sk).toString("latin1");
    if (known.has(key)) return;
    known.add(key);
    onDamaged(item, reason);
  };
  const reporting = {
    query: (keys: KeyRange, options?: object) => table.query(keys, { ...options, onDamage }),
  };
  const note = (key: Key, reason: string) => {
    if (known.size === 0) onDamaged(key, reason);
  };
  for await (const page of queryChain(reporting, range, chain, { signal, note })) yield* page;
}

/** Returns how many samples an item has, by decoding all of it. */
function countItem(
  part: Part,
  item: Item,
  hashes: Set<string>,
  onDamaged: (key: Key, reason: string) => void,
): number {
  try {
    return part.kind === "run" ? countBlock(item, hashes) : countChunks(item, hashes);
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    onDamaged(item, errorMessage(error));
    return 0;
  }
}

function countBlock({ value }: Item, hashes: Set<string>): number {
  const { erased, left } = readErased(value);
  if (left.length === 0) return erased;
  const block = decodeRunBlock(left);
  for (const hash of block.hashes) hashes.add(hashHex(hash));
  return erased + block.timestamps.length + (block.histograms?.timestamps.length ?? 0);
}

function countChunks({ sk, value }: Item, hashes: Set<string>): number {
  const columns = new SampleColumns();
  let samples = 0;
  for (const chunk of decodeChunkItem(value)) {
    appendChunk(chunk, columns);
    samples += countChunkSamples(chunk);
  }
  if (samples > 0) hashes.add(parseChunkSortKey(sk));
  return samples + readErased(value).erased;
}

function lossOf({ kind, bucket }: Part, key: Key): string {
  if (kind === "run") return "samples of some minutes of the series in the block";
  const series = key.sk.length >= 20 ? ` of the series at or beside ${parseChunkSortKey(key.sk)}` : "";
  return `samples${series} in bucket ${bucket}`;
}
