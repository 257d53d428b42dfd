/** The keys of rule groups, of their states and of the tenants that have any. */
import { createHash } from "node:crypto";
import { ByteWriter } from "../codec/bytes.ts";
import { KIND, partition } from "../layout/keys.ts";
import { type Key, type KeyRange, MAX_SORT_KEY_BYTES } from "../table/table.ts";

export interface GroupName {
  readonly namespace: string;
  readonly name: string;
}

/** Sorts groups by namespace, then by name: neither contains a zero. */
const SEPARATOR = 0;

const utf8 = new TextEncoder();

/** What is wrong with a group's names; undefined for nothing. */
export function wrongGroupName({ namespace, name }: GroupName): string | undefined {
  for (const [what, text] of [
    ["namespace", namespace],
    ["name of a group", name],
  ]) {
    if (text === "") return `${what}: it is empty`;
    if (!text.isWellFormed() || text.includes("\0")) return `${what}: expected UTF-8 without zeros`;
  }
  const size = groupSortKey({ namespace, name }).length;
  if (size <= MAX_SORT_KEY_BYTES) return undefined;
  return `namespace and name of a group: ${size - 1} bytes together, at most ${MAX_SORT_KEY_BYTES - 1} are taken`;
}

export function groupKey(tenant: string, group: GroupName): Key {
  return { pk: groupsRange(tenant).pk, sk: groupSortKey(group) };
}

/** A tenant's groups, of one namespace or of all. */
export function groupsRange(tenant: string, namespace?: string): KeyRange {
  const pk = partition(KIND.ruleGroup, tenant).finish();
  if (namespace === undefined) return { pk };
  const prefix = utf8.encode(namespace);
  return {
    pk,
    first: new ByteWriter().writeBytes(prefix).writeByte(SEPARATOR).finish(),
    last: new ByteWriter()
      .writeBytes(prefix)
      .writeByte(SEPARATOR + 1)
      .finish(),
  };
}

export function stateKey(tenant: string, group: GroupName): Key {
  return { pk: statesRange(tenant).pk, sk: groupSortKey(group) };
}

export function statesRange(tenant: string): KeyRange {
  return { pk: partition(KIND.ruleState, tenant).finish() };
}

/** What receivers of messages were told of a group's alerts. */
export function alertNoticesKey(tenant: string, group: GroupName): Key {
  return { pk: alertNoticesRange(tenant).pk, sk: groupSortKey(group) };
}

export function alertNoticesRange(tenant: string): KeyRange {
  return { pk: partition(KIND.alertNotices, tenant).finish() };
}

export function ruledTenantKey(tenant: string): Key {
  return { pk: ruledTenantsRange().pk, sk: utf8.encode(tenant) };
}

export function ruledTenantsRange(): KeyRange {
  return { pk: Uint8Array.of(KIND.ruled) };
}

function groupSortKey({ namespace, name }: GroupName): Uint8Array {
  const writer = new ByteWriter().writeBytes(utf8.encode(namespace)).writeByte(SEPARATOR);
  return writer.writeBytes(utf8.encode(name)).finish();
}

export function parseGroupSortKey(sk: Uint8Array): GroupName {
  const decoder = new TextDecoder();
  const at = sk.indexOf(SEPARATOR);
  return { namespace: decoder.decode(sk.subarray(0, at)), name: decoder.decode(sk.subarray(at + 1)) };
}

/** Bytes of the hash of a group in the keys of its pieces, and of what tells two pieces apart. */
const GROUP_HASH_BYTES = 16;
export const PIECE_ID_BYTES = 12;

/** A piece of a group's state that has an item of its own; `id` is PIECE_ID_BYTES long. */
export function pieceKey(tenant: string, group: GroupName, id: Uint8Array): Key {
  const hash = createHash("sha256").update(groupSortKey(group)).digest().subarray(0, GROUP_HASH_BYTES);
  return {
    pk: rulePiecesRange(tenant).pk,
    sk: new ByteWriter().writeBytes(hash).writeBytes(id).finish(),
  };
}

/** The pieces of all groups of a tenant. */
export function rulePiecesRange(tenant: string): KeyRange {
  return { pk: partition(KIND.ruleSeries, tenant).finish() };
}
