/** Starts and ends the noise in its process, at the lowest priority: its own work is not what is measured. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import type { Told } from "./noisy-load.ts";
import type { NoiseTask } from "./noisy-process.ts";

export interface RunningNoise {
  /** Resolves once it is there. */
  readonly begun: Promise<unknown>;
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<unknown>;
  /** Ends it. Returns what the tenant was told, by status. */
  end(): Promise<Readonly<Record<string, Told>>>;
}

export function startNoise(task: NoiseTask): RunningNoise {
  const child = spawn(process.execPath, [join(import.meta.dirname, "noisy-process.ts")], {
    env: { ...process.env, NOISE_TASK: JSON.stringify(task) },
    stdio: ["pipe", "pipe", "inherit"],
  });
  setPriority(child.pid!, constants.priority.PRIORITY_LOW);
  let output = "";
  child.stdout.on("data", (data) => (output += data));
  const ended = once(child, "exit");
  return {
    begun: once(child.stdout, "data"),
    ended,
    async end() {
      child.stdin.end();
      await ended;
      return JSON.parse(output.split("\n")[1]) as Record<string, Told>;
    },
  };
}

/** USER_HZ of Linux. */
const TICKS_PER_SECOND = 100;

/** The CPU seconds that a process has taken; NaN where there is no /proc. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
