/**
 * A writer's dictionary: the hashes of its series in the order of their references, 16 bytes each. An item holds a run of
 * them from the first reference in its sort key on. A reference means something only with its writer and its day.
 */
import { HearthError } from "../model/errors.ts";
import { HASH_BYTES } from "./keys.ts";

/** `hashes`: at least one, `HASH_BYTES` each. */
export function encodeDictionary(hashes: readonly Uint8Array[]): Uint8Array {
  const value = new Uint8Array(hashes.length * HASH_BYTES);
  hashes.forEach((hash, i) => {
    value.set(hash, i * HASH_BYTES);
  });
  return value;
}

/** The hashes, views of the value's memory. Throws "data" for a broken length. */
export function decodeDictionary(value: Uint8Array): Uint8Array[] {
  if (value.length === 0 || value.length % HASH_BYTES !== 0) {
    throw new HearthError("data", `dictionary: ${value.length} bytes, expected a multiple of ${HASH_BYTES}`);
  }
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < value.length; at += HASH_BYTES) hashes.push(value.subarray(at, at + HASH_BYTES));
  return hashes;
}
