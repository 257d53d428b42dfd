/** Where exemplars are, among what keys.ts says of the table: a partition for each UTC day of theirs, by the newest of a record. */
import { DAY_MS } from "../../model/time.ts";
import { ByteWriter } from "../codec/bytes.ts";
import { dayOf, dayPartition, KIND, RECORD_ID_BYTES } from "../layout/keys.ts";
import type { Key, KeyRange } from "../table/table.ts";

/** A record of exemplars of one day, the newest of them at `newestMs`. */
export function exemplarsKey(tenant: string, newestMs: number, id: Uint8Array): Key {
  const day = dayOf(newestMs);
  const sk = new ByteWriter().writeUint(newestMs - day * DAY_MS, 4).writeBytes(id);
  return { pk: exemplarsRange(tenant, day, 0, 0).pk, sk: sk.finish() };
}

/** The records of a day whose newest exemplar is `firstMs..lastMs` after midnight, both included. */
export function exemplarsRange(tenant: string, day: number, firstMs: number, lastMs: number): KeyRange {
  return {
    pk: dayPartition(KIND.exemplars, tenant, day).finish(),
    first: new ByteWriter().writeUint(firstMs, 4).finish(),
    last: new ByteWriter()
      .writeUint(lastMs, 4)
      .writeBytes(new Uint8Array(RECORD_ID_BYTES).fill(0xff))
      .finish(),
  };
}
