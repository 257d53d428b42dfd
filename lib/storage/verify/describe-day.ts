/** A day as plain data for people: what its manifest names and what its log has. */
import { printMatchers } from "../../model/matcher.ts";
import type { DayDeletions } from "../deletion/deletion.ts";
import { deletionsOf } from "../deletion/deletion-store.ts";
import { listDays } from "../layout/day-shards.ts";
import { printDay } from "../layout/key-place.ts";
import { logRange, parseReceiveTime } from "../layout/keys.ts";
import { loadDayState } from "../layout/manifest-store.ts";
import { listQuarantined } from "../quarantine/quarantine-item.ts";
import type { Key, Table } from "../table/table.ts";

/** Throws "data" for a manifest that cannot be read. */
export async function describeDay(table: Table, tenant: string, day: number): Promise<object> {
  const shards = (await listDays(table, tenant, day, day)).get(day) ?? [];
  const state = await loadDayState(table, tenant, day);
  const { manifest } = state.stored;
  const log = { records: 0, bytes: 0, damaged: 0, oldest: "", newest: "" };
  const onDamage = () => log.damaged++;
  for (const shard of shards) {
    const range = logRange(tenant, day, shard, manifest.flushedToMs + 1);
    for await (const page of table.query(range, { consistent: true, onDamage })) {
      for (const { sk, value } of page) {
        const received = printTime(parseReceiveTime(sk));
        log.records++;
        log.bytes += value.length;
        if (log.oldest === "" || received < log.oldest) log.oldest = received;
        if (received > log.newest) log.newest = received;
      }
    }
  }
  const quarantined: object[] = [];
  for await (const { day: of, item, reason, foundMs } of listQuarantined(table, tenant))
    if (of === day) quarantined.push({ key: printKey(item), reason, found: printTime(foundMs) });
  const { lease, parts, index, facts, generation, flushedToMs } = manifest;
  return {
    tenant,
    day: printDay(day),
    shards: [...new Set(shards.map(({ bits }) => 2 ** bits))],
    generation,
    flushedTo: printTime(flushedToMs),
    lease: { ...lease, until: printTime(lease.untilMs) },
    parts: parts.map((part) => ({
      ...part,
      created: printTime(part.createdMs),
      from: printTime(part.minTime),
      to: printTime(part.maxTime),
    })),
    index: index.map((part) => ({ ...part, created: printTime(part.createdMs) })),
    facts,
    deletions: printDeletions(deletionsOf(state.deletions)),
    log,
    quarantined,
  };
}

/** A day's deletions for people. */
export function printDeletions({ all }: DayDeletions): object[] {
  return all.map(({ number, deletedMs, minTime, maxTime, accessKeyId, selectors }) => ({
    number,
    deleted: printTime(deletedMs),
    from: printTime(minTime),
    to: printTime(maxTime),
    accessKeyId,
    selectors: selectors.map(printMatchers),
  }));
}

/** Both keys in hex, a slash between them. */
export function printKey({ pk, sk }: Key): string {
  return [pk, sk].map((bytes) => Buffer.from(bytes).toString("hex")).join("/");
}

/** ISO 8601; of a time that no date has, the number. */
export function printTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
