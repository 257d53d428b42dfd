/** A folder of this machine: blocks, and, in a data directory, the samples that Prometheus has in no block yet. */
import { SampleSpool } from "../../lib/transfer/sample-spool.ts";
import { spoolHead } from "../../lib/transfer/spool-head.ts";
import { printNumberOf } from "../counts.ts";
import type { Console } from "../days.ts";
import { type FoundBlocks, findBlocks, readFolders } from "./find-blocks.ts";
import { listLocalFolders } from "./local-files.ts";
import { openLocalHead } from "./local-head.ts";
import type { BlockSpool } from "./spool.ts";

/** Throws "invalid" where there are neither blocks nor a log. */
export async function findInDirectory(
  path: string,
  blocks: BlockSpool,
  { tell }: Console,
): Promise<FoundBlocks> {
  // First the log, then the blocks: what leaves the log in between is in a block.
  using head = await openLocalHead(path);
  const folders = await listLocalFolders(path);
  if (head === undefined) return findBlocks(path, folders);
  const found = await readFolders(folders);
  tell(`reading ${head.name}, ${Math.ceil(head.sizeBytes / 1e6)} MB: samples that are in no block yet`);
  const ends = found.blocks.filter(({ meta }) => meta.isInOrder).map(({ meta }) => meta.maxTime);
  const minTime = Math.max(Number.NEGATIVE_INFINITY, ...ends);
  const { samples, notes } = await spoolHead(head, minTime, new SampleSpool(blocks.store));
  tell(`${head.name}: ${printNumberOf(samples, "sample")}`);
  return {
    blocks: [...found.blocks, ...blocks.takeBlocks()],
    notes: [...found.notes, ...head.notes, ...notes],
  };
}
