/** The share of a function's memory that its readers' cache may use. */
import { ReaderMemory } from "../lib/storage/cache/reader-memory.ts";

/**
 * 221 MB of the query function. A query holds up to 128 MiB beside it, and what its evaluation
 * needs.
 */
const SHARE = 1 / 8;
const MIB = 1024 * 1024;
/** Lambda's minimum, for a runtime that does not report its memory. */
const DEFAULT_MB = 128;

/** Lambda reports a function's memory in the environment, in MB. */
export function newReaderMemory(env: Readonly<Record<string, string | undefined>>): ReaderMemory {
  return new ReaderMemory(Number(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? DEFAULT_MB) * MIB * SHARE);
}
