/** A program under test as a child process. Its output is kept for the error message, and it always ends. */
import { spawn, spawnSync } from "node:child_process";
import { setTimeout } from "node:timers/promises";

/** What a failing test shows. */
const OUTPUT_CHARACTERS = 20_000;
const POLL_MS = 50;
/** Generous: a shared machine may be busy, and a condition that holds ends the wait at once. */
const WAIT_MS = 60_000;

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartOptions {
  /** Instead of what this process has; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string | URL;
  /** For a command that is a script of the system's shell. */
  readonly shell?: boolean;
}

/** The groups of the children that run: what they started ends with them. */
const groups = new Set<number>();
process.once("exit", () => {
  for (const pid of groups) killGroup(pid);
});

/** Windows has no process groups and no signals: a process ends at once, there with its descendants. */
export const IS_WINDOWS = process.platform === "win32";

function killGroup(pid: number): void {
  if (IS_WINDOWS) {
    spawnSync("taskkill", ["/pid", String(pid), "/t", "/f"]);
    return;
  }
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

export class Child {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<ExitStatus>;
  #status: ExitStatus | undefined;
  #output = "";

  constructor(command: string, args: readonly string[], options: StartOptions = {}) {
    const env = { ...process.env, ...options.env };
    const child = spawn(command, args, {
      env,
      cwd: options.cwd,
      shell: options.shell ?? false,
      stdio: ["ignore", "pipe", "pipe"],
      detached: !IS_WINDOWS,
    });
    if (child.pid === undefined) throw new Error(`cannot start ${command}; is it installed?`);
    this.name = [command, ...args].slice(0, 2).join(" ");
    this.pid = child.pid;
    groups.add(this.pid);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_CHARACTERS);
      });
    }
    this.exited = new Promise((resolve) => {
      // "close" and not "exit": the output is complete then.
      child.once("close", (code, signal) => {
        groups.delete(this.pid);
        this.#status = { code, signal };
        resolve(this.#status);
      });
    });
  }

  /** The last of what it wrote to standard output and standard error. */
  get output(): string {
    return this.#output;
  }

  /** Waits until `condition` answers something; fails when the process ends first, or after `waitMs`. */
  async until<T>(
    what: string,
    condition: () => Promise<T | false | undefined>,
    waitMs = WAIT_MS,
  ): Promise<T> {
    const deadline = performance.now() + waitMs;
    let reason = "";
    for (;;) {
      if (this.#status !== undefined) throw this.#failure(`ended before ${what}`);
      try {
        const value = await condition();
        if (value !== undefined && value !== false) return value;
      } catch (error) {
        reason = `, last error: ${error instanceof Error ? `${error.message} ${error.cause ?? ""}` : error}`;
      }
      if (performance.now() > deadline) throw this.#failure(`not ${what} after ${waitMs} ms${reason}`);
      await setTimeout(POLL_MS);
    }
  }

  /** Sends a signal to the process itself, not to those that it started. On Windows it ends all. */
  signal(signal: NodeJS.Signals): void {
    if (IS_WINDOWS) killGroup(this.pid);
    else process.kill(this.pid, signal);
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals = "SIGTERM", waitMs = WAIT_MS): Promise<ExitStatus> {
    if (this.#status === undefined) this.signal(signal);
    const late = new AbortController();
    const ended = await Promise.race([
      this.exited,
      setTimeout(waitMs, undefined, { signal: late.signal, ref: false }).catch(() => undefined),
    ]);
    late.abort();
    if (ended === undefined) throw this.#failure(`still runs ${waitMs} ms after ${signal}`);
    return ended;
  }

  /** Ends it and what it started, at once; for clean-up. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#status === undefined) killGroup(this.pid);
    await this.exited;
  }

  #failure(message: string): Error {
    return new Error(`${this.name}: ${message}\n${this.#output}`);
  }
}
