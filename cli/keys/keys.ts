/** `hearthdb keys …`: access keys of a table. */
import { randomBytes } from "node:crypto";
import {
  type AccessKey,
  DEFAULT_SCOPES,
  newAccessKey,
  newSecret,
  SCOPES,
  type Scope,
  stateOf,
} from "../../lib/auth/access-key.ts";
import { KEY_CACHE_MS } from "../../lib/auth/key-cache.ts";
import { newAccessKeyId } from "../../lib/auth/key-id.ts";
import {
  createKey,
  deleteKey,
  disableKey,
  enableKey,
  endKey,
  listKeys,
  mustFindKey,
} from "../../lib/auth/key-store.ts";
import { isOidcMapping, newOidcMapping } from "../../lib/auth/oidc-mapping.ts";
import { isPrincipal, newPrincipal } from "../../lib/auth/principal.ts";
import { toReadMatch } from "../../lib/auth/read-match.ts";
import { HearthError } from "../../lib/model/errors.ts";
import { ANY_TENANT, DEFAULT_TENANT, parseTenant } from "../../lib/model/tenant.ts";
import { type Clock, DAY_MS, SECOND_MS } from "../../lib/model/time.ts";
import { parseSelector } from "../../lib/promql/parse/parse-expr.ts";
import type { Table } from "../../lib/storage/table/table.ts";
import { auditCommand } from "../auditor.ts";
import { alignColumns } from "../columns.ts";
import { named } from "../command-line/match-option.ts";
import { parseExpires, parseGrace } from "./key-life.ts";
import { LAST_USED_DAYS, lastUsedDays } from "./last-used.ts";
import { describe, type Print, printEnd, printMapping, printNew, shownOf } from "./print-key.ts";

export interface KeysOptions {
  readonly tenant?: string | undefined;
  readonly scopes?: string | undefined;
  readonly note?: string | undefined;
  readonly expires?: string | undefined;
  /** Of `create`: one selector, which the key's reads are narrowed to. */
  readonly match?: readonly string[] | undefined;
  /** Of `create`: an IAM principal that needs no secret. */
  readonly iam?: string | undefined;
  /** Of `create`: what a claim of OIDC tokens says. */
  readonly oidc?: string | undefined;
  /** Of `rotate`: how long the old key works. */
  readonly grace?: string | undefined;
  readonly json?: boolean | undefined;
}

/** A key that the caller chose, for scripts that cannot read the output; both or none. */
export interface GivenKey {
  readonly id?: string | undefined;
  readonly secret?: string | undefined;
}

const NOT_USED = `not in ${LAST_USED_DAYS} days`;
/** Of a key that is younger than these days. */
const NOT_USED_YET = "not yet";

/** Creates a key and prints its secret, which is not stored and cannot be shown again. */
export async function createCommand(
  table: Table,
  options: KeysOptions & GivenKey,
  clock: Clock,
  print: Print,
): Promise<void> {
  const nowMs = clock();
  const { key, secret } = newKey(options, nowMs);
  await auditCommand(table, clock, {
    action: "keys create",
    tenant: key.tenant,
    subject: key.id,
    details: shownOf(key),
  });
  await createKey(table, key);
  if (secret === undefined) printMapping(key, nowMs, options, print);
  else printNew(key, secret, nowMs, options, print);
}

/** Without a secret for a mapping. */
function newKey(
  options: KeysOptions & GivenKey,
  createdMs: number,
): { key: AccessKey; secret: string | undefined } {
  const expiresMs = parseExpires(options.expires, createdMs);
  const readMatch = parseReadMatch(options.match);
  const fields = {
    tenant: parseTenantOption(options.tenant ?? DEFAULT_TENANT),
    scopes: parseScopes(options.scopes, readMatch === undefined ? DEFAULT_SCOPES : ["read"]),
    note: options.note ?? "",
    createdMs,
    ...(expiresMs !== undefined && { expiresMs }),
    ...(readMatch !== undefined && { readMatch }),
  };
  if (options.iam !== undefined && options.oidc !== undefined)
    throw new HearthError("invalid", "--iam and --oidc: expected one of them");
  if (options.oidc !== undefined)
    return { key: newOidcMapping({ ...fields, id: options.oidc }, randomBytes), secret: undefined };
  if (options.iam !== undefined)
    return { key: newPrincipal({ ...fields, id: options.iam }, randomBytes), secret: undefined };
  if ((options.id === undefined) !== (options.secret === undefined))
    throw new HearthError("invalid", "HEARTH_ACCESS_KEY_ID and HEARTH_SECRET_ACCESS_KEY: set both or none");
  const { id = newAccessKeyId(randomBytes), secret = newSecret(randomBytes) } = options;
  return { key: newAccessKey({ ...fields, id, secret }, randomBytes), secret };
}

/** A key that takes the place of another: for the same tenant, with the same scopes and matchers. The other one ends after a while. */
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
  if (isPrincipal(id) || isOidcMapping(id))
    throw new HearthError("invalid", `${id} is a mapping and has no secret, expected the id of a key`);
  if (stateOf(old, nowMs) !== "active")
    throw new HearthError("invalid", `access key ${id} is ${stateOf(old, nowMs)}, expected an active one`);
  const { tenant, scopes, note, readMatch } = old;
  const secret = newSecret(randomBytes);
  const fields = { id: newAccessKeyId(randomBytes), secret, tenant, scopes, note, createdMs: nowMs };
  const optional = { ...(expiresMs !== undefined && { expiresMs }), ...(readMatch && { readMatch }) };
  const key = newAccessKey({ ...fields, ...optional }, randomBytes);
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

/** Prints every key, without secrets. */
export async function listCommand(
  table: Table,
  options: KeysOptions,
  clock: Clock,
  print: Print,
): Promise<void> {
  const lastUsed = await lastUsedDays(table, clock);
  const listed = await listKeys(table);
  const keys = listed.map((key) => {
    const { note, ...shown } = describe(key, clock());
    return { ...shown, lastUsed: lastUsed.get(key.id) ?? null, note };
  });
  if (options.json) return print(JSON.stringify(keys));
  const oldMs = clock() - LAST_USED_DAYS * DAY_MS;
  const rows = keys.map((key, number) => {
    const notUsed = listed[number].createdMs > oldMs ? NOT_USED_YET : NOT_USED;
    return Object.values(key).map((value) => String(value ?? notUsed));
  });
  const titles = ["ID", "TENANT", "SCOPES", "MATCH", "STATE", "CREATED", "EXPIRES", "LAST USED", "NOTE"];
  print(alignColumns([titles, ...rows]));
}

export async function disableCommand(table: Table, id: string, clock: Clock, print: Print): Promise<void> {
  const { tenant } = await mustFindKey(table, id);
  await auditCommand(table, clock, { action: "keys disable", tenant, subject: id });
  await disableKey(table, id);
  print(
    `access key ${id} is disabled; warm functions accept it for up to ${KEY_CACHE_MS / SECOND_MS} seconds`,
  );
}

export async function enableCommand(table: Table, id: string, clock: Clock, print: Print): Promise<void> {
  const { tenant } = await mustFindKey(table, id);
  await auditCommand(table, clock, { action: "keys enable", tenant, subject: id });
  await enableKey(table, id);
  print(
    `access key ${id} is enabled; warm functions may refuse it for up to ${KEY_CACHE_MS / SECOND_MS} seconds`,
  );
}

export async function deleteCommand(table: Table, id: string, clock: Clock, print: Print): Promise<void> {
  const { tenant } = await mustFindKey(table, id);
  await auditCommand(table, clock, { action: "keys delete", tenant, subject: id });
  await deleteKey(table, id);
  print(
    `access key ${id} is deleted; warm functions accept it for up to ${KEY_CACHE_MS / SECOND_MS} seconds`,
  );
}

function parseTenantOption(name: string): string {
  return name === ANY_TENANT ? name : parseTenant(name);
}

function parseScopes(text: string | undefined, defaults: readonly Scope[]): readonly Scope[] {
  const names = (text ?? defaults.join(",")).split(",").map((name) => name.trim());
  const unknown = names.find((name) => !SCOPES.some((scope) => scope === name));
  if (unknown === undefined) return SCOPES.filter((scope) => names.includes(scope));
  throw new HearthError(
    "invalid",
    `scope ${JSON.stringify(unknown)}: expected one or more of ${SCOPES.join(",")}`,
  );
}

/** Of `--match`, which a key may have once. Throws "invalid". */
function parseReadMatch(texts: readonly string[] | undefined) {
  if (texts === undefined) return undefined;
  const [text] = texts;
  if (texts.length === 1) return named(text, () => toReadMatch(parseSelector(text)));
  throw new HearthError(
    "invalid",
    `--match: given ${texts.length} times, expected one selector; a label may have several values: {team=~"a|b"}`,
  );
}
