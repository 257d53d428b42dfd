/**
 * AWS list prices in us-east-1, in dollars, from the pages named; November 2026. Without free tiers
 * and volume discounts.
 */

/** How DynamoDB bills a table's reads and writes. */
export type Capacity = "on-demand" | "provisioned";
export type TableClass = "STANDARD" | "STANDARD_INFREQUENT_ACCESS";

export interface TablePrices {
  /** On demand. https://aws.amazon.com/dynamodb/pricing/on-demand/ */
  readonly writeUnitsMillion: number;
  readonly readUnitsMillion: number;
  /** Provisioned: a unit a second for an hour. https://aws.amazon.com/dynamodb/pricing/provisioned/ */
  readonly writeCapacityHour: number;
  readonly readCapacityHour: number;
  readonly storageGbMonth: number;
}

export const TABLE_PRICES: Readonly<Record<TableClass, TablePrices>> = {
  STANDARD: {
    writeUnitsMillion: 0.625,
    readUnitsMillion: 0.125,
    writeCapacityHour: 0.00065,
    readCapacityHour: 0.00013,
    storageGbMonth: 0.25,
  },
  STANDARD_INFREQUENT_ACCESS: {
    writeUnitsMillion: 0.78,
    readUnitsMillion: 0.155,
    writeCapacityHour: 0.00081,
    readCapacityHour: 0.00016,
    storageGbMonth: 0.1,
  },
};

/** Point-in-time recovery, on the size of the table. https://aws.amazon.com/dynamodb/pricing/on-demand/ */
export const RECOVERY_GB_MONTH = 0.2;
/** Bytes billed for an item beside its own. Same page. */
export const STORAGE_ITEM_BYTES = 100;

/** Lambda, arm64. https://aws.amazon.com/lambda/pricing/ */
export const LAMBDA_GB_SECOND = 0.0000133334;
export const LAMBDA_REQUESTS_MILLION = 0.2;

/** API Gateway, REST API. https://aws.amazon.com/api-gateway/pricing/ */
export const API_REQUESTS_MILLION = 3.5;

/** CloudWatch. https://aws.amazon.com/cloudwatch/pricing/ */
export const LOGS_GB = 0.5;
export const METRIC_MONTH = 0.3;
/** Of an alarm, for each metric that it looks at. */
export const ALARM_METRIC_MONTH = 0.1;

export const GB = 1024 ** 3;
export const MILLION = 1e6;
/** AWS' month in prices by the hour. */
export const HOURS_PER_MONTH = 730;
