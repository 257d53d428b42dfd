/** What every decoder of stored bytes must refuse. */
import assert from "node:assert/strict";
import { HearthError } from "../../lib/model/errors.ts";

export const isData = (error: unknown) => error instanceof HearthError && error.kind === "data";

/** Each length of `bytes` but the whole is refused; the whole is not, wherever it lies. */
export function expectRefused(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array) {
  for (let length = 0; length < bytes.length; length++)
    assert.throws(() => decode(bytes.slice(0, length)), isData, `${length} of ${bytes.length}`);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  assert.deepEqual(decode(shifted.subarray(3)), decode(bytes));
}
