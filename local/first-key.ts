/** The access key that `npm start` creates for a new table. */

import { randomBytes } from "node:crypto";
import { DEFAULT_SCOPES, isSecretOf, newAccessKey, newSecret } from "../lib/auth/access-key.ts";
import { audit } from "../lib/auth/audit.ts";
import { newAccessKeyId } from "../lib/auth/key-id.ts";
import { createKey, findKey, listKeys } from "../lib/auth/key-store.ts";
import { ANY_TENANT, parseTenant } from "../lib/model/tenant.ts";
import type { Clock } from "../lib/model/time.ts";
import type { Table } from "../lib/storage/table/table.ts";
import type { Settings } from "./settings.ts";

export interface FirstKey {
  readonly id: string;
  /** Undefined when only its hash is stored. */
  readonly secret: string | undefined;
  readonly isNew: boolean;
}

/** What `keys list` shows of a key that this file created. */
const NOTE = "npm start";

/**
 * Creates the key that the environment names, or one for a table without keys. Of a table with keys: the newest that an
 * earlier start created for this tenant, unless it is disabled; undefined without one.
 */
export async function ensureFirstKey(
  table: Table,
  settings: Settings,
  clock: Clock,
): Promise<FirstKey | undefined> {
  if (settings.key !== undefined) return ensureKey(table, settings.key, settings.tenant, clock);
  const keys = await listKeys(table);
  if (keys.length > 0) {
    const own = keys.filter(
      ({ note, tenant, disabled }) => note === NOTE && tenant === settings.tenant && !disabled,
    );
    const [newest] = own.sort((a, b) => b.createdMs - a.createdMs);
    return newest && { id: newest.id, secret: undefined, isNew: false };
  }
  return makeKey(
    table,
    { id: newAccessKeyId(randomBytes), secret: newSecret(randomBytes) },
    settings.tenant,
    clock,
  );
}

async function ensureKey(
  table: Table,
  wanted: { readonly id: string; readonly secret: string },
  tenant: string,
  clock: Clock,
): Promise<FirstKey> {
  const present = await findKey(table, wanted.id);
  if (present === undefined) return makeKey(table, wanted, tenant, clock);
  return {
    id: wanted.id,
    secret: isSecretOf(present, wanted.secret) ? wanted.secret : undefined,
    isNew: false,
  };
}

async function makeKey(
  table: Table,
  { id, secret }: { readonly id: string; readonly secret: string },
  tenant: string,
  clock: Clock,
): Promise<FirstKey> {
  const checked = tenant === ANY_TENANT ? tenant : parseTenant(tenant);
  const fields = { id, secret, tenant: checked, scopes: DEFAULT_SCOPES, note: NOTE, createdMs: clock() };
  const key = newAccessKey(fields, randomBytes);
  const details = { scopes: DEFAULT_SCOPES.join(",") };
  const change = { action: "keys create", tenant: checked, subject: id, details };
  await audit({ table, clock, randomBytes, who: NOTE }, change);
  await createKey(table, key);
  return { id, secret, isNew: true };
}
