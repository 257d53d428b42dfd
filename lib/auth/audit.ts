/**
 * Who changed what, in the table: access keys, tenants, rules, deletions. An entry is stored before its
 * change, so no change is without one; of a change that then failed there may be one too.
 */
import { HearthError } from "../model/errors.ts";
import type { RandomBytes } from "../model/random-bytes.ts";
import { shorten } from "../model/shorten.ts";
import { type Clock, DAY_MS, SECOND_MS } from "../model/time.ts";
import { RECORD_ID_BYTES } from "../storage/layout/keys.ts";
import { auditKey, auditRange } from "../storage/layout/tenant-keys.ts";
import type { Table } from "../storage/table/table.ts";

/** How long entries are kept. */
export const AUDIT_MS = 400 * DAY_MS;

/** A path of rules may have a million characters, an item of the table 400 KB. */
const MAX_SUBJECT_CHARACTERS = 16 * 1024;

/** What was done, and to what. */
export interface AuditedChange {
  /** For instance `keys create`. */
  readonly action: string;
  /** Of which tenant; absent: of none in particular. */
  readonly tenant?: string | undefined;
  /** A key's id, a rule group, selectors. Never a secret. */
  readonly subject: string;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

export interface AuditEntry extends AuditedChange {
  /** In ms. */
  readonly atMs: number;
  /** An access key's id, or `user@host` of a command line. */
  readonly who: string;
}

export interface Auditor {
  readonly table: Table;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly who: string;
}

/** Stores an entry. Throws "unavailable": the change must not be made then. */
export async function audit(
  { table, clock, randomBytes, who }: Auditor,
  change: AuditedChange,
): Promise<AuditEntry> {
  const entry = { atMs: clock(), who, ...change, subject: shorten(change.subject, MAX_SUBJECT_CHARACTERS) };
  await table.put({
    ...auditKey(entry.atMs, randomBytes(RECORD_ID_BYTES)),
    value: new TextEncoder().encode(JSON.stringify(entry)),
    expiresAtSeconds: Math.ceil((entry.atMs + AUDIT_MS) / SECOND_MS),
  });
  return entry;
}

/** The entries since a time, in ms, the oldest first. Throws "data". */
export async function* listAudit(table: Table, sinceMs: number): AsyncGenerator<AuditEntry, void, void> {
  for await (const page of table.query(auditRange(sinceMs), { consistent: true }))
    for (const { value } of page) yield decode(value);
}

function decode(value: Uint8Array): AuditEntry {
  try {
    return JSON.parse(new TextDecoder().decode(value)) as AuditEntry;
  } catch (cause) {
    throw new HearthError("data", "audit: the entry is not JSON", { cause });
  }
}
