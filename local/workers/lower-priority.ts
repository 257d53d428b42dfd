/** Threads that compute for long give way to those that answer soon. */
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";

/** As `nice`: 0 is usual, 19 the least. Of the calling thread alone, where the system can: on Linux. */
export function lowerPriority(nice: number): void {
  if (process.platform !== "linux") return;
  try {
    // `4711/task/4712`, of the thread that asks.
    const thread = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
    setPriority(thread, nice);
  } catch {
    // Without /proc all threads are alike.
  }
}
