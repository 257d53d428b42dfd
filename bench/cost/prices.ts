/**
 * AWS list prices in us-east-1, in dollars, from the pages named. Without free tiers, volume discounts,
 * point-in-time recovery and CloudWatch's price of log lines.
 */

/** DynamoDB on-demand, standard class. https://aws.amazon.com/dynamodb/pricing/on-demand/ */
export const WRITE_UNITS_MILLION = 0.625;
export const READ_UNITS_MILLION = 0.125;
export const STORAGE_GB_MONTH = 0.25;
/** Bytes billed for an item beside its own. */
export const STORAGE_ITEM_BYTES = 100;

/** Lambda, arm64. https://aws.amazon.com/lambda/pricing/ */
export const LAMBDA_GB_SECOND = 0.0000133334;
export const LAMBDA_REQUESTS_MILLION = 0.2;

/** API Gateway, REST API. https://aws.amazon.com/api-gateway/pricing/ */
export const API_REQUESTS_MILLION = 3.5;

/**
 * Amazon Managed Service for Prometheus, the first 2 billion samples.
 * https://aws.amazon.com/prometheus/pricing/
 */
export const AMP_SAMPLES_MILLION = 0.09;

/**
 * Memory, in MB, with which a Lambda has one whole CPU.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
 */
const MEMORY_OF_ONE_CPU_MB = 1769;
/** Sizes of the functions in template.yaml, in MB. */
export const WRITE_MEMORY_MB = 512;
export const COMPACT_MEMORY_MB = 1024;
/**
 * The latency of a DynamoDB call in seconds: an assumption, for a put of some KB in the same
 * region.
 */
export const CALL_WAIT_SECONDS = 0.008;

/**
 * The cost of a function that computes for `cpuSeconds` and awaits `calls` one after another. CPU speed
 * is proportional to memory, so computing costs the same in any size, and waiting by the size.
 */
export function lambdaDollars(cpuSeconds: number, calls: number, memoryMb: number): number {
  const gbSeconds = (cpuSeconds * MEMORY_OF_ONE_CPU_MB + calls * CALL_WAIT_SECONDS * memoryMb) / 1024;
  return gbSeconds * LAMBDA_GB_SECOND;
}
