/**
 * AWS list prices in us-east-1, in dollars, by the pages named. Not among them: free tiers, volume discounts, point-in-time
 * recovery, and what CloudWatch takes for log lines.
 */

/** DynamoDB on-demand, standard class. https://aws.amazon.com/dynamodb/pricing/on-demand/ */
export const WRITE_UNITS_MILLION = 0.625;
export const READ_UNITS_MILLION = 0.125;
export const STORAGE_GB_MONTH = 0.25;
/** Bytes that an item is billed for beside its own. */
export const STORAGE_ITEM_BYTES = 100;

/** Lambda, arm64. https://aws.amazon.com/lambda/pricing/ */
export const LAMBDA_GB_SECOND = 0.0000133334;
export const LAMBDA_REQUESTS_MILLION = 0.2;

/** API Gateway, REST API. https://aws.amazon.com/api-gateway/pricing/ */
export const API_REQUESTS_MILLION = 3.5;

/** Amazon Managed Service for Prometheus, the first 2 billion samples. https://aws.amazon.com/prometheus/pricing/ */
export const AMP_SAMPLES_MILLION = 0.09;

/** Memory, in MB, with which a Lambda has one whole CPU. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MEMORY_OF_ONE_CPU_MB = 1769;
/** Sizes of the functions, in MB. */
export const WRITE_MEMORY_MB = 256;
export const COMPACT_MEMORY_MB = 1024;
/** What a call of DynamoDB keeps a function waiting, in seconds: an assumption, a put of some KB in the same region. */
export const CALL_WAIT_SECONDS = 0.008;

/**
 * What a function costs that works `cpuSeconds` and waits for `calls` one after another: less memory is a slower CPU in
 * proportion, so work costs the same in any size, and waiting costs by the size.
 */
export function lambdaDollars(cpuSeconds: number, calls: number, memoryMb: number): number {
  const gbSeconds = (cpuSeconds * MEMORY_OF_ONE_CPU_MB + calls * CALL_WAIT_SECONDS * memoryMb) / 1024;
  return gbSeconds * LAMBDA_GB_SECOND;
}
