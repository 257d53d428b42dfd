/** Threads that compute for long give way to those that answer soon. */
import { readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/**
 * Adds to the niceness of the calling thread alone, where the system can: on Linux. 19 is the least priority. Without
 * privileges it cannot be raised again.
 */
export function lowerPriority(increment: number): void {
  if (process.platform !== "linux") return;
  try {
    // `4711/task/4712`, of the thread that asks.
    const thread = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
    setPriority(thread, Math.min(19, getPriority(thread) + increment));
  } catch {
    // Without /proc all threads are alike.
  }
}
