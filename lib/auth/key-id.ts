/**
 * Ids of access keys. A generated id ends with a checksum, so most ids that are guessed or misspelt are
 * refused without a look at the table. Ids that were generated without one, and chosen ones, count too.
 */
import { createHash } from "node:crypto";
import type { RandomBytes } from "../model/random-bytes.ts";

const CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const PREFIX = "HK";
/** 90 random bits. */
const RANDOM_LENGTH = 18;
/** 20 bits: one guessed id in a million passes. */
const CHECK_LENGTH = 4;
const WITH_CHECKSUM = new RegExp(`^${PREFIX}[A-Z2-7]{${RANDOM_LENGTH + CHECK_LENGTH}}$`);
/** An id stands before the colon of basic auth and in a sort key. */
const PATTERN = /^[\x21-\x39\x3b-\x7e]{1,128}$/;

/** A new id: "HK", 90 random bits in base32, and a checksum. */
export function newAccessKeyId(randomBytes: RandomBytes): string {
  const id = PREFIX + base32(randomBytes(RANDOM_LENGTH));
  return id + checksumOf(id);
}

/** Whether a key may have this id. */
export function isAccessKeyId(id: string): boolean {
  if (!PATTERN.test(id)) return false;
  return !WITH_CHECKSUM.test(id) || id.endsWith(checksumOf(id.slice(0, -CHECK_LENGTH)));
}

function checksumOf(id: string): string {
  return base32(createHash("sha256").update(id).digest().subarray(0, CHECK_LENGTH));
}

/** A character for each byte, by its low five bits. */
function base32(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => CHARACTERS[byte % 32]).join("");
}
