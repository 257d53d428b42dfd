/** What a process' program has: its table, with checksums, and a clock that the table's answers correct. */
import type { Clock } from "../../../lib/model/time.ts";
import { ClockGuard } from "../../../lib/storage/dynamodb/clock-guard.ts";
import { ServiceClock } from "../../../lib/storage/dynamodb/service-clock.ts";
import { VerifiedTable } from "../../../lib/storage/layout/verified-table.ts";
import type { ScannableTable, Table } from "../../../lib/storage/table/table.ts";
import { Tenants } from "../../../lib/storage/tenants/tenant-settings.ts";
import type { Process } from "../scheduler.ts";
import type { Simulated } from "../simulated.ts";
import { ScheduledTable } from "../tables/scheduled-table.ts";
import { unsteady } from "./pauses.ts";

/** A key that no item has. */
const NO_ITEM = { pk: Uint8Array.of(0), sk: Uint8Array.of(0) };

export interface Program {
  readonly table: Table;
  /** The same without checksums. */
  readonly stored: ScannableTable;
  /** The name in a tenant's keys, as the process knows it. */
  storedAs(tenant: string): string | Promise<string>;
  /** Whether that is the name in some tenant's keys now. */
  isLiving(storedAs: string): boolean | Promise<boolean>;
  readonly clock: Clock;
  readonly clockGuard: ClockGuard;
  /** The same within what the table's answers prove. */
  readonly boundedClock: Clock;
  /** The same for a compactor. */
  readonly settlingClock: Clock;
  /** What the clocks have said since this was called, as the least and the most; `source` (default: `clock`) does so now. */
  watchClock(source?: Clock): ClockSpan;
}

export interface ClockSpan {
  minMs: number;
  maxMs: number;
}

export function newProgram(sim: Simulated, process: Process): Program {
  const serviceClock = new ServiceClock(unsteady(sim, process, sim.scheduler.clockOf(process)));
  const table = new ScheduledTable(sim, process, serviceClock);
  const spans: ClockSpan[] = [];
  const watched = (source: Clock) => () => {
    const ms = source();
    for (const span of spans) {
      span.minMs = Math.min(span.minMs, ms);
      span.maxMs = Math.max(span.maxMs, ms);
    }
    return ms;
  };
  const clock = watched(serviceClock.now);
  const boundedClock = watched(serviceClock.bounded);
  const settlingClock = watched(serviceClock.settling);
  const watchClock = (source = clock) => {
    const span = { minMs: Number.POSITIVE_INFINITY, maxMs: Number.NEGATIVE_INFINITY };
    spans.push(span);
    source();
    return span;
  };
  const verified = new VerifiedTable(table);
  return {
    table: verified,
    stored: table,
    ...livesOf(sim, verified, clock),
    clock,
    boundedClock,
    settlingClock,
    watchClock,
    clockGuard: new ClockGuard(serviceClock, () => table.get(NO_ITEM)),
  };
}

/** In worlds where no tenant is deleted nobody asks. */
export function livesOf(
  { hardships }: Pick<Simulated, "hardships">,
  table: Table,
  clock: Clock,
): Pick<Program, "storedAs" | "isLiving"> {
  const tenants = new Tenants(0, clock);
  if (!hardships.hasLives) return { storedAs: (tenant) => tenant, isLiving: () => true };
  return {
    storedAs: async (tenant) => (await tenants.find(table, tenant)).storedAs,
    isLiving: async (storedAs) => (await tenants.findStored(table, storedAs)) !== undefined,
  };
}

/** What a compactor asks for: the retention of the living. */
export function ifLiving(isLiving: Program["isLiving"], retention: () => number) {
  return (storedAs: string): number | undefined | Promise<number | undefined> => {
    const living = isLiving(storedAs);
    if (typeof living === "boolean") return living ? retention() : undefined;
    return living.then((is) => (is ? retention() : undefined));
  };
}
