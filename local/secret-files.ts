/** Secrets of alert receivers from files: a variable NAME_FILE gives NAME its file's text. */
import { readFileSync } from "node:fs";
import { errorMessage, HearthError } from "../lib/model/errors.ts";
import type { Environment } from "./settings.ts";

const FILES = {
  HEARTH_ALERTMANAGER_AUTH: "HEARTH_ALERTMANAGER_AUTH_FILE",
  HEARTH_ALERT_WEBHOOK_AUTH: "HEARTH_ALERT_WEBHOOK_AUTH_FILE",
};

/** Throws "invalid" with the variable's name for a file that cannot be read, and for a secret that is set twice. */
export function withSecretFiles(env: Environment): Environment {
  const read: Record<string, string> = {};
  for (const [name, variable] of Object.entries(FILES)) {
    const path = env[variable];
    if (!path) continue;
    if (env[name]) throw new HearthError("invalid", `${name} and ${variable}: set one of them`);
    read[name] = readSecret(variable, path);
  }
  return { ...env, ...read };
}

function readSecret(variable: string, path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    throw new HearthError("invalid", `${variable}=${path}: ${errorMessage(cause)}`, { cause });
  }
}
