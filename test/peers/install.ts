/**
 * Installs the npm packages that only the tests here use, into test/peers/node_modules, unless they
 * are there: a user's `npm ci` does without their 30 MB and their need of a newer Node.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const LOCK = join(import.meta.dirname, "package-lock.json");
/** The lock file that was installed. */
const INSTALLED = join(import.meta.dirname, "node_modules/.installed-lock.json");

if (!existsSync(INSTALLED) || !readFileSync(INSTALLED).equals(readFileSync(LOCK))) {
  // npm is a script in cmd's language on Windows, which only a shell starts.
  const shell = process.platform === "win32";
  const options = { cwd: import.meta.dirname, stdio: "inherit", shell } as const;
  const { status, error } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], options);
  if (status !== 0) throw new Error(`npm ci in test/peers failed: status=${status}`, { cause: error });
  copyFileSync(LOCK, INSTALLED);
}
