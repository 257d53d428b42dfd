/** What a process' program has: its table, with checksums, and a clock that the table's answers correct. */
import type { Clock } from "../../lib/model/time.ts";
import { ClockGuard } from "../../lib/storage/dynamodb/clock-guard.ts";
import { ServiceClock } from "../../lib/storage/dynamodb/service-clock.ts";
import { VerifiedTable } from "../../lib/storage/layout/verified-table.ts";
import type { Table } from "../../lib/storage/table/table.ts";
import { ScheduledTable } from "./scheduled-table.ts";
import type { Process } from "./scheduler.ts";
import type { Simulated } from "./simulated.ts";

/** A key that no item has. */
const NO_ITEM = { pk: Uint8Array.of(0), sk: Uint8Array.of(0) };

export interface Program {
  readonly table: Table;
  readonly clock: Clock;
  readonly clockGuard: ClockGuard;
  /** What the clock has said since this was called, as its least and its most. */
  watchClock(): ClockSpan;
}

export interface ClockSpan {
  minMs: number;
  maxMs: number;
}

export function newProgram(sim: Simulated, process: Process): Program {
  const serviceClock = new ServiceClock(sim.scheduler.clockOf(process));
  const table = new ScheduledTable(sim, process, serviceClock);
  const spans: ClockSpan[] = [];
  const clock = () => {
    const ms = serviceClock.now();
    for (const span of spans) {
      span.minMs = Math.min(span.minMs, ms);
      span.maxMs = Math.max(span.maxMs, ms);
    }
    return ms;
  };
  const watchClock = () => {
    const span = { minMs: Number.POSITIVE_INFINITY, maxMs: Number.NEGATIVE_INFINITY };
    spans.push(span);
    clock();
    return span;
  };
  return {
    table: new VerifiedTable(table),
    clock,
    watchClock,
    clockGuard: new ClockGuard(serviceClock, () => table.get(NO_ITEM)),
  };
}
