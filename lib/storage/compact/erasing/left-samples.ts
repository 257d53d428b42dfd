/** Which series have a sample in a day's lasting parts, once what deletions hide has been erased. */
import { errorKind } from "../../../model/errors.ts";
import type { Part } from "../../layout/manifest.ts";
import { parseChunkSortKey } from "../../layout/part-keys.ts";
import { readErased } from "../../parts/erased-item.ts";
import { decodeRunBlock } from "../../parts/run-block.ts";
import { hashHex } from "../../series/series-hash.ts";
import type { Item } from "../../table/table.ts";
import { DamagedInput } from "../damaged-input.ts";
import { type DayContext, readItems } from "../day-context.ts";
import { rangesOf } from "./erase-parts.ts";

/** Of `series`, by hash in hex. Throws `DamagedInput` for an item that may have one and cannot be read. */
export async function findLeft(
  context: DayContext,
  parts: readonly Part[],
  series: ReadonlySet<string>,
): Promise<Set<string>> {
  const left = new Set<string>();
  for (const part of parts) {
    const onDamaged = () => {
      throw new DamagedInput(context, `part ${part.id} has a damaged item`, "none while labels are deleted");
    };
    const hashes = [...series].filter((hash) => !left.has(hash));
    if (hashes.length === 0) break;
    for (const range of rangesOf(context, part, hashes))
      for await (const page of readItems(context, range, onDamaged))
        for (const item of page)
          for (const hash of hashesOf(item, part, onDamaged)) if (series.has(hash)) left.add(hash);
  }
  return left;
}

/** The series of which an item has samples left. */
function hashesOf({ sk, value }: Item, { kind }: Part, onDamaged: () => void): readonly string[] {
  try {
    const { left } = readErased(value);
    if (left.length === 0) return [];
    return kind === "chunks" ? [parseChunkSortKey(sk)] : decodeRunBlock(left).hashes.map(hashHex);
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    onDamaged();
    return [];
  }
}
