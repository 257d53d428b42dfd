/** Keys of OpenTelemetry's attributes -> names of labels, as Prometheus 3.14 makes them by default. */
import { HearthError } from "../model/errors.ts";
import { quoteInput } from "../model/shorten.ts";

/**
 * A name may be any text if `allowUtf8`; otherwise every character but letters, digits and underscores becomes an
 * underscore, and one that does not start a name gets `key` before it. Throws "invalid" when nothing of the key is left.
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
  // A name with two underscores at its start is reserved, and stays what it is.
  return /^_(?!_)/.test(escaped) ? `key${escaped}` : escaped;
}
