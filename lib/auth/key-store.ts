/** Access keys in the table. */
import { HearthError } from "../model/errors.ts";
import { accessKeyKey, accessKeysRange } from "../storage/layout/tenant-keys.ts";
import type { Table } from "../storage/table/table.ts";
import { type AccessKey, decodeAccessKey, encodeAccessKey } from "./access-key.ts";

/** Tries against others that change the same key. */
const MAX_TRIES = 10;

/** Stores a new key; throws "invalid" if its id is taken. */
export async function createKey(table: Table, key: AccessKey): Promise<void> {
  const stored = await table.putIfAbsent({ ...accessKeyKey(key.id), value: encodeAccessKey(key) });
  if (!stored)
    throw new HearthError(
      "invalid",
      `access key ${key.id} exists already; delete it first or take another id`,
    );
}

export async function findKey(table: Table, id: string): Promise<AccessKey | undefined> {
  const item = await table.get(accessKeyKey(id), { consistent: true });
  return item && decodeAccessKey(item.value);
}

/** Every key, sorted by id. */
export async function listKeys(table: Table): Promise<AccessKey[]> {
  const keys: AccessKey[] = [];
  for await (const page of table.query(accessKeysRange(), { consistent: true })) {
    for (const item of page) keys.push(decodeAccessKey(item.value));
  }
  return keys;
}

/** Disables a key for good; throws "invalid" if there is none. */
export async function disableKey(table: Table, id: string): Promise<void> {
  await setDisabled(table, id, true);
}

/** Throws "invalid" if there is no such key. */
export async function enableKey(table: Table, id: string): Promise<void> {
  await setDisabled(table, id, false);
}

async function setDisabled(table: Table, id: string, disabled: boolean): Promise<void> {
  await changeKey(table, id, (key) => ({ ...key, disabled }));
}

/** A key's last time, in ms; one that ends earlier keeps its end. Throws "invalid" if there is no such key. */
export async function endKey(table: Table, id: string, expiresMs: number): Promise<AccessKey> {
  return changeKey(table, id, (key) => ({
    ...key,
    expiresMs: Math.min(key.expiresMs ?? Number.POSITIVE_INFINITY, expiresMs),
  }));
}

/** Changes what is stored; of two changes at once none is lost. Throws "invalid", "unavailable". */
async function changeKey(
  table: Table,
  id: string,
  change: (key: AccessKey) => AccessKey,
): Promise<AccessKey> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const item = await table.get(accessKeyKey(id), { consistent: true });
    if (item === undefined) break;
    const changed = change(decodeAccessKey(item.value));
    const next = { ...accessKeyKey(id), value: encodeAccessKey(changed) };
    if (await table.putIfEqual(next, item.value)) return changed;
  }
  await mustFindKey(table, id);
  throw new HearthError("unavailable", `access key ${id}: others change it; try again tries=${MAX_TRIES}`);
}

/** Throws "invalid" if there is no such key. */
export async function deleteKey(table: Table, id: string): Promise<void> {
  await mustFindKey(table, id);
  await table.delete(accessKeyKey(id));
}

/** Throws "invalid" if there is no such key. */
export async function mustFindKey(table: Table, id: string): Promise<AccessKey> {
  const key = await findKey(table, id);
  if (key === undefined)
    throw new HearthError("invalid", `access key ${id}: there is none; see hearthdb keys list`);
  return key;
}
