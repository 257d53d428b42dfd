/**
 * Rule groups in the table, an item each, with a group as JSON; and which tenants have any, an item each:
 * `{"revision":7}`, with `"isEmpty":true` once no group and no state is left.
 *
 * A revision changes before and after a change of the tenant's groups. A process that has read the groups at some
 * revision need not read them again before the revision changes. So it never comes again, of a deleted tenant either.
 */
import { HearthError } from "../../model/errors.ts";
import { MAX_ITEM_BYTES, type Table } from "../table/table.ts";
import {
  type GroupName,
  groupKey,
  groupsRange,
  parseGroupSortKey,
  ruledTenantKey,
  ruledTenantsRange,
  wrongGroupName,
} from "./rule-keys.ts";

/** Room for keys, attribute names and the checksum. */
const MAX_GROUP_BYTES = MAX_ITEM_BYTES - 8 * 1024;
/** Each one lost is one that another process won. */
const MAX_ATTEMPTS = 8;

export interface GroupItem extends GroupName {
  readonly bytes: Uint8Array;
}

interface Revision {
  readonly revision: number;
  readonly isEmpty: boolean;
}

export interface RuledTenant extends Revision {
  readonly tenant: string;
}

/** A tenant's groups, sorted by namespace, then by name. None of a namespace that cannot be. */
export async function listGroupItems(table: Table, tenant: string, namespace?: string): Promise<GroupItem[]> {
  if (namespace !== undefined && wrongGroupName({ namespace, name: "any" }) !== undefined) return [];
  const groups: GroupItem[] = [];
  for await (const page of table.query(groupsRange(tenant, namespace), { consistent: true }))
    for (const { sk, value } of page) groups.push({ ...parseGroupSortKey(sk), bytes: value });
  return groups;
}

export async function getGroupItem(
  table: Table,
  tenant: string,
  group: GroupName,
): Promise<Uint8Array | undefined> {
  if (wrongGroupName(group) !== undefined) return undefined;
  return (await table.get(groupKey(tenant, group), { consistent: true }))?.value;
}

/**
 * Stores a group. `expected`: the bytes that it replaces, "absent" or "any". Returns whether it was stored. Throws
 * "invalid" for names that cannot be, "too large".
 */
export async function putGroupItem(
  table: Table,
  tenant: string,
  { bytes, ...group }: GroupItem,
  expected: Uint8Array | "absent" | "any",
): Promise<boolean> {
  const wrong = wrongGroupName(group);
  if (wrong !== undefined) throw new HearthError("invalid", `rule group: ${wrong}`);
  if (bytes.length > MAX_GROUP_BYTES)
    throw new HearthError(
      "too large",
      `rule group ${group.namespace}/${group.name}: ${bytes.length} bytes, the limit is ${MAX_GROUP_BYTES}; split it`,
    );
  await noteChange(table, tenant);
  const item = { ...groupKey(tenant, group), value: bytes };
  const isStored = await putExpected(table, item, expected);
  if (isStored) await noteChange(table, tenant);
  return isStored;
}

async function putExpected(
  table: Table,
  item: { readonly pk: Uint8Array; readonly sk: Uint8Array; readonly value: Uint8Array },
  expected: Uint8Array | "absent" | "any",
): Promise<boolean> {
  if (expected === "absent") return table.putIfAbsent(item);
  if (expected !== "any") return table.putIfEqual(item, expected);
  await table.put(item);
  return true;
}

/** Removes a group. What it wrote ends at the next evaluation of the tenant's rules. */
export async function deleteGroupItem(table: Table, tenant: string, group: GroupName): Promise<void> {
  await noteChange(table, tenant);
  await table.delete(groupKey(tenant, group));
  await noteChange(table, tenant);
}

/** Every tenant that has had rules. */
export async function listRuledTenants(table: Table): Promise<RuledTenant[]> {
  const tenants: RuledTenant[] = [];
  for await (const page of table.query(ruledTenantsRange(), { consistent: true }))
    for (const { sk, value } of page)
      tenants.push({ tenant: new TextDecoder().decode(sk), ...decodeRevision(value) });
  return tenants;
}

/** Notes that nothing is left to evaluate, unless the groups have changed since the revision. */
export async function noteEmpty(table: Table, { tenant, revision }: RuledTenant): Promise<void> {
  const item = { ...ruledTenantKey(tenant), value: encodeRevision(revision + 1, true) };
  await table.putIfEqual(item, encodeRevision(revision, false));
}

/**
 * Notes that a tenant's rules are all to be deleted: no process looks at them any more. The item stays, for
 * a revision must not come again: a process may know the groups of before.
 */
export async function noteEnd(table: Table, tenant: string): Promise<void> {
  await changeRevision(table, tenant, (before) =>
    before === undefined ? undefined : encodeRevision(before.revision + 1, true),
  );
}

/** Notes that groups were deleted as items, if there have been groups since `noteEnd`. */
export async function noteDeletedGroups(table: Table, tenant: string): Promise<void> {
  await changeRevision(table, tenant, (before) =>
    before === undefined || before.isEmpty ? undefined : encodeRevision(before.revision + 1, false),
  );
}

async function noteChange(table: Table, tenant: string): Promise<void> {
  await changeRevision(table, tenant, (before) => encodeRevision((before?.revision ?? 0) + 1, false));
}

/** By compare and swap. `next`: undefined to leave the item as it is. */
async function changeRevision(
  table: Table,
  tenant: string,
  next: (before: Revision | undefined) => Uint8Array | undefined,
): Promise<void> {
  const key = ruledTenantKey(tenant);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const before = (await table.get(key, { consistent: true }))?.value;
    const value = next(before === undefined ? undefined : decodeRevision(before));
    if (value === undefined) return;
    const item = { ...key, value };
    const isStored =
      before === undefined ? await table.putIfAbsent(item) : await table.putIfEqual(item, before);
    if (isStored) return;
  }
  throw new HearthError("unavailable", `rules of tenant ${tenant}: others change them too; try again`);
}

function encodeRevision(revision: number, isEmpty: boolean): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ revision, ...(isEmpty ? { isEmpty } : {}) }));
}

function decodeRevision(value: Uint8Array): Revision {
  const text = new TextDecoder().decode(value);
  try {
    const { revision, isEmpty = false } = JSON.parse(text) as { revision: number; isEmpty?: boolean };
    if (Number.isSafeInteger(revision)) return { revision, isEmpty };
  } catch {
    // Said below.
  }
  throw new HearthError("data", `tenant with rules: ${text.slice(0, 100)}: expected a revision`);
}
