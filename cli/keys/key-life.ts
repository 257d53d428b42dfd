/** When an access key ends: `--expires` of `keys create`, `--grace` of `keys rotate`. */
import { HearthError } from "../../lib/model/errors.ts";
import { DAY_MS } from "../../lib/model/time.ts";
import { parseDuration } from "../../lib/promql/syntax/duration-text.ts";

/** How long the old key of a rotation works. */
const DEFAULT_GRACE_MS = 7 * DAY_MS;

/** In ms, of a day (its end, UTC), a time or a duration from now; undefined without the option. Throws "invalid". */
export function parseExpires(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const expiresMs = momentOf(text, nowMs);
  if (expiresMs > nowMs) return expiresMs;
  throw new HearthError(
    "invalid",
    `--expires ${text}: expected a later day (2027-01-31), time (RFC 3339) or duration from now (90d)`,
  );
}

/** NaN for what is none. */
function momentOf(text: string, nowMs: number): number {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return Date.parse(`${text}T00:00:00Z`) + DAY_MS;
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return Date.parse(text);
  const duration = parseDuration(text);
  return duration.ok ? nowMs + duration.ms : Number.NaN;
}

/** In ms. Throws "invalid". */
export function parseGrace(text: string | undefined): number {
  if (text === undefined) return DEFAULT_GRACE_MS;
  const duration = parseDuration(text);
  if (text === "0" || duration.ok) return duration.ok ? duration.ms : 0;
  throw new HearthError("invalid", `--grace ${text}: expected a duration, for instance 24h, or 0`);
}
