/** Tenants own series. Each key of the table contains one, except for access keys. */
import { HearthError } from "./errors.ts";
import { quoteInput } from "./shorten.ts";

export const DEFAULT_TENANT = "default";

/** The tenant of a key for every tenant. Such a key names a tenant per request in `X-Scope-OrgID`. */
export const ANY_TENANT = "*";

/** Mimir's characters without those that need escaping somewhere. Never contains the key separator. */
const TENANT_PATTERN = /^[A-Za-z0-9!_.'()-]{1,150}$/;

/** Returns a valid tenant name; throws "invalid" for any other text. */
export function parseTenant(name: string): string {
  if (TENANT_PATTERN.test(name)) return name;
  throw new HearthError(
    "invalid",
    `tenant ${quoteInput(name)}: expected 1 to 150 characters of A-Z a-z 0-9 ! _ . ' ( ) -`,
  );
}
