/**
 * Access keys: an id (AK) and a secret (SK) of one tenant or of all, with scopes. The table keeps a
 * salted hash of the secret. A fast hash is enough: a generated secret has 240 random bits, beyond any
 * guessing, so a slow hash would only slow the functions down.
 */
import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from "node:crypto";
import { HearthError } from "../model/errors.ts";
import type { RandomBytes } from "../model/random-bytes.ts";
import { quoteInput } from "../model/shorten.ts";
import { isAccessKeyId } from "./key-id.ts";
import { isReadMatch, type LabelMatch } from "./read-match.ts";

/**
 * What a key may do: `read` queries, `write` samples, `rules` shows and changes rules and where alerts
 * go, `admin` deletes series. No scope includes another.
 */
export type Scope = "read" | "write" | "rules" | "admin";
export const SCOPES: readonly Scope[] = ["read", "write", "rules", "admin"];
/** The scopes of a key that was created without naming any: what a sender and a dashboard need. */
export const DEFAULT_SCOPES: readonly Scope[] = ["read", "write"];
/** The scopes that a narrowed key may have: rules and deletions reach every series of a tenant. */
const NARROWED_SCOPES: readonly Scope[] = ["read", "write"];

export interface AccessKey {
  readonly id: string;
  /** A tenant's name, or ANY_TENANT. */
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly note: string;
  readonly createdMs: number;
  readonly disabled: boolean;
  /** From this time on it is refused, in ms; absent: it never expires. */
  readonly expiresMs?: number | undefined;
  /** Its reads see the series that pass these matchers, and nothing else; absent: all of the tenant. */
  readonly readMatch?: readonly LabelMatch[] | undefined;
  /** Hex. */
  readonly salt: string;
  readonly secretHash: string;
}

const SALT_BYTES = 16;
const SECRET_BYTES = 30;
/** The shortest secret that somebody may choose: the hash is fast, so a short one could be guessed. */
const MIN_SECRET_LENGTH = 12;
const HEX = /^(?:[0-9a-f]{2})+$/;
const HASH = /^[0-9a-f]{64}$/;

/** A new secret: 240 random bits in 40 characters that need no quoting in a shell or YAML. */
export function newSecret(randomBytes: RandomBytes): string {
  return Buffer.from(randomBytes(SECRET_BYTES)).toString("base64url");
}

export interface NewAccessKey {
  readonly id: string;
  readonly secret: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly note: string;
  readonly createdMs: number;
  readonly expiresMs?: number | undefined;
  readonly readMatch?: readonly LabelMatch[] | undefined;
}

/** A new key. Throws "invalid" for an id or a secret that cannot be sent, and for scopes that cannot be narrowed. */
export function newAccessKey({ secret, ...key }: NewAccessKey, randomBytes: RandomBytes): AccessKey {
  if (!isAccessKeyId(key.id)) {
    throw new HearthError(
      "invalid",
      `access key id ${quoteInput(key.id)}: expected 1 to 128 printable ASCII characters without a colon, and the checksum of an id that looks generated`,
    );
  }
  if (secret.length < MIN_SECRET_LENGTH) {
    throw new HearthError(
      "invalid",
      `access key ${quoteInput(key.id)}: a secret of ${secret.length} characters, expected ${MIN_SECRET_LENGTH} at least`,
    );
  }
  if (key.readMatch !== undefined) checkNarrowed(key.scopes);
  const salt = Buffer.from(randomBytes(SALT_BYTES)).toString("hex");
  return { ...key, disabled: false, salt, secretHash: hashSecret(saltKey(salt), secret).toString("hex") };
}

/** Throws "invalid" for scopes that a narrowed key cannot have. */
export function checkNarrowed(scopes: readonly Scope[]): void {
  const wide = scopes.find((scope) => !NARROWED_SCOPES.includes(scope));
  if (wide === undefined && scopes.includes("read")) return;
  const came = wide === undefined ? "without the scope read" : `with the scope ${wide}`;
  throw new HearthError(
    "invalid",
    `access key: narrowed to label matchers ${came}, expected read, or read,write`,
  );
}

function hashSecret(salt: KeyObject, secret: string): Buffer {
  return createHmac("sha256", salt).update(secret).digest();
}

function saltKey(salt: string): KeyObject {
  return createSecretKey(Buffer.from(salt, "hex"));
}

export type KeyState = "active" | "disabled" | "expired";

export function stateOf({ disabled, expiresMs }: AccessKey, nowMs: number): KeyState {
  if (disabled) return "disabled";
  return expiresMs !== undefined && nowMs >= expiresMs ? "expired" : "active";
}

/** Returns whether a secret is the key's, in constant time. */
export type SecretCheck = (secret: string) => boolean;

/**
 * A check of one key, worth keeping: importing the salt takes 18 of its 22 microseconds. A secret that
 * passed is known again by its SHA-256, which needs no native object for the garbage collector. Wrong
 * secrets take both hashes, whatever the key.
 */
export function newSecretCheck(key: Pick<AccessKey, "salt" | "secretHash">): SecretCheck {
  const salt = saltKey(key.salt);
  const expected = Buffer.from(key.secretHash, "hex");
  let passed: Buffer = NO_DIGEST;
  return (secret) => {
    const digest = hash("sha256", secret, "buffer");
    if (timingSafeEqual(digest, passed)) return true;
    if (!timingSafeEqual(hashSecret(salt, secret), expected)) return false;
    passed = digest;
    return true;
  };
}

/** No secret is known whose SHA-256 is this. */
const NO_DIGEST = Buffer.alloc(32);

/** Checks one secret once. */
export function isSecretOf(key: Pick<AccessKey, "salt" | "secretHash">, secret: string): boolean {
  return newSecretCheck(key)(secret);
}

/**
 * An item's value: JSON, which an administrator can read in the table. A narrowed key lacks the scope
 * `read` there: a version of Hearth that does not know `narrowedRead` then refuses its reads.
 */
export function encodeAccessKey({ readMatch, ...key }: AccessKey): Uint8Array {
  const scopes = key.scopes.filter((scope) => scope !== "read");
  const stored = readMatch === undefined ? key : { ...key, scopes, narrowedRead: readMatch };
  return new TextEncoder().encode(JSON.stringify(stored));
}

/** Throws "data" for a value that `encodeAccessKey` cannot have made. */
export function decodeAccessKey(value: Uint8Array): AccessKey {
  const stored = parseJson(new TextDecoder().decode(value));
  if (typeof stored !== "object" || stored === null || !isKey(stored as AccessKey))
    throw new HearthError("data", "access key: the item has no id, tenant, scopes, salt and hash");
  if (!("narrowedRead" in stored)) return stored as AccessKey;
  const { narrowedRead: readMatch, ...key } = stored as AccessKey & { readonly narrowedRead: unknown };
  if (!isReadMatch(readMatch) || !key.scopes.every((scope) => NARROWED_SCOPES.includes(scope)))
    throw new HearthError("data", `access key ${key.id}: the item's matchers or scopes are damaged`);
  return { ...key, scopes: ["read", ...key.scopes.filter((scope) => scope !== "read")], readMatch };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HearthError("data", "access key: the item is not JSON", { cause });
  }
}

function isKey({ id, tenant, scopes, salt, secretHash }: AccessKey): boolean {
  const texts = [id, tenant, salt, secretHash].every((one) => typeof one === "string");
  return texts && Array.isArray(scopes) && HEX.test(salt) && HASH.test(secretHash);
}
