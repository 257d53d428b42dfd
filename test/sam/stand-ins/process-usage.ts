/** CPU time and memory of a process in a container, by /proc of this machine. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

/** Ticks of /proc are hundredths of a second on every Linux that Docker runs on. */
const TICK_MS = 10;

export interface Usage {
  readonly cpuMs: number;
  /** The most that it ever had. */
  readonly peakBytes: number;
}

/** The process of Node below another, which the runtime starts with the first event; 0 if there is none. */
export function findNode(pid: number): number {
  if (basename(readlinkSync(`/proc/${pid}/exe`)) === "node") return pid;
  for (const thread of readdirSync(`/proc/${pid}/task`))
    for (const child of read(`/proc/${pid}/task/${thread}/children`).split(" "))
      if (child !== "") {
        const found = findNode(Number(child));
        if (found !== 0) return found;
      }
  return 0;
}

export function usageOf(pid: number): Usage {
  const stat = read(`/proc/${pid}/stat`);
  // The name, in parentheses, is the second field; user and system time are the 14th and the 15th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [, peakKiB] = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`)) ?? [];
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, peakBytes: Number(peakKiB) * 1024 };
}

function read(path: string): string {
  return readFileSync(path, "utf8").trim();
}
