/** Keys of tenants, of access keys, and of who changed them: what belongs to no day (keys.ts). */
import type { Key, KeyRange } from "../table/table.ts";
import { KIND, partition, receiveTime } from "./keys.ts";

export function accessKeyKey(accessKeyId: string): Key {
  return { pk: accessKeysRange().pk, sk: new TextEncoder().encode(accessKeyId) };
}

/** Every access key of the table, in one partition: they are few, and warm functions remember them. */
export function accessKeysRange(): KeyRange {
  return { pk: Uint8Array.of(KIND.accessKey) };
}

/** An entry of who changed what (lib/auth/audit.ts). */
export function auditKey(atMs: number, id: Uint8Array): Key {
  return { pk: Uint8Array.of(KIND.audit), sk: receiveTime(atMs).writeBytes(id).finish() };
}

/** The entries since a time, in ms. */
export function auditRange(sinceMs: number): KeyRange {
  return { pk: Uint8Array.of(KIND.audit), first: receiveTime(sinceMs).finish() };
}

export function tenantKey(tenant: string): Key {
  return { pk: tenantsRange().pk, sk: new TextEncoder().encode(tenant) };
}

/** The settings of every tenant that has any, in one partition: they are few, and warm functions remember them. */
export function tenantsRange(): KeyRange {
  return { pk: Uint8Array.of(KIND.tenant) };
}

/** Which replica of a cluster is elected; the cluster's name is at most as long as a sort key, 1,024 bytes. */
export function electionKey(tenant: string, cluster: string): Key {
  return { pk: partition(KIND.election, tenant).finish(), sk: new TextEncoder().encode(cluster) };
}

/** With which retention a tenant's days were looked at last. No TTL: the compactor knows tenants by these items. */
export function sweptKey(tenant: string): Key {
  return { pk: sweptRange().pk, sk: new TextEncoder().encode(tenant) };
}

export function sweptRange(): KeyRange {
  return { pk: Uint8Array.of(KIND.swept) };
}

export function parseSweptSortKey(sk: Uint8Array): string {
  return new TextDecoder().decode(sk);
}
