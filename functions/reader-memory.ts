/** How much of a function's memory is for what its readers remember. */
import { ReaderMemory } from "../lib/storage/cache/reader-memory.ts";

/** An eighth: 221 MB of the query function, beside 128 MiB that a query holds and what it is evaluated in. */
const SHARE = 1 / 8;
const MIB = 1024 * 1024;
/** The least that Lambda has, for a runtime that does not say. */
const DEFAULT_MB = 128;

/** Lambda says in the environment how many MB a function has. */
export function newReaderMemory(env: Readonly<Record<string, string | undefined>>): ReaderMemory {
  return new ReaderMemory(Number(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? DEFAULT_MB) * MIB * SHARE);
}
