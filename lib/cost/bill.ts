/** The dollars of a month: usage times prices, on demand or provisioned. */
import {
  ALARM_METRIC_MONTH,
  API_REQUESTS_MILLION,
  type Capacity,
  GB,
  HOURS_PER_MONTH,
  LAMBDA_GB_SECOND,
  LAMBDA_REQUESTS_MILLION,
  LOGS_GB,
  METRIC_MONTH,
  MILLION,
  RECOVERY_GB_MONTH,
  TABLE_PRICES,
  type TableClass,
  type TablePrices,
} from "./aws-prices.ts";
import { DAYS_PER_MONTH, type MonthlyUsage } from "./usage.ts";

const SECONDS_PER_MONTH = DAYS_PER_MONTH * 24 * 3600;

/** How a stack is set up, as far as prices depend on it. */
export interface Billing {
  readonly capacity: Capacity;
  readonly tableClass: TableClass;
  readonly hasRecovery: boolean;
  /** Writes come by the write function's own URL. */
  readonly hasFunctionUrl: boolean;
  /** Of provisioned capacity: the share in use on average, and the least units a second there are. */
  readonly utilization: number;
  readonly minWriteCapacity: number;
  readonly minReadCapacity: number;
}

/** The defaults of template.yaml. */
export const DEFAULT_BILLING: Billing = {
  capacity: "on-demand",
  tableClass: "STANDARD",
  hasRecovery: true,
  hasFunctionUrl: false,
  utilization: 0.7,
  minWriteCapacity: 10,
  minReadCapacity: 50,
};

export interface Bill {
  readonly dynamodbWrite: number;
  readonly dynamodbRead: number;
  readonly lambda: number;
  readonly apiGateway: number;
  /** Chunks and index. */
  readonly storage: number;
  /** Log, dictionaries and runs. */
  readonly transientStorage: number;
  readonly rowStorage: number;
  readonly recovery: number;
  readonly logs: number;
  readonly metrics: number;
  readonly queries: number;
}

export function billOf(usage: MonthlyUsage, billing: Billing): Bill {
  const prices = TABLE_PRICES[billing.tableClass];
  const { ingestWrites, ingestReads, panelReads } = unitDollars(usage, billing, prices);
  const stored = (bytes: number) => (bytes / GB) * prices.storageGbMonth;
  const tableBytes = usage.lastingBytes + usage.transientBytes + usage.rowBytes;
  const panelRequests = (usage.panels / MILLION) * (API_REQUESTS_MILLION + LAMBDA_REQUESTS_MILLION);
  return {
    dynamodbWrite: ingestWrites,
    dynamodbRead: ingestReads,
    lambda:
      usage.lambdaGbSeconds * LAMBDA_GB_SECOND + (usage.lambdaRequests / MILLION) * LAMBDA_REQUESTS_MILLION,
    apiGateway: billing.hasFunctionUrl ? 0 : (usage.requests / MILLION) * API_REQUESTS_MILLION,
    storage: stored(usage.lastingBytes),
    transientStorage: stored(usage.transientBytes),
    rowStorage: stored(usage.rowBytes),
    recovery: billing.hasRecovery ? (tableBytes / GB) * RECOVERY_GB_MONTH : 0,
    logs: (usage.logBytes / GB) * LOGS_GB,
    metrics: usage.metrics * METRIC_MONTH + usage.alarmMetrics * ALARM_METRIC_MONTH,
    queries:
      panelReads +
      panelRequests +
      usage.panelGbSeconds * LAMBDA_GB_SECOND +
      (usage.panelLogBytes / GB) * LOGS_GB,
  };
}

/** Capacity that queries and compaction share is divided by what each reads. */
function unitDollars(usage: MonthlyUsage, billing: Billing, prices: TablePrices) {
  const { writeUnits, readUnits, panelReadUnits } = usage;
  if (billing.capacity === "on-demand") {
    const reads = (units: number) => (units / MILLION) * prices.readUnitsMillion;
    return {
      ingestWrites: (writeUnits / MILLION) * prices.writeUnitsMillion,
      ingestReads: reads(readUnits),
      panelReads: reads(panelReadUnits),
    };
  }
  const allReads = readUnits + panelReadUnits;
  const reads =
    capacityOf(allReads, billing.minReadCapacity, billing) * prices.readCapacityHour * HOURS_PER_MONTH;
  const ingestShare = allReads === 0 ? 1 : readUnits / allReads;
  return {
    ingestWrites:
      capacityOf(writeUnits, billing.minWriteCapacity, billing) * prices.writeCapacityHour * HOURS_PER_MONTH,
    ingestReads: reads * ingestShare,
    panelReads: reads * (1 - ingestShare),
  };
}

/** Units a second that auto scaling keeps for so many a month. */
export function capacityOf(
  unitsPerMonth: number,
  least: number,
  { utilization }: Pick<Billing, "utilization">,
): number {
  return Math.max(least, unitsPerMonth / SECONDS_PER_MONTH / utilization);
}

export function sumBill(bill: Bill): number {
  return Object.values(bill).reduce((all, one) => all + one, 0);
}

/** Of a bill, what it takes to take samples in: without storage, logs, metrics and queries. */
export function ingestDollars({ dynamodbWrite, dynamodbRead, lambda, apiGateway }: Bill): number {
  return dynamodbWrite + dynamodbRead + lambda + apiGateway;
}
