import { HearthError } from "./errors.ts";
import { shorten } from "./shorten.ts";

/** What an environment variable switches on; not set, it does not. Throws "invalid" for anything but true and false. */
export function parseFlag(env: Readonly<Record<string, string | undefined>>, name: string): boolean {
  const text = env[name] || "false";
  if (text === "true" || text === "false") return text === "true";
  throw new HearthError("invalid", `${name}=${shorten(text)}: expected true or false`);
}
