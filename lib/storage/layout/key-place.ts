/** Key -> the words that say where it belongs, for errors and tools. */
import { DAY_MS } from "../../model/time.ts";
import { ByteReader } from "../codec/bytes.ts";
import type { Key } from "../table/table.ts";
import { DAY_OFFSET, KIND } from "./keys.ts";

/** What a key says of its item; a part that the kind does not have is undefined. */
export interface KeyPlace {
  /** A name of `KIND`, else the first byte of the partition key in hex. */
  readonly kind: string;
  readonly tenant: string | undefined;
  readonly day: number | undefined;
}

const KIND_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(KIND).map(([name, byte]) => [byte, name]),
);

/** Kinds whose partition keys have no tenant. */
const WITHOUT_TENANT: ReadonlySet<string> = new Set([
  "mark",
  "cursor",
  "accessKey",
  "tenant",
  "swept",
  "audit",
  "usage",
]);
/** Kinds that have a tenant and no day. */
const WITHOUT_DAY: ReadonlySet<string> = new Set(["election", "metadata", "rollupManifest", "quota"]);
/** Kinds whose day begins the sort key. */
const DAY_IN_SORT_KEY: ReadonlySet<string> = new Set(["day", "manifest", "quarantine"]);

/** Never throws: of a key that is not Hearth's it reports what can be read. */
export function placeOfKey({ pk, sk }: Key): KeyPlace {
  const kind = KIND_NAMES.get(pk[0]);
  if (kind === undefined) return { kind: `0x${hex(pk.subarray(0, 1))}`, tenant: undefined, day: undefined };
  if (WITHOUT_TENANT.has(kind)) return { kind, tenant: undefined, day: undefined };
  let tenant: string | undefined;
  try {
    const reader = new ByteReader(pk.subarray(1), "partition key");
    tenant = reader.readString();
    if (WITHOUT_DAY.has(kind)) return { kind, tenant, day: undefined };
    const dayReader = DAY_IN_SORT_KEY.has(kind) ? new ByteReader(sk, "sort key") : reader;
    return { kind, tenant, day: dayReader.readUint(4) - DAY_OFFSET };
  } catch {
    return { kind, tenant, day: undefined };
  }
}

/** `kind=run tenant=t day=2026-11-30 key=52…/00…`, the two keys in hex. */
export function describeKey(key: Key): string {
  const { kind, tenant, day } = placeOfKey(key);
  const words = [`kind=${kind}`];
  if (tenant !== undefined) words.push(`tenant=${tenant}`);
  if (day !== undefined) words.push(`day=${printDay(day)}`);
  words.push(`key=${hex(key.pk)}/${hex(key.sk)}`);
  return words.join(" ");
}

/** The furthest day from the epoch that a `Date` holds. */
const MAX_DATE_DAY = 100_000_000;

/** yyyy-mm-dd of a UTC day; of one that no date has, its number. */
export function printDay(day: number): string {
  return Math.abs(day) <= MAX_DATE_DAY ? new Date(day * DAY_MS).toISOString().split("T")[0] : String(day);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
