/** Judges requests by the limits of their tenant and key. Nothing is done for a tenant without limits. */

import type { RateLimitError } from "../../model/errors.ts";
import { burstOf, type TenantLimits } from "../../model/quota/tenant-limits.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import { type Clock, SECOND_MS } from "../../model/time.ts";
import { dayOf } from "../layout/keys.ts";
import { printReadUnits } from "../table/read-price.ts";
import type { Table } from "../table/table.ts";
import type { Tenant } from "../tenants/tenant-settings.ts";
import { type Account, Ledger, WHOLE_TENANT } from "./ledger.ts";
import { overLimit, printCount, type Subject } from "./refusal.ts";
import { SeriesGate } from "./series-gate.ts";
import type { Rate } from "./shared-bucket.ts";

/** Tenants whose ledgers a process keeps. */
const MAX_LEDGERS = 10_000;
/** Tenants whose series a process counts: 56 KB each at most. */
const MAX_GATES = 1000;
const INSTANCE_BYTES = 8;
/**
 * A query counts when it has ended, for this time at most. As many as may run at once, each as long as this, then fit the
 * bucket: a tenant within its limit is never refused.
 */
const LONGEST_QUERY_MS = 30 * SECOND_MS;

/** Samples that a request was allowed to store. */
export interface Admission {
  /** Takes back what was not stored after all. */
  giveBack(samples: number): void;
}

const UNLIMITED: Admission = { giveBack: () => {} };

/** Limits of a tenant or a key, with its account. */
interface Limited {
  readonly subject: Subject;
  readonly limits: TenantLimits;
  readonly account: Account;
}

const NOT_LIMITED: readonly Limited[] = [];

export class Quotas {
  readonly #clock: Clock;
  readonly #instance: Uint8Array;
  readonly #ledgers = new Map<string, Ledger>();
  readonly #gates = new Map<string, SeriesGate>();

  constructor(clock: Clock, randomBytes: RandomBytes) {
    this.#clock = clock;
    this.#instance = randomBytes(INSTANCE_BYTES);
  }

  /** Refuses a request before it is read if no sample would be accepted now. Throws "rate limited". */
  expectRoom(tenant: Tenant, keyId: string | undefined): void {
    this.#expectRoom(this.#limitedBy(tenant, keyId, hasRate), 1);
  }

  /** The wait is for a request as large as the one before, if nothing is known of this one. */
  #expectRoom(limited: readonly Limited[], samples: number): void {
    const nowMs = this.#clock();
    for (const { subject, limits, account } of limited) {
      const rate = rateOf(limits)!;
      if (account.samples.wait(samples, rate, nowMs) === 0) continue;
      const expected = Math.max(samples, account.latestSamples);
      const waitMs = account.samples.wait(expected, rate, nowMs);
      const what = `${printCount(expected)} samples are more than its ${printCount(rate.perSecond)} a second (burst ${printCount(rate.burst)}) allow now`;
      throw overLimit(subject, "samples-per-second", what, waitMs);
    }
  }

  /** Counts samples that are about to be stored. Throws "rate limited". */
  admitSamples(tenant: Tenant, keyId: string | undefined, samples: number): Admission {
    if (samples === 0) return UNLIMITED;
    const limited = this.#limitedBy(tenant, keyId, hasRate);
    if (limited.length === 0) return UNLIMITED;
    for (const { account } of limited) account.latestSamples = samples;
    this.#expectRoom(limited, samples);
    const take = (count: number) => {
      for (const { account } of limited) account.samples.take(count, this.#clock());
      this.#ledger(tenant.name).noteChange();
    };
    take(samples);
    return { giveBack: (count) => take(-count) };
  }

  /**
   * Whether a query may begin. Throws "rate limited" once the read units of the hour or the day are spent, or too many ran at
   * once for a while.
   */
  admitQuery(tenant: Tenant, keyId: string | undefined): void {
    const nowMs = this.#clock();
    for (const { subject, limits, account } of this.#limitedBy(tenant, keyId, hasQueriesAtOnce)) {
      const waitMs = account.queryMs.wait(0, queryRateOf(limits)!, nowMs);
      if (waitMs === 0) continue;
      const what = `more than ${printCount(limits.queriesAtOnce!)} queries ran at once of late`;
      throw overLimit(subject, "queries-at-once", what, waitMs);
    }
    for (const { subject, limits, account } of this.#limitedBy(tenant, keyId, hasReadUnits)) {
      const check = (window: Account["hour"], limit: number | undefined, name: "hour" | "day") => {
        const spent = window.total(nowMs);
        if (limit === undefined || spent < limit) return;
        const what = `${printReadUnits(spent)} of its ${printReadUnits(limit)} this UTC ${name} are spent`;
        throw overLimit(subject, `read-units-per-${name}`, what, window.leftMs(nowMs));
      };
      check(account.hour, limits.readUnitsPerHour, "hour");
      check(account.day, limits.readUnitsPerDay, "day");
    }
  }

  /** The read units that a query may still cost; infinite without a limit. */
  readUnitsLeft(tenant: Tenant, keyId: string | undefined): number {
    return Math.min(...this.#rests(tenant, keyId).map(({ left }) => left));
  }

  /** The error of a query that needs more read units than are left of the hour or the day. */
  refuseRest(tenant: Tenant, keyId: string | undefined): RateLimitError | undefined {
    const rests = this.#rests(tenant, keyId).sort((a, b) => a.left - b.left);
    if (rests.length === 0) return undefined;
    const { subject, name, limit, spent, waitMs } = rests[0];
    const what = `the query needs more than what is left of its ${printReadUnits(limit)} this UTC ${name}, of which ${printReadUnits(spent)} are spent`;
    return overLimit(subject, `read-units-per-${name}`, what, waitMs);
  }

  /** What is left of each limit of read units. */
  #rests(tenant: Tenant, keyId: string | undefined) {
    const nowMs = this.#clock();
    return this.#limitedBy(tenant, keyId, hasReadUnits).flatMap(({ subject, limits, account }) => {
      const restOf = (window: Account["hour"], limit: number | undefined, name: "hour" | "day") => {
        if (limit === undefined) return [];
        const spent = window.total(nowMs);
        return [{ subject, name, limit, spent, left: limit - spent, waitMs: window.leftMs(nowMs) }];
      };
      return [
        ...restOf(account.hour, limits.readUnitsPerHour, "hour"),
        ...restOf(account.day, limits.readUnitsPerDay, "day"),
      ];
    });
  }

  /** Counts what a query has cost. */
  noteReadUnits(tenant: Tenant, keyId: string | undefined, readUnits: number): void {
    if (readUnits === 0) return;
    const nowMs = this.#clock();
    for (const { account } of this.#limitedBy(tenant, keyId, hasReadUnits)) {
      account.hour.spend(readUnits, nowMs);
      account.day.spend(readUnits, nowMs);
      this.#ledger(tenant.name).noteChange();
    }
  }

  /** Counts the time that a query ran. */
  noteQueryTime(tenant: Tenant, keyId: string | undefined, durationMs: number): void {
    const limited = this.#limitedBy(tenant, keyId, hasQueriesAtOnce);
    if (limited.length === 0 || !(durationMs > 0)) return;
    const countedMs = Math.min(durationMs, LONGEST_QUERY_MS);
    for (const { account } of limited) account.queryMs.take(countedMs, this.#clock());
    this.#ledger(tenant.name).noteChange();
  }

  /**
   * Exchanges counts with other processes if that is due; undefined if it is not. A keeper empties what
   * processes left that are gone. Throws "unavailable".
   */
  exchange(table: Table, tenant: Tenant, isKeeper = false): Promise<unknown> | undefined {
    const gate = this.seriesGate(tenant);
    const all = [this.#exchangeLedger(table, tenant, isKeeper), gate?.exchange(table, isKeeper)];
    const due = all.filter((one) => one !== undefined);
    return due.length === 0 ? undefined : Promise.all(due);
  }

  #exchangeLedger(table: Table, tenant: Tenant, isKeeper: boolean): Promise<void> | undefined {
    const isLimited = (limits: TenantLimits) =>
      hasRate(limits) || hasReadUnits(limits) || hasQueriesAtOnce(limits);
    if (!isLimited(tenant.limits) && ![...tenant.keyLimits.values()].some(isLimited)) return undefined;
    const ledger = this.#ledger(tenant.name);
    if (!ledger.isDue(this.#clock())) return undefined;
    const ratesOf = (keyId: string) => {
      const limits = keyId === WHOLE_TENANT ? tenant.limits : (tenant.keyLimits.get(keyId) ?? {});
      return { samples: rateOf(limits), queryMs: queryRateOf(limits) };
    };
    return ledger.exchange(table, ratesOf, this.#clock, isKeeper);
  }

  /** Refuses new series of a tenant past its limits; undefined for a tenant without such limits. */
  seriesGate({ name, limits }: Tenant): SeriesGate | undefined {
    if (limits.seriesPerDay === undefined && limits.activeSeries === undefined) return undefined;
    let gate = this.#gates.get(name);
    if (gate === undefined) {
      if (this.#gates.size >= MAX_GATES) this.#gates.clear();
      gate = new SeriesGate(name, this.#instance, this.#clock, limits);
      this.#gates.set(name, gate);
    }
    gate.limits = limits;
    return gate;
  }

  /** What is known of a tenant, for `user_limits`. */
  used(tenant: Tenant): Readonly<Record<string, number>> {
    const nowMs = this.#clock();
    const { samples, queryMs, hour, day } = this.#ledger(tenant.name).account(WHOLE_TENANT);
    const rate = rateOf(tenant.limits);
    return {
      ...(rate === undefined
        ? {}
        : {
            samplesPerSecond: Math.round(samples.acceptedPerSecond(nowMs)),
            samplesBurst: Math.round(samples.level(rate, nowMs)),
          }),
      ...(hasQueriesAtOnce(tenant.limits)
        ? { queriesAtOnce: Number((queryMs.acceptedPerSecond(nowMs) / SECOND_MS).toFixed(2)) }
        : {}),
      ...(hasReadUnits(tenant.limits)
        ? { readUnitsPerHour: hour.total(nowMs), readUnitsPerDay: day.total(nowMs) }
        : {}),
      ...this.#seriesUsed(tenant, nowMs),
    };
  }

  #seriesUsed(tenant: Tenant, nowMs: number): Readonly<Record<string, number>> {
    const gate = this.seriesGate(tenant);
    if (gate === undefined) return {};
    const isActiveCounted = tenant.limits.activeSeries !== undefined;
    return {
      seriesPerDay: gate.dayCount(dayOf(nowMs)),
      ...(isActiveCounted ? { activeSeries: gate.activeCount() } : {}),
    };
  }

  #limitedBy(
    tenant: Tenant,
    keyId: string | undefined,
    is: (limits: TenantLimits) => boolean,
  ): readonly Limited[] {
    const { name, limits, keyLimits } = tenant;
    const ofKey = keyId === undefined ? undefined : keyLimits.get(keyId);
    const isTenant = is(limits);
    if (!isTenant && ofKey === undefined) return NOT_LIMITED;
    const limited: Limited[] = [];
    if (isTenant)
      limited.push({ subject: { tenant: name }, limits, account: this.#ledger(name).account(WHOLE_TENANT) });
    if (ofKey !== undefined && is(ofKey))
      limited.push({
        subject: { tenant: name, keyId },
        limits: ofKey,
        account: this.#ledger(name).account(keyId!),
      });
    return limited;
  }

  #ledger(tenant: string): Ledger {
    let ledger = this.#ledgers.get(tenant);
    if (ledger === undefined) {
      if (this.#ledgers.size >= MAX_LEDGERS) this.#ledgers.clear();
      ledger = new Ledger(tenant, this.#instance);
      this.#ledgers.set(tenant, ledger);
    }
    return ledger;
  }
}

function hasRate({ samplesPerSecond }: TenantLimits): boolean {
  return samplesPerSecond !== undefined;
}

function hasReadUnits({ readUnitsPerHour, readUnitsPerDay }: TenantLimits): boolean {
  return readUnitsPerHour !== undefined || readUnitsPerDay !== undefined;
}

function hasQueriesAtOnce({ queriesAtOnce }: TenantLimits): boolean {
  return queriesAtOnce !== undefined;
}

/** Queries at once are a rate, too: as many seconds of queries a second. */
function queryRateOf({ queriesAtOnce }: TenantLimits): Rate | undefined {
  if (queriesAtOnce === undefined) return undefined;
  return { perSecond: queriesAtOnce * SECOND_MS, burst: queriesAtOnce * LONGEST_QUERY_MS };
}

function rateOf(limits: TenantLimits): Rate | undefined {
  const { samplesPerSecond } = limits;
  return samplesPerSecond === undefined ? undefined : { perSecond: samplesPerSecond, burst: burstOf(limits) };
}
