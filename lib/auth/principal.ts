/**
 * IAM principals that may use a tenant. A mapping is stored as an access key whose id is a pattern of ARNs and whose secret
 * nobody knows. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
 */
import { HearthError } from "../model/errors.ts";
import type { RandomBytes } from "../model/random-bytes.ts";
import { quoteInput } from "../model/shorten.ts";
import { type AccessKey, checkNarrowed, type NewAccessKey } from "./access-key.ts";

const ACCOUNT = String.raw`arn:(aws[a-z-]*):(?:iam|sts)::(\d{12}):`;
/** A path and a name. */
const USER = /^arn:aws[a-z-]*:iam::\d{12}:user\/(?:[\x21-\x29\x2b-\x7e]{1,510}\/)?[\w+=,.@-]{1,64}$/;
const ROLE = new RegExp(`^${ACCOUNT}role/(?:[\\x21-\\x29\\x2b-\\x7e]{1,510}/)?([\\w+=,.@-]{1,64})$`);
const SESSION = new RegExp(`^${ACCOUNT}assumed-role/([\\w+=,.@-]{1,64})/(\\*|[\\w+=,.@-]{2,64})$`);

const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** Access keys with a secret have no colon in their ids, so none is a pattern. */
export function isPrincipal(id: string): boolean {
  return id.startsWith("arn:");
}

/**
 * The pattern that a user names: a user, a role (all of its sessions), one session, or `*` for all of
 * them. Nothing else is a wildcard. Throws "invalid".
 */
export function parsePrincipal(text: string): string {
  if (USER.test(text)) return text;
  const role = ROLE.exec(text);
  // The name alone identifies a role: two paths of an account cannot have the same one.
  if (role?.[1] !== undefined && text.startsWith(`arn:${role[1]}:iam:`))
    return sessionsOf(role[1], role[2], role[3]);
  const session = SESSION.exec(text);
  if (session?.[1] !== undefined && text.startsWith(`arn:${session[1]}:sts:`)) return text;
  throw new HearthError(
    "invalid",
    `IAM principal ${quoteInput(text)}: expected arn:aws:iam::ACCOUNT:role/NAME, arn:aws:iam::ACCOUNT:user/NAME or arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION, where SESSION may be *`,
  );
}

/** The patterns that a caller's ARN matches; the first one that is stored counts. */
export function patternsOf(arn: string): readonly string[] {
  if (USER.test(arn)) return [arn];
  const session = SESSION.exec(arn);
  if (session?.[1] === undefined || session[4] === "*" || !arn.startsWith(`arn:${session[1]}:sts:`))
    return [];
  return [sessionsOf(session[1], session[2], session[3]), arn];
}

function sessionsOf(partition: string, account: string, role: string): string {
  return `arn:${partition}:sts::${account}:assumed-role/${role}/*`;
}

/** The stored form of a mapping. Its salt and hash are random, so no secret fits. Throws "invalid". */
export function newPrincipal(
  { id, ...key }: Omit<NewAccessKey, "secret">,
  randomBytes: RandomBytes,
): AccessKey {
  if (key.readMatch !== undefined) checkNarrowed(key.scopes);
  return { id: parsePrincipal(id), ...key, disabled: false, ...unknownSecret(randomBytes) };
}

/** Of a key that no secret fits. */
export function unknownSecret(randomBytes: RandomBytes): Pick<AccessKey, "salt" | "secretHash"> {
  const hex = (count: number) => Buffer.from(randomBytes(count)).toString("hex");
  return { salt: hex(SALT_BYTES), secretHash: hex(HASH_BYTES) };
}
