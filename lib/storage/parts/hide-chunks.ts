/** A chunk item without the samples that deletions hide. */
import { sortColumns } from "../../chunk/merge-mixed.ts";
import { SampleColumns } from "../../chunk/sample-columns.ts";
import type { TimeRange } from "../../model/time.ts";
import { covers, type Deletion, overlaps } from "../deletion/deletion.ts";
import { dropHidden } from "../deletion/masks.ts";
import { decodeChunkItem } from "./chunk-item.ts";
import { encodeSampleItems } from "./chunk-items.ts";
import { appendChunk } from "./mixed-chunks.ts";

/**
 * The values that hold what is left of an item's: itself where nothing is hidden, none where nothing
 * is left. Throws "data".
 */
export function withoutHidden(value: Uint8Array, deletions: readonly Deletion[]): Iterable<Uint8Array> {
  if (deletions.length === 0) return [value];
  const chunks = decodeChunkItem(value);
  const isTouched = (chunk: TimeRange) => deletions.some((deletion) => overlaps(deletion, chunk));
  if (!chunks.some(isTouched)) return [value];
  const left = chunks.filter((chunk) => !deletions.some((deletion) => covers(deletion, chunk)));
  const columns = new SampleColumns();
  for (const chunk of left) appendChunk(chunk, columns);
  dropHidden(columns, 0, deletions);
  return encodeSampleItems(sortColumns(columns));
}
