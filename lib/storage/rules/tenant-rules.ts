/** All that a tenant's rules have in the table. */
import { forEachBounded } from "../table/bounded.ts";
import type { Table } from "../table/table.ts";
import { noteEnd } from "./rule-items.ts";
import { alertNoticesRange, groupsRange, rulePiecesRange, statesRange } from "./rule-keys.ts";

/** Deletes under way at once. */
const DELETE_CONCURRENCY = 16;

/**
 * Deletes a tenant's rules and their states. A process that is evaluating them ends its run; none begins
 * another. What the rules wrote stays. Throws "unavailable": call it again.
 */
export async function deleteTenantRules(table: Table, tenant: string): Promise<void> {
  // First: no process looks at the others then.
  await noteEnd(table, tenant);
  for (const rangeOf of [groupsRange, statesRange, alertNoticesRange, rulePiecesRange])
    for await (const page of table.query(rangeOf(tenant), { consistent: true, onDamage: () => {} }))
      await forEachBounded(page, DELETE_CONCURRENCY, ({ pk, sk }) => table.delete({ pk, sk }));
}
