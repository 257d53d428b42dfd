/** Tenants own series. Each key of the table contains one, except for access keys. */
import { HearthError } from "./errors.ts";
import { quoteInput } from "./shorten.ts";

export const DEFAULT_TENANT = "default";

/** The tenant of a key for every tenant. Such a key names a tenant per request in `X-Scope-OrgID`. */
export const ANY_TENANT = "*";

/** Mimir's characters without those that need escaping somewhere. Never contains the key separator. */
const TENANT_PATTERN = /^[A-Za-z0-9!_.'()-]{1,150}$/;

/** Stands between a name and the number of a life; no name contains it. */
const LIFE_MARK = "~";

/**
 * The name in a tenant's keys. Each deletion of a tenant begins its next life under another name, so
 * nothing that a process still writes to the life before is ever read again.
 */
export function storedTenant(name: string, life: number): string {
  return life === 0 ? name : `${name}${LIFE_MARK}${life}`;
}

/** What `storedTenant` was given; of a name that it cannot have made, a first life. */
export function parseStoredTenant(stored: string): { readonly name: string; readonly life: number } {
  const at = stored.lastIndexOf(LIFE_MARK);
  const life = at < 0 ? 0 : Number(stored.slice(at + 1));
  return Number.isSafeInteger(life) && life > 0
    ? { name: stored.slice(0, at), life }
    : { name: stored, life: 0 };
}

/** Returns a valid tenant name; throws "invalid" for any other text. */
export function parseTenant(name: string): string {
  if (TENANT_PATTERN.test(name)) return name;
  throw new HearthError(
    "invalid",
    `tenant ${quoteInput(name)}: expected 1 to 150 characters of A-Z a-z 0-9 ! _ . ' ( ) -`,
  );
}
