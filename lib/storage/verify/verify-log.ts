/** Walks through what is in a day's log only: each record can be read and its dictionary knows its references. */
import { describeKey } from "../layout/key-place.ts";
import type { Shard } from "../layout/shard.ts";
import { LogDecoder } from "../log/log-decoder.ts";
import { mergeLog } from "../log/log-reader.ts";
import type { Item, Key, KeyRange, Table } from "../table/table.ts";
import type { OnFinding, VerifiedDay } from "./finding.ts";

const EVERYTHING = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

/** Of records received after `flushedToMs`. Adds the hashes (hex) of their series to `hashes`; returns how many records there are. */
export async function verifyLog(
  table: Table,
  { tenant, day, signal }: VerifiedDay,
  shards: readonly Shard[],
  flushedToMs: number,
  hashes: Set<string>,
  onFinding: OnFinding,
): Promise<number> {
  const known = new Set<string>();
  const onDamaged = (key: Key, reason: string) => {
    const detail = `log: ${reason}: ${describeKey(key)}`;
    if (known.has(detail)) return;
    known.add(detail);
    onFinding({
      problem: "damaged item",
      detail,
      loss: "the samples of one request, or of a part of it",
      key,
    });
  };
  const reporting = {
    query: (range: KeyRange, options?: object) =>
      table.query(range, { ...options, onDamage: (item: Item, reason: string) => onDamaged(item, reason) }),
  };
  const columnsOf = (hash: Uint8Array) => {
    hashes.add(Buffer.from(hash).toString("hex"));
    return null;
  };
  const decoder = new LogDecoder({ table: reporting, tenant, day, columnsOf, signal, onDamaged });
  const range = { tenant, day, shards, receivedFromMs: flushedToMs + 1 };
  let records = 0;
  for await (const page of mergeLog(reporting, range, signal)) {
    await decoder.prefetch(page, ...EVERYTHING);
    for (const record of page) {
      await decoder.append(record, ...EVERYTHING);
      records++;
    }
  }
  return records;
}
