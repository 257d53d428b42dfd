/**
 * Parts of rows that are being written, where rows are kept for ever: the month's manifest names each before its first
 * item is stored. Publishing takes the name back. A compaction that died leaves it, and a later one gives the items an
 * expiry, as those of a superseded part: among these it stands, made at time 0.
 */
import { HOUR_MS } from "../../model/time.ts";
import { PART_ID_BYTES } from "../layout/keys.ts";
import type { IndexPart } from "../layout/manifest.ts";
import type { RollupManifest, RowPart, SupersededPart } from "./rollup-manifest.ts";

/** Whoever writes a part has published it by then, or notes once more that it goes on. */
const PENDING_MS = 6 * HOUR_MS;
/** Bytes at the end of an index part's id that number the parts of one index. */
const NUMBER_BYTES = 2;
const NUMBER_DIGITS = 2 * NUMBER_BYTES;
/** More than any part has: its items are looked for in all sections. */
const ANY_BLOCKS = 2 ** 32;

type Place = Pick<RowPart, "id" | "day" | "shardBits">;

/** The id of the part with a number, from 0 on, of an index whose first part is `id`, in hex. */
export function numberedId(id: string, number: number): string {
  return id.slice(0, 2 * PART_ID_BYTES - NUMBER_DIGITS) + number.toString(16).padStart(NUMBER_DIGITS, "0");
}

/** Whether one of the superseded parts is a part that is, or was, being written. */
export function isPending({ part }: SupersededPart): boolean {
  return part.createdMs === 0;
}

/** Whether nobody writes a part any more, nor reads it. */
export function isReleasable(one: SupersededPart, nowMs: number): boolean {
  return !isPending(one) || Math.abs(nowMs - one.sinceMs) > PENDING_MS;
}

/** With a part that is about to be written from now on. An earlier try's index has another id. */
export function withPending(
  { superseded, ...rest }: RollupManifest,
  place: Place,
  index: { readonly id: string; readonly shardBits: number },
  nowMs: number,
): RollupManifest {
  const known = superseded.find(({ part }) => part.id === place.id);
  const pending: IndexPart = { ...index, createdMs: 0, series: 0, blocks: ANY_BLOCKS };
  const part = { ...place, createdMs: 0, rows: 0, series: 0, blocks: 0 };
  const all = [...(known?.part.index ?? []), pending];
  const others = superseded.filter((one) => one !== known);
  return { ...rest, superseded: [...others, { sinceMs: nowMs, part: { ...part, index: all } }] };
}

/** Whether the items of a part are noted, so that none of them gets an expiry. */
export function isNoted({ superseded }: Pick<RollupManifest, "superseded">, id: string): boolean {
  return superseded.some(({ part }) => part.id === id);
}

/** Without the note of a part, which then counts or has no items. */
export function withoutNote({ superseded, ...rest }: RollupManifest, id: string): RollupManifest {
  return { ...rest, superseded: superseded.filter(({ part }) => part.id !== id) };
}
