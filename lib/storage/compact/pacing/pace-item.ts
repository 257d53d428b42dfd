/** The token bucket in the table, which all compactors share: an item beside the cursor, replaced by compare-and-swap. */
import { errorKind } from "../../../model/errors.ts";
import { ByteReader, ByteWriter } from "../../codec/bytes.ts";
import { paceKey } from "../../layout/keys.ts";
import type { Item, Table } from "../../table/table.ts";
import type { BucketState } from "./token-bucket.ts";

const VERSION = 1;
/** Tokens and scale are stored in thousandths. */
const UNIT = 1000;
/** Compactors that change it at once lose to one another at most so often. */
const ATTEMPTS = 5;

/**
 * Replaces the bucket by what `change` makes of it; undefined is that of a table that was never paced, or a damaged one.
 * Returns undefined where others came first each time.
 */
export async function changeBucket(
  table: Table,
  change: (state: BucketState | undefined) => BucketState,
): Promise<BucketState | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stored = await load(table);
    const next = change(stored === undefined ? undefined : decode(stored));
    const item = { ...paceKey(), value: encode(next) };
    const isStored =
      stored === undefined ? await table.putIfAbsent(item) : await table.putIfEqual(item, stored.value);
    if (isStored) return next;
  }
  return undefined;
}

async function load(table: Table): Promise<Item | undefined> {
  try {
    return await table.get(paceKey(), { consistent: true });
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    // It says nothing that time does not bring again.
    await table.delete(paceKey());
    return undefined;
  }
}

function encode({ tokens, atMs, scale }: BucketState): Uint8Array {
  return new ByteWriter()
    .writeByte(VERSION)
    .writeSigned(Math.floor(tokens * UNIT))
    .writeVarint(atMs)
    .writeVarint(Math.round(scale * UNIT))
    .finish();
}

function decode({ value }: Item): BucketState | undefined {
  const reader = new ByteReader(value, "pace");
  if (reader.readByte() !== VERSION) return undefined;
  return {
    tokens: reader.readSigned() / UNIT,
    atMs: reader.readVarint(),
    scale: reader.readVarint() / UNIT,
  };
}
