/** A process' clock that a test turns, beside responses of the service. */
import { SECOND_MS } from "../../../lib/model/time.ts";
import { ServiceClock } from "../../../lib/storage/dynamodb/service-clock.ts";

/** Where it begins, in ms. */
export const NOW_MS = Date.UTC(2026, 10, 23, 12);
export const floorToSecond = (ms: number) => Math.floor(ms / SECOND_MS) * SECOND_MS;

/** A clock over a process' own that a test turns, and responses whose `Date` is ahead of it by so much. */
export function turned() {
  let localMs = NOW_MS;
  const clock = new ServiceClock(() => localMs);
  const respond = (offsetMs: number, tripMs = 20) => {
    const sentMs = localMs;
    localMs += tripMs;
    clock.observe(floorToSecond(sentMs + tripMs / 2 + offsetMs), sentMs, localMs);
  };
  const turn = (ms: number) => {
    localMs += ms;
  };
  return { clock, respond, turn, local: () => localMs };
}
