/** What goes on beside the measured requests, each in processes of the lowest priority: their own work is not measured. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, constants, setPriority } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Heavy } from "./heavy-process.ts";

export interface Noise {
  /** Resolves once it is on its way. */
  begin(): Promise<void>;
  /** Stops it until it begins again. Returns how many heavy requests ended by themselves. */
  pause(): Promise<number>;
  close(): Promise<void>;
}

export const SILENCE: Noise = { begin: async () => {}, pause: async () => 0, close: async () => {} };

/** Other programs that leave no processor idle: the floor, which any use of the machine has. */
export function newBusyProcesses(): Noise {
  let children: ChildProcess[] = [];
  const pause = async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    return 0;
  };
  return {
    async begin() {
      children = Array.from({ length: availableParallelism() }, () => start(["--eval", "for (;;);"]));
    },
    pause,
    close: async () => void pause(),
  };
}

export function newHeavyRequests(url: string, which: Heavy): Noise {
  const child = start([join(import.meta.dirname, "heavy-process.ts"), url, which]);
  const lines = createInterface(child.stdout!)[Symbol.asyncIterator]();
  const ask = async (word: "begin" | "pause"): Promise<string> => {
    child.stdin!.write(`${word}\n`);
    const { done, value } = await lines.next();
    if (done === true) throw new Error(`the process that sends heavy requests (${which}) ended`);
    return value;
  };
  return {
    begin: async () => void (await ask("begin")),
    pause: async () => Number(await ask("pause")),
    async close() {
      child.stdin!.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  setPriority(child.pid!, constants.priority.PRIORITY_LOW);
  return child;
}
