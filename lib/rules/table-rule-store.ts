/** The rule store in the table. */
import { createHash } from "node:crypto";
import { errorMessage, HearthError } from "../model/errors.ts";
import { deleteGroupItem, getGroupItem, listGroupItems, putGroupItem } from "../storage/rules/rule-items.ts";
import type { Table } from "../storage/table/table.ts";
import type { AlertingRule, RecordingRule, RuleGroup } from "./rule-file.ts";
import type { RuleStore, StoredGroup } from "./rule-store.ts";

export function newRuleStore(table: Table): RuleStore {
  return {
    async list(tenant, namespace, onDamaged) {
      const groups: StoredGroup[] = [];
      for (const item of await listGroupItems(table, tenant, namespace)) {
        try {
          groups.push(storedGroup(item.namespace, item.bytes));
        } catch (error) {
          onDamaged?.(item.namespace, item.name, errorMessage(error));
        }
      }
      return groups;
    },

    async get(tenant, namespace, name) {
      const bytes = await getGroupItem(table, tenant, { namespace, name });
      return bytes === undefined ? undefined : storedGroup(namespace, bytes);
    },

    async put(tenant, namespace, group, expected) {
      const { name } = group;
      const bytes = encodeGroup(group);
      if (expected === undefined) return putGroupItem(table, tenant, { namespace, name, bytes }, "any");
      if (expected === "absent") return putGroupItem(table, tenant, { namespace, name, bytes }, "absent");
      const before = await getGroupItem(table, tenant, { namespace, name });
      if (before === undefined || versionOf(before) !== expected) return false;
      return putGroupItem(table, tenant, { namespace, name, bytes }, before);
    },

    async delete(tenant, namespace, name, expected) {
      const before = await getGroupItem(table, tenant, { namespace, name });
      if (before === undefined || (expected !== undefined && versionOf(before) !== expected)) return false;
      await deleteGroupItem(table, tenant, { namespace, name });
      return true;
    },
  };
}

function storedGroup(namespace: string, bytes: Uint8Array): StoredGroup {
  return { namespace, group: decodeGroup(bytes), version: versionOf(bytes) };
}

function versionOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 32);
}

/** JSON, which an administrator can read in the table. */
function encodeGroup(group: RuleGroup): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(group));
}

/** Throws "data" for a value that `encodeGroup` cannot have made. */
function decodeGroup(bytes: Uint8Array): RuleGroup {
  const text = new TextDecoder().decode(bytes);
  try {
    const group: unknown = JSON.parse(text);
    if (isGroup(group)) return group;
  } catch {
    // Said below.
  }
  throw new HearthError("data", `rule group: ${text.slice(0, 100)}: expected a name, labels and rules`);
}

function isGroup(value: unknown): value is RuleGroup {
  const { name, limit, labels, rules } = (value ?? {}) as Partial<RuleGroup>;
  return (
    typeof name === "string" &&
    typeof limit === "number" &&
    areLabels(labels) &&
    Array.isArray(rules) &&
    rules.every(isRule)
  );
}

function isRule(value: unknown): boolean {
  const rule = (value ?? {}) as Partial<AlertingRule & RecordingRule>;
  if (typeof rule.expr !== "string" || !areLabels(rule.labels)) return false;
  if (typeof rule.record === "string") return rule.alert === undefined;
  const { alert, forMs, keepFiringForMs, annotations } = rule;
  return (
    typeof alert === "string" &&
    typeof forMs === "number" &&
    typeof keepFiringForMs === "number" &&
    areLabels(annotations)
  );
}

function areLabels(value: unknown): boolean {
  const isPair = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && pair.every((text) => typeof text === "string");
  return Array.isArray(value) && value.every(isPair);
}
