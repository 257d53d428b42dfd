/** Keeps what deletions hide of log records out of the columns that the records are decoded into. */
import type { SampleColumns } from "../../chunk/sample-columns.ts";
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

/** After it was decoded: removes what it has added and deletions hide. */
export function dropFromRecord(hidden: readonly HiddenColumns[]): void {
  for (const { columns, count, deletions } of hidden) dropHidden(columns, count, deletions);
}
