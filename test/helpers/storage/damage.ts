/** Items of a table in memory, damaged one at a time as the world may: a bit changes, an item is gone. */
import type { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import type { Item } from "../../../lib/storage/table/table.ts";

export type Damage = "a bit flipped" | "gone";

/** Every item as it is stored, of the kinds named by the first byte of their partition keys; all by default. */
export async function itemsOf(table: MemoryTable, kinds?: string): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of table.scan())
    for (const item of page) if (kinds === undefined || kinds.includes(kindOf(item))) items.push(item);
  return items;
}

export function kindOf({ pk }: Pick<Item, "pk">): string {
  return String.fromCharCode(pk[0]);
}

/** Flips the bit of this number of the value; counted round. */
export function flipped(item: Item, bit: number): Item {
  const value = Uint8Array.from(item.value);
  value[(bit >> 3) % value.length] ^= 1 << (bit & 7);
  return { ...item, value };
}

/** Damages an item while `work` runs. */
export async function whileDamaged(
  table: MemoryTable,
  item: Item,
  damage: Damage,
  bit: number,
  work: () => Promise<void>,
): Promise<void> {
  if (damage === "gone") await table.delete(item);
  else await table.put(flipped(item, bit));
  try {
    await work();
  } finally {
    await table.put(item);
  }
}
