/** What goes on beside the measured requests, each in processes of the lowest priority: their own work is not measured. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, constants, setPriority } from "node:os";
import { join } from "node:path";
import type { Heavy } from "./heavy-process.ts";

export interface Noise {
  /** Ends it. Returns how many heavy requests ended by themselves. */
  end(): Promise<number>;
}

export const SILENCE: Noise = { end: async () => 0 };

/** Other programs that leave no processor idle: the floor, which any use of the machine has. */
export function startBusyProcesses(): Noise {
  const children = Array.from({ length: availableParallelism() }, () => start(["--eval", "for (;;);"]));
  return {
    async end() {
      for (const child of children) child.kill("SIGKILL");
      return 0;
    },
  };
}

/** Resolves once the requests are on their way. */
export async function startHeavyRequests(url: string, which: Heavy): Promise<Noise> {
  const child = start([join(import.meta.dirname, "heavy-process.ts"), url, which]);
  let output = "";
  child.stdout!.on("data", (data) => (output += data));
  await once(child.stdout!, "data");
  return {
    async end() {
      child.stdin!.end();
      await once(child, "exit");
      return Number(output.split("\n")[1]);
    },
  };
}

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  setPriority(child.pid!, constants.priority.PRIORITY_LOW);
  return child;
}
