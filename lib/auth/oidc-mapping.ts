/**
 * Who, by a claim of an OpenID Connect token, may use a tenant. A mapping is stored as an access key whose id is the claim's
 * value and whose secret nobody knows, as that of an IAM principal.
 */
import { HearthError } from "../model/errors.ts";
import type { RandomBytes } from "../model/random-bytes.ts";
import { quoteInput } from "../model/shorten.ts";
import { type AccessKey, checkNarrowed, type NewAccessKey } from "./access-key.ts";
import { unknownSecret } from "./principal.ts";

/** Ids of keys have no colon, and ARNs begin otherwise. */
const PREFIX = "oidc:";
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]{0,510}[\x21-\x7e])?$/;

export function isOidcMapping(id: string): boolean {
  return id.startsWith(PREFIX);
}

/** The id of the mapping of a claim's value; undefined for a value that has none. */
export function mappingId(value: string): string | undefined {
  return VALUE.test(value) ? PREFIX + value : undefined;
}

/** The stored form of a mapping; `id` is the claim's value. Throws "invalid". */
export function newOidcMapping(
  { id: value, ...key }: Omit<NewAccessKey, "secret">,
  randomBytes: RandomBytes,
): AccessKey {
  const id = mappingId(value);
  if (id === undefined)
    throw new HearthError(
      "invalid",
      `OIDC claim ${quoteInput(value)}: expected 1 to 512 printable ASCII characters`,
    );
  if (key.readMatch !== undefined) checkNarrowed(key.scopes);
  return { id, ...key, disabled: false, ...unknownSecret(randomBytes) };
}
