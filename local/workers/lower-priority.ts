/** Threads that compute for long yield to those that respond soon. On Linux alone: elsewhere a thread has no priority of its own. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

const LEAST_PRIORITY = 19;

/** Adds to the niceness of the calling thread. Without privileges it cannot be taken back. */
export function lowerPriority(increment: number): void {
  // `4711/task/4712`, of the thread that asks.
  onLinux(() => lower(Number(readlinkSync("/proc/thread-self").split("/").at(-1)), increment));
}

/** Adds to the niceness of this process' threads of a name, such as V8's own. */
export function lowerPriorityOf(name: string, increment: number): void {
  onLinux(() => {
    for (const thread of readdirSync("/proc/self/task"))
      if (readFileSync(`/proc/self/task/${thread}/comm`, "utf8").trim() === name)
        lower(Number(thread), increment);
  });
}

function lower(thread: number, increment: number): void {
  setPriority(thread, Math.min(LEAST_PRIORITY, getPriority(thread) + increment));
}

function onLinux(action: () => void): void {
  if (process.platform !== "linux") return;
  try {
    action();
  } catch {
    // Without /proc all threads are alike.
  }
}
