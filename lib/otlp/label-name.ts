/** Converts OpenTelemetry's attribute keys to label names, as Prometheus 3.16 does by default. */
import { HearthError } from "../model/errors.ts";
import { quoteInput } from "../model/shorten.ts";

/**
 * Keeps any text if `allowUtf8`. Otherwise replaces all characters but letters, digits and underscores
 * by underscores, and puts `key` before a name that may not start so. Throws "invalid" if nothing of
 * the key is left.
 */
export function labelName(key: string, allowUtf8: boolean): string {
  const name = allowUtf8 ? key : escapeKey(key);
  if (/[^_]/u.test(name)) return name;
  throw new HearthError(
    "invalid",
    key === "" ? "an attribute has an empty key" : `attribute ${quoteInput(key)}: no label can have its name`,
  );
}

function escapeKey(key: string): string {
  const escaped = key.replace(/[^a-zA-Z0-9]/gu, "_");
  if (/^[0-9]/.test(escaped)) return `key_${escaped}`;
  // Names that start with two underscores are reserved and stay unchanged.
  return /^_(?!_)/.test(escaped) ? `key${escaped}` : escaped;
}
