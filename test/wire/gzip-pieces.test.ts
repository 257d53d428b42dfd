/** Gzip in pieces, read by zlib. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { gzipPieces } from "../../lib/wire/gzip-pieces.ts";

const text = (length: number) => Buffer.from("0123,456.78 ".repeat(length).slice(0, length));

const CASES: Readonly<Record<string, readonly Uint8Array[]>> = {
  "no piece": [],
  "an empty piece": [new Uint8Array(0)],
  "one byte": [Uint8Array.of(7)],
  "texts of half a megabyte": [text(512 * 1024), text(512 * 1024 + 1), text(3)],
  "what does not compress": [randomBytes(100_000), new Uint8Array(0), randomBytes(65_536)],
};

for (const [name, pieces] of Object.entries(CASES))
  test(name, () => {
    const zipped = Buffer.concat([...gzipPieces(pieces)]);
    assert.deepEqual(gunzipSync(zipped), Buffer.concat(pieces));
  });

test("a piece is compressed when it is asked for, and the source ends with its reader", () => {
  let made = 0;
  let isEnded = false;
  function* source() {
    try {
      for (;;) {
        made++;
        yield text(100_000);
      }
    } finally {
      isEnded = true;
    }
  }
  const zipped = gzipPieces(source());
  zipped.next();
  assert.equal(made, 0);
  assert.ok(zipped.next().value!.length < 2000);
  assert.equal(made, 1);
  zipped.return();
  assert.equal(isEnded, true);
});
