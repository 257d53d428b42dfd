/** Other people's programs that these tests drive. */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";

/**
 * Undefined when all programs are installed, else why a test cannot run. In CI, where `.ci/run` installs them, a missing
 * one is an error.
 */
export async function whyMissing(...programs: readonly string[]): Promise<string | undefined> {
  const installed = await Promise.all(programs.map(isInstalled));
  const missing = programs.filter((_, i) => !installed[i]);
  return missing.length === 0 ? undefined : skipReason(`not installed: ${missing.join(", ")}`);
}

/** Why a test is skipped; throws it in CI, where nothing may be. */
export function skipReason(reason: string): string {
  if (process.env.CI === "true") throw new Error(`must run in CI: ${reason}`);
  return reason;
}

async function isInstalled(program: string): Promise<boolean> {
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    try {
      await access(join(directory, program), constants.X_OK);
      return true;
    } catch {
      // Perhaps in the next one.
    }
  }
  return false;
}
