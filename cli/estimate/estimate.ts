/** The bills of a load: of Hearth in each mode, and of managed services. */
import type { Capacity, TableClass } from "../../lib/cost/aws-prices.ts";
import { type Bill, type Billing, billOf, capacityOf, DEFAULT_BILLING } from "../../lib/cost/bill.ts";
import { figuresOf, type Load, samplesPerMonth } from "../../lib/cost/load.ts";
import { type ServiceBill, serviceBills } from "../../lib/cost/managed-services.ts";
import { type Plan, usageOf } from "../../lib/cost/usage.ts";

export interface Mode {
  readonly name: string;
  readonly capacity: Capacity;
  readonly tableClass: TableClass;
  readonly bill: Bill;
}

export interface Estimate {
  readonly load: Load;
  readonly plan: Plan;
  readonly samplesPerMonth: number;
  /** Units a second of the table if its capacity is provisioned. */
  readonly writeCapacity: number;
  readonly readCapacity: number;
  readonly modes: readonly Mode[];
  readonly services: readonly ServiceBill[];
  /** Where the load comes from. */
  readonly notes: readonly string[];
}

const MODES: readonly Omit<Mode, "bill">[] = [
  { name: "on demand", capacity: "on-demand", tableClass: "STANDARD" },
  { name: "provisioned", capacity: "provisioned", tableClass: "STANDARD" },
  { name: "on demand, IA", capacity: "on-demand", tableClass: "STANDARD_INFREQUENT_ACCESS" },
  { name: "provisioned, IA", capacity: "provisioned", tableClass: "STANDARD_INFREQUENT_ACCESS" },
];

export function estimateOf(
  load: Load,
  plan: Plan,
  notes: readonly string[],
  setUp: Partial<Pick<Billing, "hasFunctionUrl">> = {},
): Estimate {
  const samples = samplesPerMonth(load);
  const usage = usageOf(samples, figuresOf(load), plan);
  const { minWriteCapacity, minReadCapacity } = DEFAULT_BILLING;
  return {
    load,
    plan,
    samplesPerMonth: samples,
    writeCapacity: capacityOf(usage.writeUnits, minWriteCapacity, DEFAULT_BILLING),
    readCapacity: capacityOf(usage.readUnits + usage.panelReadUnits, minReadCapacity, DEFAULT_BILLING),
    modes: MODES.map((mode) => ({ ...mode, bill: billOf(usage, { ...DEFAULT_BILLING, ...setUp, ...mode }) })),
    services: serviceBills(samples, plan),
    notes,
  };
}
