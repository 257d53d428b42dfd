/** Deletes items of a day's index that no manifest names any more, and that nobody reads. */
import { type IndexIds, indexPartId, MAX_PIECES } from "../../layout/index-ids.ts";
import type { Manifest } from "../../layout/manifest.ts";
import { type IndexSection, indexRange } from "../../layout/part-keys.ts";
import { ALL_SERIES, type Shard } from "../../layout/shard.ts";
import { forEachBounded } from "../../table/bounded.ts";
import type { Key } from "../../table/table.ts";
import { type DayContext, readItems } from "../day-context.ts";
import { READERS_MS } from "./plan-unindexing.ts";

const CALL_CONCURRENCY = 16;
const CATALOGUE: readonly IndexSection[] = ["values", "pairs", "directory"];

/** Up to where it was done. `isDone`: nothing is left for now. */
export interface CleanedIndex {
  readonly indexIds: IndexIds;
  readonly isDone: boolean;
  readonly items: number;
}

/** `before`: numbers below it. Throws "unavailable": what is deleted by then stays so. */
export async function cleanIndex(
  context: DayContext,
  { index }: Pick<Manifest, "index">,
  indexIds: IndexIds,
  before: number,
  isTimeUp: () => boolean,
): Promise<CleanedIndex> {
  const named = new Set(index.map(({ id }) => id));
  const { maxBits, strays } = indexIds;
  let items = 0;
  const remove = async (keys: readonly Key[]) => {
    await forEachBounded(keys, CALL_CONCURRENCY, (key) => context.table.delete(key));
    items += keys.length;
  };
  for (let number = indexIds.cleanedTo; number < before; number++) {
    if (isTimeUp()) return { indexIds: { ...indexIds, cleanedTo: number }, isDone: false, items };
    const pieces: string[] = [];
    for (let id = indexPartId(indexIds, number, 0); pieces.length < MAX_PIECES; ) {
      if ((await keysOf(context, id, maxBits)).length === 0) break;
      pieces.push(id);
      id = indexPartId(indexIds, number, pieces.length);
    }
    // The last first: whoever goes on after a death finds the first.
    for (const id of pieces.reverse()) if (!named.has(id)) await remove(await keysOf(context, id, maxBits));
  }
  const isRead = (supersededMs: number) => supersededMs > context.clock() - READERS_MS;
  for (const { id, supersededMs } of strays)
    if (!isRead(supersededMs) && !named.has(id)) await remove(await keysOf(context, id, maxBits));
  const left = strays.filter(({ supersededMs }) => isRead(supersededMs));
  return { indexIds: { ...indexIds, cleanedTo: before, strays: left }, isDone: true, items };
}

/** The keys of a part's items, however it was partitioned. */
async function keysOf(context: DayContext, part: string, maxBits: number): Promise<Key[]> {
  const { tenant, day } = context;
  const ranges = [
    ...CATALOGUE.map((section) => indexRange({ tenant, day, part, section, shard: ALL_SERIES })),
    ...shardsUpTo(maxBits).map((shard) => indexRange({ tenant, day, part, section: "series", shard })),
  ];
  const keys: Key[] = [];
  await forEachBounded(ranges, CALL_CONCURRENCY, async (range) => {
    const add = ({ pk, sk }: Key) => keys.push({ pk, sk });
    for await (const page of readItems(context, range, add)) page.forEach(add);
  });
  return keys;
}

function shardsUpTo(maxBits: number): Shard[] {
  return Array.from({ length: maxBits + 1 }, (_, bits) =>
    Array.from({ length: 2 ** bits }, (_, prefix) => ({ bits, prefix })),
  ).flat();
}
