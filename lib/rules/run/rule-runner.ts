/** Brings the rules of all tenants up to date, or of a share of them. One of a process, which it lets remember. */
import { createHash } from "node:crypto";
import { errorMessage } from "../../model/errors.ts";
import { MINUTE_MS } from "../../model/time.ts";
import type { RetentionMs } from "../../storage/layout/retention.ts";
import { listRuledTenants, noteEmpty, type RuledTenant } from "../../storage/rules/rule-items.ts";
import type { GroupName } from "../../storage/rules/rule-keys.ts";
import type { StoredGroup } from "../rule-store.ts";
import { newRuleStore } from "../table-rule-store.ts";
import type { RuleServices } from "./rule-services.ts";
import { addReports, NOTHING_RUN, type RunReport } from "./run-report.ts";
import { runTenant, type TenantOutcome } from "./run-tenant.ts";

/** One of `of` shares of all groups, from 0. */
export interface Share {
  readonly number: number;
  readonly of: number;
}

export interface RunOptions {
  /** No group begins after this time. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Default: all. */
  readonly share?: Share | undefined;
}

export interface RunnerServices extends RuleServices {
  readonly retentionOf: (tenant: string) => Promise<RetentionMs>;
}

interface KnownTenant {
  readonly revision: number;
  readonly readMs: number;
  readonly groups: readonly StoredGroup[];
  /** Before this time nothing is due; 0 if that is not known. */
  nextDueMs: number;
}

/** Groups are read again after so long although their revision is the same. */
const REFRESH_MS = 10 * MINUTE_MS;

export class RuleRunner {
  readonly #services: RunnerServices;
  readonly #known = new Map<string, KnownTenant>();

  constructor(services: RunnerServices) {
    this.#services = services;
  }

  /** How many rules there are, by tenants that have any. */
  async countRules(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const ruled of await this.#ruledTenants()) {
      const { groups } = await this.#groupsOf(ruled);
      const rules = groups.reduce((total, { group }) => total + group.rules.length, 0);
      counts.set(ruled.tenant, rules);
    }
    return counts;
  }

  async #ruledTenants(): Promise<RuledTenant[]> {
    return (await listRuledTenants(this.#services.table)).filter(({ isEmpty }) => !isEmpty);
  }

  /** Throws "unavailable" if the tenants cannot be read; what happens to one tenant costs that tenant alone. */
  async run(options: RunOptions): Promise<RunReport> {
    const { table, clock, log } = this.#services;
    let report = NOTHING_RUN;
    for (const ruled of await this.#ruledTenants()) {
      const { tenant } = ruled;
      try {
        const known = await this.#groupsOf(ruled);
        if (clock() < known.nextDueMs) continue;
        const { nextDueMs, ...done } = await this.#runTenant(tenant, known.groups, options);
        known.nextDueMs = nextDueMs;
        report = addReports(report, done.report);
        if (known.groups.length === 0 && done.hasNothing) await noteEmpty(table, ruled);
      } catch (error) {
        log("error", "rules: a tenant's rules were not evaluated", { tenant, error: errorMessage(error) });
        report = addReports(report, { ...NOTHING_RUN, postponed: 1 });
      }
    }
    return report;
  }

  async #runTenant(
    tenant: string,
    groups: readonly StoredGroup[],
    { deadlineMs, signal, share }: RunOptions,
  ): Promise<TenantOutcome> {
    const retentionMs = await this.#services.retentionOf(tenant);
    const isOwn = (name: GroupName) =>
      share === undefined || shareOf(tenant, name, share.of) === share.number;
    return runTenant(this.#services, { tenant, retentionMs, groups, isOwn, deadlineMs, signal });
  }

  async #groupsOf({ tenant, revision }: RuledTenant): Promise<KnownTenant> {
    const { table, clock } = this.#services;
    const known = this.#known.get(tenant);
    if (known?.revision === revision && clock() - known.readMs < REFRESH_MS) return known;
    const groups = await newRuleStore(table).list(tenant);
    const read: KnownTenant = { revision, readMs: clock(), groups, nextDueMs: 0 };
    this.#known.set(tenant, read);
    return read;
  }
}

/** The share of a group: the same in every process. */
function shareOf(tenant: string, { namespace, name }: GroupName, of: number): number {
  const hash = createHash("sha256").update([tenant, namespace, name].join("\0")).digest();
  return hash.readUInt32BE(8) % of;
}
