/** What receivers were told, an item for each group with alerts: compressed JSON. */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { errorKind, HearthError } from "../../model/errors.ts";
import { alertNoticesKey } from "../../storage/rules/rule-keys.ts";
import { MAX_ITEM_BYTES, type Table } from "../../storage/table/table.ts";
import type { KnownAlert, KnownGroup, KnownRule } from "./told-alerts.ts";

export interface GroupPlace {
  readonly tenant: string;
  readonly namespace: string;
  readonly group: string;
}

export interface StoredNotices {
  readonly group: KnownGroup;
  /** As stored; undefined if there is no item. */
  readonly bytes: Uint8Array | undefined;
}

/** Room for keys, attribute names and the checksum. */
const MAX_BYTES = MAX_ITEM_BYTES - 8 * 1024;
const MAX_INFLATED_BYTES = 64 * 1024 * 1024;

/** A damaged item counts as none, and is replaced: a message more is better than none. */
export async function loadNotices(table: Table, place: GroupPlace): Promise<StoredNotices> {
  const bytes = (await table.get(keyOf(place), { consistent: true }))?.value;
  try {
    return { group: bytes === undefined ? new Map() : decodeNotices(bytes), bytes };
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    return { group: new Map(), bytes };
  }
}

/** Stores what changed. Another process that stored in between keeps its item: it has sent its own messages. */
export async function storeNotices(
  table: Table,
  place: GroupPlace,
  before: StoredNotices,
  group: KnownGroup,
): Promise<void> {
  const key = keyOf(place);
  if (group.size === 0) {
    if (before.bytes !== undefined) await table.delete(key);
    return;
  }
  const value = encode(group);
  if (before.bytes === undefined) await table.putIfAbsent({ ...key, value });
  else if (!equalBytes(value, before.bytes)) await table.putIfEqual({ ...key, value }, before.bytes);
}

function keyOf({ tenant, namespace, group }: GroupPlace) {
  return alertNoticesKey(tenant, { namespace, name: group });
}

/** Drops annotations, then alerts, of what is too large for an item. */
function encode(group: KnownGroup): Uint8Array {
  let rules = [...group.values()];
  for (;;) {
    const bytes = deflateRawSync(JSON.stringify(rules));
    if (bytes.length <= MAX_BYTES) return bytes;
    rules = rules.map(smaller);
  }
}

function smaller(rule: KnownRule): KnownRule {
  const hasAnnotations = rule.alerts.some(({ annotations }) => annotations.length > 0);
  if (hasAnnotations) return { ...rule, alerts: rule.alerts.map((alert) => ({ ...alert, annotations: [] })) };
  const half = Math.floor(rule.alerts.length / 2);
  return { ...rule, alerts: rule.alerts.slice(0, half), unlisted: rule.unlisted + rule.alerts.length - half };
}

/** Throws "data". */
export function decodeNotices(bytes: Uint8Array): KnownGroup {
  const rules = parse(bytes);
  if (!Array.isArray(rules) || !rules.every(isKnownRule)) throw damaged();
  return new Map(rules.map((rule) => [rule.alertName, rule]));
}

function parse(bytes: Uint8Array): unknown {
  try {
    const text = inflateRawSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES }).toString("utf8");
    return JSON.parse(text);
  } catch (cause) {
    throw damaged({ cause });
  }
}

function damaged(options?: ErrorOptions): HearthError {
  return new HearthError("data", "what receivers were told of a group's alerts: expected rules", options);
}

function isKnownRule(value: unknown): value is KnownRule {
  if (typeof value !== "object" || value === null) return false;
  const { alertName, alerts, sentMs, unlisted } = value as Partial<KnownRule>;
  const isWhole = typeof sentMs === "object" && sentMs !== null && typeof unlisted === "number";
  return typeof alertName === "string" && isWhole && Array.isArray(alerts) && alerts.every(isKnownAlert);
}

function isKnownAlert(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { labels, annotations, toldTo, startsAtMs, endsAtMs } = value as Partial<KnownAlert>;
  const lists = [labels, annotations, toldTo];
  return lists.every(Array.isArray) && [startsAtMs, endsAtMs].every((time) => typeof time === "number");
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
