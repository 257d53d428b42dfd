/** What a function costs: its sizes in template.yaml, and the prices of lib/cost. */
import { LAMBDA_GB_SECOND } from "../../lib/cost/aws-prices.ts";

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
 * What Lambda bills for a function that computes for `cpuSeconds` and awaits `calls` one after another.
 * CPU speed is proportional to memory, so computing costs the same in any size, and waiting by the size.
 */
export function lambdaGbSeconds(cpuSeconds: number, calls: number, memoryMb: number): number {
  return (cpuSeconds * MEMORY_OF_ONE_CPU_MB + calls * CALL_WAIT_SECONDS * memoryMb) / 1024;
}

export function lambdaDollars(cpuSeconds: number, calls: number, memoryMb: number): number {
  return lambdaGbSeconds(cpuSeconds, calls, memoryMb) * LAMBDA_GB_SECOND;
}
