/** Who works on a table by the command line. */
import { randomBytes } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { type AuditEntry, type AuditedChange, audit } from "../lib/auth/audit.ts";
import type { Clock } from "../lib/model/time.ts";
import type { Table } from "../lib/storage/table/table.ts";

/** Puts a change on record before it is made. Throws "unavailable". */
export function auditCommand(table: Table, clock: Clock, change: AuditedChange): Promise<AuditEntry> {
  return audit({ table, clock, randomBytes, who: whoami() }, change);
}

function whoami(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A container may run as a user that no file names.
    return `uid ${process.getuid?.() ?? "unknown"}@${hostname()}`;
  }
}
