/** What the routes are made of, from what differs between a function, `npm start` and a benchmark. */
import { KeyVerifier } from "../auth/verifier.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import type { RetentionMs } from "../storage/layout/retention.ts";
import { HaTracker } from "../storage/tenants/ha-tracker.ts";
import { Tenants } from "../storage/tenants/tenant-settings.ts";
import { DEFAULT_WRITERS_BYTES, Writers } from "../storage/write/writers.ts";
import type { Services } from "./gateway.ts";

export interface ServiceParts
  extends Pick<Services, "table" | "clock" | "randomBytes" | "otlp" | "log" | "metrics"> {
  /** Of tenants for which none is set. */
  readonly retentionMs: RetentionMs;
}

/** With the default limits; once for a process, which keeps what it learns in them. */
export function composeServices({ retentionMs, ...parts }: ServiceParts): Services {
  const { clock, randomBytes } = parts;
  const limits = DEFAULT_LIMITS;
  return {
    ...parts,
    limits,
    tenants: new Tenants(retentionMs, clock),
    haTracker: new HaTracker(clock),
    keys: new KeyVerifier(clock),
    writers: new Writers({ clock, randomBytes, limits, maxBytes: DEFAULT_WRITERS_BYTES }),
  };
}
