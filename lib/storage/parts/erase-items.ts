/** Takes what deletions hide out of items of parts. */
import { sortColumns } from "../../chunk/merge-mixed.ts";
import { SampleColumns } from "../../chunk/sample-columns.ts";
import type { Deletion } from "../deletion/deletion.ts";
import { dropHidden } from "../deletion/masks.ts";
import { hashHex } from "../series/series-hash.ts";
import { countChunkSamples, decodeChunkItem } from "./chunk-item.ts";
import { encodeErased, readErased } from "./erased-item.ts";
import type { HashedSeries } from "./hashed-samples.ts";
import { withoutHidden } from "./hide-chunks.ts";
import { appendBlockSeries, decodeRunBlock } from "./run-block.ts";
import { encodeRun } from "./run-items.ts";

const NOTHING = new Uint8Array(0);
/** Names no run: of its items the values alone are used. */
const NO_RUN = { tenant: "", day: 0, id: "00".repeat(8), shardBits: 0 };

/** The value without what is hidden; undefined where nothing is. Throws "data". */
export function eraseFromChunks(value: Uint8Array, deletions: readonly Deletion[]): Uint8Array | undefined {
  const { erased, left } = readErased(value);
  if (left.length === 0) return undefined;
  const rest = [...withoutHidden(left, deletions)];
  const dropped = countSamples(left) - rest.reduce((sum, one) => sum + countSamples(one), 0);
  return dropped === 0 ? undefined : packed(erased + dropped, rest);
}

function countSamples(value: Uint8Array): number {
  return decodeChunkItem(value).reduce((sum, chunk) => sum + countChunkSamples(chunk), 0);
}

/** The same of a block of a run. `deletionsOf`: those of a series, by its hash in hex. */
export function eraseFromBlock(
  value: Uint8Array,
  deletionsOf: (hash: string) => readonly Deletion[],
): Uint8Array | undefined {
  const { erased, left } = readErased(value);
  if (left.length === 0) return undefined;
  const block = decodeRunBlock(left);
  const series: HashedSeries[] = [];
  let dropped = 0;
  block.hashes.forEach((bytes, i) => {
    const hash = hashHex(bytes);
    const columns = new SampleColumns();
    appendBlockSeries(block, i, columns);
    dropped += dropHidden(columns, 0, deletionsOf(hash));
    if (columns.count > 0) series.push([hash, sortColumns(columns)]);
  });
  if (dropped === 0) return undefined;
  return packed(
    erased + dropped,
    Array.from(encodeRun(NO_RUN, series), (item) => item.value),
  );
}

/** What is left goes into one item, since its key stays; undefined where it does not, which less never does. */
function packed(erased: number, rest: readonly Uint8Array[]): Uint8Array | undefined {
  return rest.length > 1 ? undefined : encodeErased({ erased, left: rest[0] ?? NOTHING });
}
