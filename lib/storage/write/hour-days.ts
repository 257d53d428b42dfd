/**
 * The UTC days that tenants write to within an hour, by this process. The compactor looks at each of them for hours
 * after, which costs about 25 write and 125 read units a day, whatever little it holds.
 */
import { type Clock, HOUR_MS } from "../../model/time.ts";

export class HourDays {
  readonly #clock: Clock;
  readonly #byTenant = new Map<string, Set<number>>();
  #hour = Number.NaN;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Those of a tenant in the current hour, to which its writer adds. */
  of(tenant: string): Set<number> {
    const hour = Math.floor(this.#clock() / HOUR_MS);
    if (hour !== this.#hour) this.#byTenant.clear();
    this.#hour = hour;
    let days = this.#byTenant.get(tenant);
    if (days === undefined) {
      days = new Set();
      this.#byTenant.set(tenant, days);
    }
    return days;
  }
}
