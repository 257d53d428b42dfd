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
  const { clock, randomBytes, limits } = services;
  return {
    ...services,
    haTracker: new HaTracker(clock),
    writers: new Writers({ clock, randomBytes, limits, maxBytes: writersBytes ?? DEFAULT_WRITERS_BYTES }),
  };
}
