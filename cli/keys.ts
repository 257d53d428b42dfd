/** `hearthdb keys …`: access keys of a table. */
import { randomBytes } from "node:crypto";
import {
  type AccessKey,
  DEFAULT_SCOPES,
  newAccessKey,
  newAccessKeyId,
  newSecret,
  SCOPES,
  type Scope,
} from "../lib/auth/access-key.ts";
import { createKey, deleteKey, disableKey, enableKey, listKeys } from "../lib/auth/key-store.ts";
import { KEY_CACHE_MS } from "../lib/auth/verifier.ts";
import { HearthError } from "../lib/model/errors.ts";
import { ANY_TENANT, DEFAULT_TENANT, parseTenant } from "../lib/model/tenant.ts";
import { SECOND_MS } from "../lib/model/time.ts";
import type { Table } from "../lib/storage/table/table.ts";
import { alignColumns } from "./columns.ts";

export interface KeysOptions {
  readonly tenant?: string | undefined;
  readonly scopes?: string | undefined;
  readonly note?: string | undefined;
  readonly json?: boolean | undefined;
}

/** A key that the caller chose, for scripts that cannot read the output; both or none. */
export interface GivenKey {
  readonly id?: string | undefined;
  readonly secret?: string | undefined;
}

type Print = (text: string) => void;

/** Creates a key and prints its secret, which is not stored and cannot be shown again. */
export async function createCommand(
  table: Table,
  options: KeysOptions & GivenKey,
  nowMs: number,
  print: Print,
): Promise<void> {
  if ((options.id === undefined) !== (options.secret === undefined))
    throw new HearthError("invalid", "HEARTH_ACCESS_KEY_ID and HEARTH_SECRET_ACCESS_KEY: set both or none");
  const { id = newAccessKeyId(randomBytes), secret = newSecret(randomBytes) } = options;
  const key = newAccessKey(
    {
      id,
      secret,
      tenant: parseTenantOption(options.tenant ?? DEFAULT_TENANT),
      scopes: parseScopes(options.scopes),
      note: options.note ?? "",
      createdMs: nowMs,
    },
    randomBytes,
  );
  await createKey(table, key);
  if (options.json) return print(JSON.stringify({ ...describe(key), secret }));
  print(`access key id: ${key.id}
secret:        ${secret}
tenant:        ${key.tenant}
scopes:        ${key.scopes.join(",")}

The secret is shown only now; the table keeps a hash of it. In prometheus.yml:

    basic_auth:
      username: ${key.id}
      password: ${secret}`);
}

/** Prints every key, without secrets. */
export async function listCommand(table: Table, options: KeysOptions, print: Print): Promise<void> {
  const keys = await listKeys(table);
  if (options.json) return print(JSON.stringify(keys.map(describe)));
  const rows = keys.map((key) => Object.values(describe(key)).map(String));
  print(alignColumns([["ID", "TENANT", "SCOPES", "STATE", "CREATED", "NOTE"], ...rows]));
}

export async function disableCommand(table: Table, id: string, print: Print): Promise<void> {
  await disableKey(table, id);
  print(
    `access key ${id} is disabled; warm functions accept it for up to ${KEY_CACHE_MS / SECOND_MS} seconds`,
  );
}

export async function enableCommand(table: Table, id: string, print: Print): Promise<void> {
  await enableKey(table, id);
  print(
    `access key ${id} is enabled; warm functions accept it for up to ${KEY_CACHE_MS / SECOND_MS} seconds`,
  );
}

export async function deleteCommand(table: Table, id: string, print: Print): Promise<void> {
  await deleteKey(table, id);
  print(
    `access key ${id} is deleted; warm functions accept it for up to ${KEY_CACHE_MS / SECOND_MS} seconds`,
  );
}

/** The fields of a key that may be shown. */
function describe(key: AccessKey) {
  return {
    id: key.id,
    tenant: key.tenant,
    scopes: key.scopes.join(","),
    state: key.disabled ? "disabled" : "active",
    created: new Date(key.createdMs).toISOString(),
    note: key.note,
  };
}

function parseTenantOption(name: string): string {
  return name === ANY_TENANT ? name : parseTenant(name);
}

function parseScopes(text: string | undefined): readonly Scope[] {
  const names = (text ?? DEFAULT_SCOPES.join(",")).split(",").map((name) => name.trim());
  const unknown = names.find((name) => !SCOPES.some((scope) => scope === name));
  if (unknown === undefined) return SCOPES.filter((scope) => names.includes(scope));
  throw new HearthError(
    "invalid",
    `scope ${JSON.stringify(unknown)}: expected one or more of ${SCOPES.join(",")}`,
  );
}
