/**
 * The most that a request may cost, by its group: a part that any request may cost, and one for its size. docs/limits.md
 * has the same table.
 */
import type { Group } from "./requests.ts";
import type { Cost } from "./subject.ts";

export interface Budget {
  /** Milliseconds of CPU of any request. */
  readonly cpuMs: number;
  /** Nanoseconds of CPU for each byte of a body, decompressed. */
  readonly cpuNsPerByte: number;
  /** MB of any request. */
  readonly memoryMb: number;
  /** Bytes of memory for each byte of a body, decompressed. */
  readonly memoryPerByte: number;
}

export const BUDGETS: Readonly<Record<Group, Budget>> = {
  "remote write 1.0": { cpuMs: 500, cpuNsPerByte: 1000, memoryMb: 200, memoryPerByte: 20 },
  "remote write 2.0": { cpuMs: 500, cpuNsPerByte: 1000, memoryMb: 200, memoryPerByte: 20 },
  "OTLP protobuf": { cpuMs: 500, cpuNsPerByte: 1000, memoryMb: 150, memoryPerByte: 20 },
  "OTLP JSON": { cpuMs: 500, cpuNsPerByte: 1000, memoryMb: 150, memoryPerByte: 20 },
  "remote read": { cpuMs: 500, cpuNsPerByte: 1000, memoryMb: 150, memoryPerByte: 20 },
  parameters: { cpuMs: 300, cpuNsPerByte: 300, memoryMb: 150, memoryPerByte: 20 },
  identities: { cpuMs: 300, cpuNsPerByte: 300, memoryMb: 150, memoryPerByte: 20 },
  "rule groups": { cpuMs: 3000, cpuNsPerByte: 2000, memoryMb: 200, memoryPerByte: 200 },
  texts: { cpuMs: 1000, cpuNsPerByte: 1000, memoryMb: 200, memoryPerByte: 100 },
  patterns: { cpuMs: 3000, cpuNsPerByte: 1000, memoryMb: 300, memoryPerByte: 100 },
  // Twice their timeout, for evaluation and printing, and garbage collection.
  expressions: { cpuMs: 2000, cpuNsPerByte: 0, memoryMb: 1200, memoryPerByte: 0 },
};

const MB = 1e6;

/** An error that is longer repeats what came. */
const MAX_ERROR_BYTES = 4096;

/** The faults of a cost: each budget that it passes, a response that is an internal error, and a long error. */
export function faultsOf(
  group: Group,
  { status, cpuMs, memoryBytes, bodyBytes, answerBytes }: Cost,
): string[] {
  const budget = BUDGETS[group];
  const mostMs = budget.cpuMs + (budget.cpuNsPerByte * bodyBytes) / 1e6;
  const mostBytes = budget.memoryMb * MB + budget.memoryPerByte * bodyBytes;
  const faults: string[] = [];
  if (status === 500) faults.push("responded with 500");
  if (status >= 400 && answerBytes > MAX_ERROR_BYTES) faults.push(`an error of ${answerBytes} bytes`);
  if (cpuMs > mostMs) faults.push(`${Math.round(cpuMs)} ms of CPU, budget ${Math.round(mostMs)}`);
  if (memoryBytes > mostBytes)
    faults.push(`${Math.round(memoryBytes / MB)} MB, budget ${Math.round(mostBytes / MB)}`);
  return faults;
}
