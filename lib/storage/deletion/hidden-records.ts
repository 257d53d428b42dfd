/** Keeps what deletions hide of log records out of the columns that the records are decoded into. */
import type { SampleColumns } from "../../chunk/sample-columns.ts";
import { COLUMN_SAMPLE_BYTES, COLUMN_START_BYTES } from "../../chunk/sample-sizes.ts";
import type { Deletion } from "./deletion.ts";
import { dropHidden, type Masks } from "./masks.ts";

/** Columns that a record may add to, and deletions that hide what it adds. */
export interface HiddenColumns {
  readonly columns: SampleColumns;
  /** Samples before the record's. */
  readonly count: number;
  readonly deletions: readonly Deletion[];
}

/** Before a record is decoded: what it must not add to. `columnsOf`: by hash in hex. */
export function hiddenColumns(
  masks: Masks,
  receivedMs: number,
  columnsOf: (hash: string) => SampleColumns | undefined,
): HiddenColumns[] {
  const hidden: HiddenColumns[] = [];
  for (const hash of masks.series) {
    const deletions = masks.ofRecord(hash, receivedMs);
    const columns = deletions.length === 0 ? undefined : columnsOf(hash);
    if (columns !== undefined) hidden.push({ columns, count: columns.count, deletions });
  }
  return hidden;
}

/** After it was decoded: removes what it has added and deletions hide. Returns the bytes that it took in memory. */
export function dropFromRecord(hidden: readonly HiddenColumns[]): number {
  let sizeBytes = 0;
  for (const { columns, count, deletions } of hidden) {
    const before = columns.histogramBytes;
    const dropped = dropHidden(columns, count, deletions);
    const each = COLUMN_SAMPLE_BYTES + (columns.startTimestamps === undefined ? 0 : COLUMN_START_BYTES);
    sizeBytes += dropped * each + before - columns.histogramBytes;
  }
  return sizeBytes;
}
