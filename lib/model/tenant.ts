/** Tenants: whose series these are. Part of every key of the table but the access keys'. */
import { HearthError } from "./errors.ts";
import { quoteInput } from "./shorten.ts";

export const DEFAULT_TENANT = "default";

/** What a key made for every tenant carries; such a key picks one per request with `X-Scope-OrgID`. */
export const ANY_TENANT = "*";

/** As Mimir allows, less the characters that would need escaping somewhere; never contains the key separator. */
const TENANT_PATTERN = /^[A-Za-z0-9!_.'()-]{1,150}$/;

/** Returns the tenant's name; throws "invalid" for one that cannot be. */
export function parseTenant(name: string): string {
  if (TENANT_PATTERN.test(name)) return name;
  throw new HearthError(
    "invalid",
    `tenant ${quoteInput(name)}: expected 1 to 150 characters of A-Z a-z 0-9 ! _ . ' ( ) -`,
  );
}
