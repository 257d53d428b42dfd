/** How many groups and rules a tenant may have. */
import { HearthError } from "../model/errors.ts";
import type { TenantLimits } from "../model/quota/tenant-limits.ts";
import { howToRaise } from "../storage/limits/refusal.ts";
import type { RuleGroup } from "./rule-file.ts";

/** Throws "invalid" for a group with more rules than its tenant may have in one. */
export function expectGroupSize({ rulesPerGroup }: TenantLimits, tenant: string, group: RuleGroup): void {
  if (rulesPerGroup === undefined || group.rules.length <= rulesPerGroup) return;
  throw new HearthError(
    "invalid",
    `group ${group.name}: ${group.rules.length} rules, tenant ${tenant} may have ${rulesPerGroup} in a group; ${advice(tenant, "rules-per-group")}`,
  );
}

/** Throws "invalid" for a change that leaves a tenant more groups than before, and more than it may have. */
export function expectGroupCount(
  { ruleGroups }: TenantLimits,
  tenant: string,
  { before, after }: { readonly before: number; readonly after: number },
): void {
  if (ruleGroups === undefined || after <= ruleGroups || after <= before) return;
  throw new HearthError(
    "invalid",
    `rules: tenant ${tenant} has ${before} groups of rules and would have ${after}, at most ${ruleGroups}; ${advice(tenant, "rule-groups")}`,
  );
}

function advice(tenant: string, limit: string): string {
  return `raise it with ${howToRaise({ tenant }, limit)} limit=${limit}`;
}
