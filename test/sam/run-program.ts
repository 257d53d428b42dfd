/** A program run to its end. */
import { execFile } from "node:child_process";

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export interface RunOptions {
  readonly cwd?: string;
  /** Beside what this process has; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
}

/** What it wrote to standard output and to standard error. Throws with both when it fails or takes too long. */
export function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env, timeoutMs = 120_000 }: RunOptions = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const options = { cwd, env: { ...process.env, ...env }, timeout: timeoutMs, maxBuffer: MAX_OUTPUT_BYTES };
  return new Promise((resolve, reject) => {
    execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr });
      else reject(new Error(`${program} ${args.join(" ")}: ${error.message}\n${stdout}\n${stderr}`));
    });
  });
}
