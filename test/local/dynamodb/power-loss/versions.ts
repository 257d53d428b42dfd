/** Items with versions, so that one that is found says which write it is of. */
import type { Item } from "../../../../lib/storage/table/table.ts";
import type { Random } from "../../../simulation/random.ts";

export const ITEMS = 24;
export const PARTITION = Uint8Array.of(1);
const VERSION_BYTES = 4;
/** Mostly small; some pass the 32 KB of a block of LevelDB's log, and a few its buffer of 64 KB. */
const SIZES = [10, 10, 300, 300, 2000, 40_000, 150_000];

export interface Operation {
  readonly number: number;
  readonly version: number;
  readonly isRemoval: boolean;
}

export function printOperation({ number, version, isRemoval }: Operation): string {
  return `${number} ${version} ${isRemoval ? "removal" : "put"}`;
}

export function parseOperation(text: string): Operation {
  const [number, version, kind] = text.split(" ");
  return { number: Number(number), version: Number(version), isRemoval: kind === "removal" };
}

/** An item that is all of its version. */
export function versionedItem({ number, version }: Operation, random: Random): Item {
  const value = new Uint8Array(VERSION_BYTES + random.pick(SIZES)).fill(version);
  new DataView(value.buffer).setUint32(0, version);
  return { pk: PARTITION, sk: Uint8Array.of(number), value };
}

/** The version of an item. Throws when it is not all of one. */
export function versionOf({ value }: Item): number {
  const version = new DataView(value.buffer, value.byteOffset).getUint32(0);
  if (!value.subarray(VERSION_BYTES).every((byte) => byte === (version & 0xff)))
    throw new Error(`an item of version ${version} has other bytes`);
  return version;
}
