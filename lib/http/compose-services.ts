/** The services of processes that write. Those of others: `composeReadServices`. */
import { HaTracker } from "../storage/tenants/ha-tracker.ts";
import { DEFAULT_WRITERS_BYTES, Writers } from "../storage/write/writers.ts";
import { composeReadServices, type ServiceParts } from "./compose-read-services.ts";
import type { WriteServices } from "./gateway.ts";

export interface WriteServiceParts extends ServiceParts {
  /** What writers may hold in memory, in bytes; default: `DEFAULT_WRITERS_BYTES`. */
  readonly writersBytes?: number | undefined;
}

/** Call once per process, as `composeReadServices`. */
export function composeServices({ writersBytes, ...parts }: WriteServiceParts): WriteServices {
  const services = composeReadServices(parts);
  const { clockGuard, randomBytes, limits } = services;
  // A clock that is weeks ahead for a moment must not date what is stored.
  const clock = clockGuard?.bounded ?? services.clock;
  const maxBytes = writersBytes ?? DEFAULT_WRITERS_BYTES;
  return {
    ...services,
    haTracker: new HaTracker(services.clock),
    writers: new Writers({ clock, latestDate: () => clockGuard?.latestDate, randomBytes, limits, maxBytes }),
  };
}
