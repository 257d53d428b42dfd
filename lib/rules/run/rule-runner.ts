/** Brings the rules of all tenants up to date, or of a share of them. One of a process, which it lets remember. */
import { createHash } from "node:crypto";
import { errorMessage } from "../../model/errors.ts";
import { MINUTE_MS } from "../../model/time.ts";
import { listRuledTenants, noteEmpty, type RuledTenant } from "../../storage/rules/rule-items.ts";
import type { GroupName } from "../../storage/rules/rule-keys.ts";
import { forEachBounded } from "../../storage/table/bounded.ts";
import { type Meter, newMeter, type Table } from "../../storage/table/table.ts";
import type { Tenant } from "../../storage/tenants/tenant-settings.ts";
import type { StoredGroup } from "../rule-store.ts";
import { newRuleStore } from "../table-rule-store.ts";
import type { RuleServices } from "./rule-services.ts";
import { addReports, NOTHING_RUN, type RunReport } from "./run-report.ts";
import { runTenant, type TenantOutcome, type TenantRun } from "./run-tenant.ts";
import type { SteadyClock } from "./steady-clock.ts";

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
  /** Counts what the run costs. */
  readonly meter?: Meter | undefined;
}

type TenantOptions = RunOptions & Pick<TenantRun, "groupsAtOnce">;

export interface RunnerServices extends RuleServices {
  /** Its `now` is `clock` and the context's clock; each run begins it. Default: `clock` never steps. */
  readonly steadyClock?: SteadyClock | undefined;
  readonly placeOf: (tenant: string) => Promise<Pick<Tenant, "retentionMs" | "storedAs">>;
}

interface KnownTenant {
  readonly revision: number;
  readonly readMs: number;
  readonly groups: readonly StoredGroup[];
  /** Before this time nothing is due; 0 if that is not known. */
  nextDueMs: number;
  /** When that was found. A clock that says an earlier time was wrong then. */
  ranMs: number;
}

/** Tenants whose groups are evaluated side by side: one whose rules take long holds up no other. */
const TENANTS_AT_ONCE = 3;
/** Of the only tenant with rules. Each group may hold as much memory as a query may. */
const GROUPS_AT_ONCE = 4;
const GROUPS_OF_TENANT_AT_ONCE = 2;

/** Groups are read again after so long although their revision is the same. */
const REFRESH_MS = 10 * MINUTE_MS;

export class RuleRunner {
  readonly #services: RunnerServices;
  readonly #known = new Map<string, KnownTenant>();

  constructor(services: RunnerServices) {
    this.#services = services;
  }

  /** How many rules all tenants have. */
  async countRules(): Promise<number> {
    const { table } = this.#services;
    let count = 0;
    for (const ruled of await listTenants(table))
      for (const { group } of (await this.#groupsOf(table, ruled)).groups) count += group.rules.length;
    return count;
  }

  /** Before this time nothing is due of what the newest run has found, in ms; 0 if that is not known. */
  get nextDueMs(): number {
    return Math.min(...Array.from(this.#known.values(), ({ nextDueMs }) => nextDueMs));
  }

  /** Throws "unavailable" if the tenants cannot be read; what happens to one tenant costs that tenant alone. */
  async run(options: RunOptions): Promise<RunReport> {
    const table = this.#services.table.metered(options.meter ?? newMeter());
    let report = NOTHING_RUN;
    const tenants = await this.#begin(table);
    this.#forgetOthers(tenants);
    const groupsAtOnce = tenants.length === 1 ? GROUPS_AT_ONCE : GROUPS_OF_TENANT_AT_ONCE;
    await forEachBounded(this.#inTurn(tenants), TENANTS_AT_ONCE, async (ruled) => {
      const added = await this.#tryTenant(table, ruled, { ...options, groupsAtOnce });
      report = addReports(report, added);
    });
    return report;
  }

  /** Each minute another tenant is the first, so that one whose rules take long cannot keep the others from theirs. */
  #inTurn(tenants: readonly RuledTenant[]): RuledTenant[] {
    const first = tenants.length === 0 ? 0 : Math.floor(this.#services.clock() / MINUTE_MS) % tenants.length;
    return [...tenants.slice(first), ...tenants.slice(0, first)];
  }

  /** Never throws. */
  async #tryTenant(table: Table, ruled: RuledTenant, options: TenantOptions): Promise<RunReport> {
    const { clock, log } = this.#services;
    const { tenant } = ruled;
    const meter = newMeter();
    const metered = table.metered(meter);
    try {
      const known = await this.#groupsOf(metered, ruled);
      const nowMs = clock();
      if (nowMs >= known.ranMs && nowMs < known.nextDueMs) return NOTHING_RUN;
      const { nextDueMs, report, hasNothing } = await this.#runTenant(metered, tenant, known.groups, options);
      known.nextDueMs = nextDueMs;
      known.ranMs = nowMs;
      if (known.groups.length === 0 && hasNothing) await noteEmpty(table, ruled);
      return report;
    } catch (error) {
      log("error", "rules: a tenant's rules were not evaluated", { tenant, error: errorMessage(error) });
      return { ...NOTHING_RUN, postponed: 1 };
    } finally {
      const { readUnits, writeUnits } = meter;
      if (readUnits + writeUnits > 0)
        this.#services.usage?.note({ tenant, key: "", route: "(rules)" }, { readUnits, writeUnits });
    }
  }

  /** Makes sure of the time by the response to the first call, and begins the run's clock. */
  async #begin(table: Table): Promise<RuledTenant[]> {
    const { clockGuard, steadyClock } = this.#services;
    clockGuard?.doubt();
    const tenants = await listTenants(table);
    await clockGuard?.check();
    steadyClock?.begin();
    return tenants;
  }

  #forgetOthers(tenants: readonly RuledTenant[]): void {
    const ruled = new Set(tenants.map(({ tenant }) => tenant));
    for (const tenant of this.#known.keys()) if (!ruled.has(tenant)) this.#known.delete(tenant);
  }

  async #runTenant(
    table: Table,
    tenant: string,
    groups: readonly StoredGroup[],
    { deadlineMs, signal, share, groupsAtOnce }: TenantOptions,
  ): Promise<TenantOutcome> {
    const { retentionMs, storedAs } = await this.#services.placeOf(tenant);
    const isOwn = (name: GroupName) =>
      share === undefined || shareOf(tenant, name, share.of) === share.number;
    const services = { ...this.#services, table };
    return runTenant(services, {
      tenant,
      storedAs,
      retentionMs,
      groups,
      isOwn,
      groupsAtOnce,
      deadlineMs,
      signal,
    });
  }

  async #groupsOf(table: Table, { tenant, revision }: RuledTenant): Promise<KnownTenant> {
    const { clock } = this.#services;
    const known = this.#known.get(tenant);
    if (known?.revision === revision && clock() - known.readMs < REFRESH_MS) return known;
    const groups = await newRuleStore(table).list(tenant, undefined, (namespace, name, error) =>
      this.#services.log("error", "rules: a group is damaged", { tenant, namespace, name, error }),
    );
    const read: KnownTenant = { revision, readMs: clock(), groups, nextDueMs: 0, ranMs: 0 };
    this.#known.set(tenant, read);
    return read;
  }
}

async function listTenants(table: Table): Promise<RuledTenant[]> {
  return (await listRuledTenants(table)).filter(({ isEmpty }) => !isEmpty);
}

/** The share of a group: the same in every process. */
function shareOf(tenant: string, { namespace, name }: GroupName, of: number): number {
  const hash = createHash("sha256").update([tenant, namespace, name].join("\0")).digest();
  return hash.readUInt32BE(8) % of;
}
