/** Which items of a table hold a text: in their keys, in their bytes, or in what their bytes are unpacked to. */
import type { LabelSet } from "../../../lib/model/labels.ts";
import { decodeExemplarRecord } from "../../../lib/storage/exemplars/exemplar-record.ts";
import { describeKey } from "../../../lib/storage/layout/key-place.ts";
import { KIND } from "../../../lib/storage/layout/keys.ts";
import { decodeSeriesBlock } from "../../../lib/storage/series/series-block.ts";
import type { Item } from "../../../lib/storage/table/table.ts";

const INDEX_KINDS: readonly number[] = [KIND.index, KIND.rowIndex];

/** The label sets of an item of any kind, and single labels of the catalogue of an index. */
export function labelSetsIn({ pk, value }: Item): readonly LabelSet[] {
  if (pk[0] === KIND.series) return decodeSeriesBlock(value);
  if (pk[0] === KIND.exemplars) return decodeExemplarRecord(value).map(({ labels }) => labels);
  if (!INDEX_KINDS.includes(pk[0])) return [];
  try {
    return decodeSeriesBlock(value);
  } catch {
    // Pairs and directories hold numbers alone.
    return [];
  }
}

/** A line for each item. */
export function itemsWithText(items: Iterable<Item>, text: string): string[] {
  const found: string[] = [];
  for (const item of items) {
    const { pk, sk, value } = item;
    const isIn =
      [pk, sk, value].some((bytes) => Buffer.from(bytes).includes(text)) ||
      labelSetsIn(item).some((labels) => labels.some((label) => label.includes(text)));
    if (isIn) found.push(describeKey(item));
  }
  return found;
}
