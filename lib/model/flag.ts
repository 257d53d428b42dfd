import { HearthError } from "./errors.ts";
import { shorten } from "./shorten.ts";

/** Whether an environment variable is true; `fallback` when it is not set. Throws "invalid" for anything but true and false. */
export function parseFlag(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  fallback = false,
): boolean {
  const text = env[name] || String(fallback);
  if (text === "true" || text === "false") return text === "true";
  throw new HearthError("invalid", `${name}=${shorten(text)}: expected true or false`);
}
