/** A table, the time as its responses tell it, and its capacity. */
import type { Clock } from "../../model/time.ts";
import type { Meter, Table } from "../table/table.ts";
import { ClockGuard } from "./clock-guard.ts";
import { type DynamoDBTable, openTable, type TableOptions } from "./dynamodb-table.ts";
import { ServiceClock } from "./service-clock.ts";

export interface TimedTable {
  readonly table: DynamoDBTable;
  /** This process' clock, corrected by that of the service where it is off. */
  readonly clock: Clock;
  readonly clockGuard: ClockGuard;
  /** Counts on `meter`, too, what the guard's own calls cost. */
  readonly countProbes: (meter: Meter) => void;
  readonly writeCapacity: {
    /** Write units a second that are provisioned now; undefined: billed by request. */
    readonly read: () => Promise<number | undefined>;
    /** Calls refused for want of capacity since the table was opened. */
    readonly throttledCalls: () => number;
  };
}

/** A key that no item has. */
const NO_ITEM = { pk: Uint8Array.of(0), sk: Uint8Array.of(0) };

/** See `openTable`; `options.clock` is this process' own. */
export function openTimedTable(options: TableOptions): TimedTable {
  const serviceClock = new ServiceClock(options.clock);
  const table = openTable({ ...options, serviceClock });
  let probed: Table = table;
  return {
    table,
    clock: serviceClock.now,
    clockGuard: new ClockGuard(serviceClock, () => probed.get(NO_ITEM)),
    countProbes: (meter) => {
      probed = probed.metered(meter);
    },
    writeCapacity: { read: () => table.readWriteCapacity(), throttledCalls: () => table.throttledCalls },
  };
}
