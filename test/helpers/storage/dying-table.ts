/** A process that dies in the middle of a call. */
import type { Table } from "../../../lib/storage/table/table.ts";

/** A table whose process is dead from a call that writes on: half of that call has taken effect, or all. */
export function dyingTable(inner: Table, diesNow: () => boolean): Table {
  let isDead = false;
  const live = () => {
    if (isDead) throw new Error("dead");
  };
  const write = async <T>(half: () => Promise<unknown>, whole: () => Promise<T>): Promise<T> => {
    live();
    isDead = diesNow();
    if (!isDead) return whole();
    await half();
    throw new Error("dead");
  };
  const nothing = () => Promise.resolve();
  const table: Table = {
    metered: () => table,
    get: async (key, options) => {
      live();
      return inner.get(key, options);
    },
    query: (range, options) => {
      live();
      return inner.query(range, options);
    },
    put: (item) => write(nothing, () => inner.put(item)),
    putIfAbsent: (item) =>
      write(
        () => inner.putIfAbsent(item),
        () => inner.putIfAbsent(item),
      ),
    putIfEqual: (item, expected) =>
      write(
        () => inner.putIfEqual(item, expected),
        () => inner.putIfEqual(item, expected),
      ),
    putAll: (items) =>
      write(
        () => inner.putAll(items.slice(0, items.length / 2)),
        () => inner.putAll(items),
      ),
    delete: (key) => write(nothing, () => inner.delete(key)),
  };
  return table;
}
