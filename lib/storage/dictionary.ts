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

/** The hashes as hex, which is how a series is looked up in memory. Throws "data" for a broken length. */
export function decodeDictionary(value: Uint8Array): string[] {
  if (value.length === 0 || value.length % HASH_BYTES !== 0) {
    throw new HearthError("data", `dictionary: ${value.length} bytes, expected a multiple of ${HASH_BYTES}`);
  }
  const hex = Buffer.from(value.buffer, value.byteOffset, value.length).toString("hex");
  return Array.from({ length: value.length / HASH_BYTES }, (_, i) =>
    hex.slice(i * 2 * HASH_BYTES, (i + 1) * 2 * HASH_BYTES),
  );
}
