/** Blocks of rows come back as they were; damaged ones are refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HearthError } from "../../../lib/model/errors.ts";
import { makeRows } from "../../../lib/storage/rollups/make-rows.ts";
import {
  type BlockRows,
  decodeRowBlock,
  encodeRowBlock,
  rowsOfSeries,
} from "../../../lib/storage/rollups/row-block.ts";
import { plainRows } from "../../helpers/storage/plain-rows.ts";
import { Random } from "../../simulation/random.ts";
import { randomSamples } from "./written-samples.ts";

const SEED = 20261130;

function randomBlock(random: Random): BlockRows[] {
  return Array.from({ length: random.between(1, 5) }, (_, i) => ({
    hash: Uint8Array.of(i, ...random.bytes(19)),
    rows: makeRows(randomSamples(random, random.between(1, 24))),
  }));
}

test(`a block returns its rows (seed ${SEED})`, () => {
  const random = new Random(SEED);
  for (let round = 0; round < 200; round++) {
    const block = randomBlock(random);
    const bytes = encodeRowBlock(block);
    // A view that does not begin where its memory does.
    const decoded = decodeRowBlock(Uint8Array.of(9, ...bytes).subarray(1));
    assert.deepEqual(
      decoded.hashes.map((hash) => [...hash]),
      block.map(({ hash }) => [...hash]),
    );
    for (const [i, { rows }] of block.entries())
      assert.deepEqual(plainRows(rowsOfSeries(decoded, i)), plainRows(rows), `round ${round} series ${i}`);
  }
});

test("a block that is cut short is refused, at every length", () => {
  const bytes = encodeRowBlock(randomBlock(new Random(SEED)));
  for (let length = 0; length < bytes.length; length++)
    assert.throws(
      () => decodeRowBlock(bytes.subarray(0, length)),
      (error) => error instanceof HearthError && error.kind === "data",
      `${length} of ${bytes.length} bytes`,
    );
});

test(`a block of which bytes changed is decoded or refused, nothing else (seed ${SEED})`, () => {
  const random = new Random(SEED);
  const bytes = encodeRowBlock(randomBlock(random));
  for (let round = 0; round < 2000; round++) {
    const changed = bytes.slice();
    changed[random.between(0, bytes.length - 1)] ^= random.between(1, 255);
    try {
      decodeRowBlock(changed);
    } catch (error) {
      assert.ok(error instanceof HearthError && error.kind === "data", `round ${round}: ${error}`);
    }
  }
});
