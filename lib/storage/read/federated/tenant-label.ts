/** The label that tells whose a series is, in answers about several tenants; as in Mimir. */
import { compareBytewise, type Label, type LabelSet } from "../../../model/labels.ts";
import type { Matcher } from "../../../model/matcher.ts";

export const TENANT_LABEL = "__tenant_id__";
/** What a label of that name becomes that the series has itself. */
const ORIGINAL_LABEL = "original___tenant_id__";

export function withTenant(labels: LabelSet, tenant: string): LabelSet {
  const own = labels.map(([name, value]): Label => [name === TENANT_LABEL ? ORIGINAL_LABEL : name, value]);
  return [...own, [TENANT_LABEL, tenant] as Label].sort(([a], [b]) => compareBytewise(a, b));
}

/** The names of labels, with that of the tenant. */
export function withTenantName(names: readonly string[]): string[] {
  return [...names.map((name) => (name === TENANT_LABEL ? ORIGINAL_LABEL : name)), TENANT_LABEL];
}

/** The name that a tenant's series have a label under. */
export function nameInTenant(name: string): string {
  return name === ORIGINAL_LABEL ? TENANT_LABEL : name;
}

/** What a tenant's series must pass; undefined: the matchers exclude the tenant. */
export function matchersFor(matchers: readonly Matcher[], tenant: string): readonly Matcher[] | undefined {
  const ofSeries: Matcher[] = [];
  for (const matcher of matchers) {
    if (matcher.name !== TENANT_LABEL) ofSeries.push({ ...matcher, name: nameInTenant(matcher.name) });
    else if (!matcher.matches(tenant)) return undefined;
  }
  return ofSeries;
}
