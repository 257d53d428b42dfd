/** CPU time of another process, by thread. https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat */
import { readdirSync, readFileSync } from "node:fs";

/** CPU time in ms by thread id. */
export type ThreadCpu = ReadonlyMap<string, number>;

export function readThreadCpu(pid: number): ThreadCpu {
  const tasks = `/proc/${pid}/task`;
  const cpu = new Map<string, number>();
  for (const thread of readdirSync(tasks)) {
    try {
      const [nanoseconds] = readFileSync(`${tasks}/${thread}/schedstat`, "latin1").split(" ");
      cpu.set(thread, Number(nanoseconds) / 1e6);
    } catch {
      // It has ended since.
    }
  }
  return cpu;
}

/** What each thread has taken since, in ms; a thread that has ended took nothing. */
export function cpuSince(before: ThreadCpu, after: ThreadCpu): ThreadCpu {
  return new Map(Array.from(after, ([thread, ms]) => [thread, ms - (before.get(thread) ?? 0)]));
}

/** The thread that took most, and what it took. */
export function busiest(spent: ThreadCpu): readonly [thread: string, cpuMs: number] {
  let most: readonly [string, number] = ["", 0];
  for (const one of spent) if (one[1] > most[1]) most = one;
  return most;
}
