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
  stateOf,
} from "../lib/auth/access-key.ts";
import {
  createKey,
  deleteKey,
  disableKey,
  enableKey,
  endKey,
  listKeys,
  mustFindKey,
} from "../lib/auth/key-store.ts";
import { KEY_CACHE_MS } from "../lib/auth/verifier.ts";
import { HearthError } from "../lib/model/errors.ts";
import { ANY_TENANT, DEFAULT_TENANT, parseTenant } from "../lib/model/tenant.ts";
import { type Clock, SECOND_MS } from "../lib/model/time.ts";
import type { Table } from "../lib/storage/table/table.ts";
import { auditCommand } from "./auditor.ts";
import { alignColumns } from "./columns.ts";
import { parseExpires, parseGrace } from "./key-life.ts";

export interface KeysOptions {
  readonly tenant?: string | undefined;
  readonly scopes?: string | undefined;
  readonly note?: string | undefined;
  readonly expires?: string | undefined;
  /** Of `rotate`: how long the old key works. */
  readonly grace?: string | undefined;
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
  clock: Clock,
  print: Print,
): Promise<void> {
  const nowMs = clock();
  if ((options.id === undefined) !== (options.secret === undefined))
    throw new HearthError("invalid", "HEARTH_ACCESS_KEY_ID and HEARTH_SECRET_ACCESS_KEY: set both or none");
  const { id = newAccessKeyId(randomBytes), secret = newSecret(randomBytes) } = options;
  const expiresMs = parseExpires(options.expires, nowMs);
  const key = newAccessKey(
    {
      id,
      secret,
      tenant: parseTenantOption(options.tenant ?? DEFAULT_TENANT),
      scopes: parseScopes(options.scopes),
      note: options.note ?? "",
      createdMs: nowMs,
      ...(expiresMs !== undefined && { expiresMs }),
    },
    randomBytes,
  );
  await auditCommand(table, clock, {
    action: "keys create",
    tenant: key.tenant,
    subject: id,
    details: shownOf(key),
  });
  await createKey(table, key);
  printNew(key, secret, nowMs, options, print);
}

/** A key that takes the place of another: for the same tenant, with the same scopes. The other one ends after a while. */
export async function rotateCommand(
  table: Table,
  id: string,
  options: KeysOptions,
  clock: Clock,
  print: Print,
): Promise<void> {
  const nowMs = clock();
  const graceMs = parseGrace(options.grace);
  const expiresMs = parseExpires(options.expires, nowMs);
  const old = await mustFindKey(table, id);
  if (stateOf(old, nowMs) !== "active")
    throw new HearthError("invalid", `access key ${id} is ${stateOf(old, nowMs)}, expected an active one`);
  const { tenant, scopes, note } = old;
  const secret = newSecret(randomBytes);
  const fields = { id: newAccessKeyId(randomBytes), secret, tenant, scopes, note, createdMs: nowMs };
  const key = newAccessKey({ ...fields, ...(expiresMs !== undefined && { expiresMs }) }, randomBytes);
  const details = { newId: key.id, oldEnds: new Date(nowMs + graceMs).toISOString() };
  await auditCommand(table, clock, { action: "keys rotate", tenant, subject: id, details });
  // The new one first: whatever fails, one of them works.
  await createKey(table, key);
  const ended = await endKey(table, id, nowMs + graceMs);
  printNew(key, secret, nowMs, options, print);
  if (!options.json)
    print(`
${id} works until ${printEnd(ended)}.`);
}

function printNew(key: AccessKey, secret: string, nowMs: number, { json }: KeysOptions, print: Print): void {
  if (json) {
    print(JSON.stringify({ ...describe(key, nowMs), secret }));
    return;
  }
  const expires =
    key.expiresMs === undefined
      ? ""
      : `
expires:       ${printEnd(key)}`;
  print(`access key id: ${key.id}
secret:        ${secret}
tenant:        ${key.tenant}
scopes:        ${key.scopes.join(",")}${expires}

The secret is shown only now; the table keeps a hash of it. In prometheus.yml:

    basic_auth:
      username: ${key.id}
      password: ${secret}`);
}

/** Prints every key, without secrets. */
export async function listCommand(
  table: Table,
  options: KeysOptions,
  clock: Clock,
  print: Print,
): Promise<void> {
  const keys = (await listKeys(table)).map((key) => describe(key, clock()));
  if (options.json) return print(JSON.stringify(keys));
  const rows = keys.map((key) => Object.values(key).map(String));
  print(alignColumns([["ID", "TENANT", "SCOPES", "STATE", "CREATED", "EXPIRES", "NOTE"], ...rows]));
}

export async function disableCommand(table: Table, id: string, clock: Clock, print: Print): Promise<void> {
  await auditCommand(table, clock, { action: "keys disable", subject: id });
  await disableKey(table, id);
  print(
    `access key ${id} is disabled; warm functions accept it for up to ${KEY_CACHE_MS / SECOND_MS} seconds`,
  );
}

export async function enableCommand(table: Table, id: string, clock: Clock, print: Print): Promise<void> {
  await auditCommand(table, clock, { action: "keys enable", subject: id });
  await enableKey(table, id);
  print(
    `access key ${id} is enabled; warm functions accept it for up to ${KEY_CACHE_MS / SECOND_MS} seconds`,
  );
}

export async function deleteCommand(table: Table, id: string, clock: Clock, print: Print): Promise<void> {
  await auditCommand(table, clock, { action: "keys delete", subject: id });
  await deleteKey(table, id);
  print(
    `access key ${id} is deleted; warm functions accept it for up to ${KEY_CACHE_MS / SECOND_MS} seconds`,
  );
}

/** The fields of a key that may be shown. */
function describe(key: AccessKey, nowMs: number) {
  return {
    id: key.id,
    tenant: key.tenant,
    scopes: key.scopes.join(","),
    state: stateOf(key, nowMs),
    created: new Date(key.createdMs).toISOString(),
    expires: printEnd(key),
    note: key.note,
  };
}

/** What an audit entry says of a new key. */
function shownOf(key: AccessKey) {
  return { scopes: key.scopes.join(","), expires: printEnd(key), note: key.note };
}

function printEnd({ expiresMs }: AccessKey): string {
  return expiresMs === undefined ? "never" : new Date(expiresMs).toISOString();
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
