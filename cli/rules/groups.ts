/** `hearthdb rules sync`, `list` and `delete`: the rule groups of a tenant. */
import { HearthError } from "../../lib/model/errors.ts";
import type { TenantLimits } from "../../lib/model/quota/tenant-limits.ts";
import { printDuration } from "../../lib/promql/syntax/duration-text.ts";
import { type GroupChange, planSync } from "../../lib/rules/plan-sync.ts";
import { printNamespaces } from "../../lib/rules/print-rule-file.ts";
import type { RuleGroup } from "../../lib/rules/rule-file.ts";
import { expectGroupCount, expectGroupSize } from "../../lib/rules/rule-limits.ts";
import type { RuleStore, StoredGroup } from "../../lib/rules/rule-store.ts";
import { alignColumns } from "../columns.ts";
import { namespaceOf, type RuleFileOptions, readGroups } from "./files.ts";
import type { Output } from "./output.ts";

/** Puts a change on record before it is made. */
export type Audit = (action: string, tenant: string, subject: string) => Promise<unknown>;

export interface SyncOptions extends RuleFileOptions {
  readonly tenant: string;
  /** Of all files; default: each file's name. */
  readonly namespace: string | undefined;
  readonly dryRun: boolean;
  /** Of the tenant. */
  readonly limits: TenantLimits;
}

const MARKS = { add: "+", change: "~", delete: "-" } as const;
const DONE = { add: "added", change: "changed", delete: "deleted" } as const;

/** Makes the namespaces of the files hold what the files hold. Every file is checked before anything changes. */
export async function syncFiles(
  store: RuleStore,
  paths: readonly string[],
  options: SyncOptions,
  audit: Audit,
  output: Output,
): Promise<void> {
  const wanted = new Map<string, RuleGroup[]>();
  for (const path of paths) {
    const namespace = options.namespace ?? namespaceOf(path);
    const groups = wanted.get(namespace) ?? [];
    for (const group of readGroups(path, options)) {
      if (groups.some(({ name }) => name === group.name))
        throw new HearthError(
          "invalid",
          `${path}: group ${JSON.stringify(group.name)} is in namespace ${namespace} already, from a file before; use --namespace, or other names`,
        );
      groups.push(group);
    }
    wanted.set(namespace, groups);
  }
  const changes: GroupChange[] = [];
  for (const [namespace, groups] of wanted)
    changes.push(...planSync(namespace, groups, await store.list(options.tenant, namespace)));
  await expectWithin(store, changes, options);
  for (const change of changes) {
    output.print(`${MARKS[change.kind]} ${change.namespace}/${change.name}`);
    if (options.dryRun) for (const line of change.diff) output.print(`    ${line}`);
    else {
      const action = change.kind === "delete" ? "rules delete" : "rules set";
      await audit(action, options.tenant, `${change.namespace}/${change.name}`);
      await apply(store, options.tenant, change);
    }
  }
  output.print(summary(changes, options.dryRun));
}

/** Throws "invalid" for changes past a limit of the tenant, before any is made. */
async function expectWithin(
  store: RuleStore,
  changes: readonly GroupChange[],
  { tenant, limits }: SyncOptions,
): Promise<void> {
  for (const { group } of changes) if (group !== undefined) expectGroupSize(limits, tenant, group);
  if (limits.ruleGroups === undefined) return;
  const before = (await store.list(tenant)).length;
  const count = (kind: GroupChange["kind"]) => changes.filter((change) => change.kind === kind).length;
  expectGroupCount(limits, tenant, { before, after: before + count("add") - count("delete") });
}

async function apply(store: RuleStore, tenant: string, change: GroupChange): Promise<void> {
  const { namespace, name, group, version } = change;
  const isDone =
    group === undefined
      ? await store.delete(tenant, namespace, name, version)
      : await store.put(tenant, namespace, group, version ?? "absent");
  if (isDone) return;
  throw new HearthError(
    "unavailable",
    `${namespace}/${name}: somebody changes it too; run the command again`,
  );
}

function summary(changes: readonly GroupChange[], dryRun: boolean): string {
  if (changes.length === 0) return "nothing to change";
  const counts = (["add", "change", "delete"] as const)
    .map((kind) => [kind, changes.filter((change) => change.kind === kind).length] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${dryRun ? `to ${kind}` : DONE[kind]}`);
  return `groups: ${counts.join(", ")}`;
}

export interface ListOptions {
  readonly tenant: string;
  readonly namespace: string | undefined;
  readonly format: "table" | "json" | "yaml";
}

export async function listGroups(store: RuleStore, options: ListOptions, output: Output): Promise<void> {
  const stored = await store.list(options.tenant, options.namespace);
  if (options.format === "json") {
    output.print(JSON.stringify(stored.map(({ namespace, group }) => ({ namespace, ...group }))));
  } else if (options.format === "yaml") {
    output.print(printNamespaces(byNamespace(stored)).trimEnd());
  } else if (stored.length === 0) {
    output.print(`tenant ${options.tenant} has no rules; hearthdb rules sync FILE stores some`);
  } else {
    const rows = stored.map(({ namespace, group }) => [
      namespace,
      group.name,
      group.intervalMs === undefined ? "default" : printDuration(group.intervalMs),
      String(group.rules.length),
    ]);
    output.print(alignColumns([["NAMESPACE", "GROUP", "INTERVAL", "RULES"], ...rows]));
  }
}

function byNamespace(stored: readonly StoredGroup[]): Map<string, RuleGroup[]> {
  const namespaces = new Map<string, RuleGroup[]>();
  for (const { namespace, group } of stored) {
    const groups = namespaces.get(namespace);
    if (groups === undefined) namespaces.set(namespace, [group]);
    else groups.push(group);
  }
  return namespaces;
}

export interface DeleteOptions {
  readonly tenant: string;
  readonly namespaces: readonly string[];
  /** Only the group of this name. */
  readonly group: string | undefined;
  readonly dryRun: boolean;
}

export async function deleteGroups(
  store: RuleStore,
  options: DeleteOptions,
  audit: Audit,
  output: Output,
): Promise<void> {
  const { tenant, namespaces, group, dryRun } = options;
  let count = 0;
  for (const namespace of namespaces) {
    const stored = await store.list(tenant, namespace);
    for (const { group: one } of stored) {
      if (group !== undefined && one.name !== group) continue;
      count++;
      output.print(`- ${namespace}/${one.name}`);
      if (dryRun) continue;
      await audit("rules delete", tenant, `${namespace}/${one.name}`);
      await store.delete(tenant, namespace, one.name);
    }
  }
  if (count === 0)
    throw new HearthError(
      "invalid",
      `tenant ${tenant} has no such groups; hearthdb rules list shows what it has`,
    );
  output.print(`groups: ${count} ${dryRun ? "to delete" : "deleted"}`);
}
