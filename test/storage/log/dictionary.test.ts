import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HearthError } from "../../../lib/model/errors.ts";
import { HASH_BYTES } from "../../../lib/storage/layout/keys.ts";
import { decodeDictionary, encodeDictionary } from "../../../lib/storage/log/dictionary.ts";
import { hashHex } from "../../../lib/storage/series/series-hash.ts";
import { atOffset } from "../../wire/prometheus-proto.ts";

const hash = fc.uint8Array({ minLength: HASH_BYTES, maxLength: HASH_BYTES });

test("hashes come back in their order", () => {
  fc.assert(
    fc.property(fc.array(hash, { minLength: 1, maxLength: 50 }), (hashes) => {
      assert.deepEqual(
        decodeDictionary(atOffset(encodeDictionary(hashes))).map(hashHex),
        hashes.map(hashHex),
      );
    }),
    { seed: 20261122 },
  );
});

test("a dictionary cut at every length is damaged but where a hash ends", () => {
  const bytes = encodeDictionary([1, 2, 3].map((n) => new Uint8Array(HASH_BYTES).fill(n)));
  for (let length = 0; length <= bytes.length; length++) {
    const decode = () => decodeDictionary(bytes.subarray(0, length));
    if (length > 0 && length % HASH_BYTES === 0) assert.equal(decode().length, length / HASH_BYTES);
    else assert.throws(decode, (error) => error instanceof HearthError && error.kind === "data");
  }
});
