/** A table some of whose calls go through a test first. */
import type { Table } from "../../../lib/storage/table/table.ts";

/** `calls` take the place of the table's own. */
export function tableWith(table: Table, calls: Partial<Table>): Table {
  return new Proxy(table, {
    get(target, name) {
      const call = Reflect.get({ ...calls }, name) ?? Reflect.get(target, name, target);
      return typeof call === "function" ? call.bind(target) : call;
    },
  });
}
