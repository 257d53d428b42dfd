/** Hearth as its user runs it: another process, told by its environment, heard by its output. */
import assert from "node:assert/strict";
import { Child, IS_WINDOWS } from "./child.ts";

export const ROOT = new URL("../../", import.meta.url);

/** What this process' own environment must not say. */
const UNSET = {
  HOST: undefined,
  PORT: undefined,
  HEARTH_ACCESS_KEY_ID: undefined,
  HEARTH_SECRET_ACCESS_KEY: undefined,
  HEARTH_TENANT: undefined,
  HEARTH_TABLE: undefined,
  HEARTH_RETENTION_DAYS: undefined,
  HEARTH_ROLLUP_RETENTION_DAYS: undefined,
  AWS_ENDPOINT_URL_DYNAMODB: undefined,
  LOG_LEVEL: undefined,
};

export type HearthEnvironment = Readonly<Record<string, string | undefined>>;

/** The two ways to start it. */
export type Starter = "npm" | "node";

/** Most tests count what is stored, and want nothing there beside it. */
const QUIET = ["--no-self-scrape"];

export function spawnHearth(
  env: HearthEnvironment,
  starter: Starter,
  args: readonly string[] = QUIET,
): Child {
  const options = { cwd: ROOT, env: { ...UNSET, ...env } };
  return starter === "npm"
    ? new Child("npm", ["start", "--", ...args], { ...options, shell: IS_WINDOWS })
    : new Child(process.execPath, ["local/main.ts", ...args], options);
}

/** A Hearth that serves. */
export interface Hearth {
  readonly child: Child;
  readonly url: string;
  readonly port: number;
}

/** Starts Hearth and waits until it is ready. */
export async function startHearth(
  env: HearthEnvironment,
  starter: Starter = "npm",
  args: readonly string[] = QUIET,
): Promise<Hearth> {
  const child = spawnHearth(env, starter, args);
  try {
    const url = await untilReady(child);
    return { child, url, port: Number(new URL(url).port) };
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
}

/** Waits until Hearth serves; returns its URL. */
export function untilReady(child: Child): Promise<string> {
  return child.until("ready", async () => {
    const [, listening] = /^Hearth \S+ listens on (\S+),/m.exec(child.output) ?? [];
    return listening !== undefined && (await fetch(`${listening}/-/ready`)).ok && listening;
  });
}

/** Ends a process by a signal, on which it must end in good order; on Windows at once. */
export async function stopCleanly(child: Child, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  const status = await child.stop(signal);
  if (IS_WINDOWS) return;
  assert.deepEqual(status, { code: 0, signal: null }, `${child.name} ended otherwise:\n${child.output}`);
}
