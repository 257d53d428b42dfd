/**
 * Pauses of V8's garbage collector. In a pause V8 lets its helper threads take part, and the paused thread waits for each of them.
 * Helpers have a lower priority here, so beside heavy requests a pause of 12 ms took 30 to 85. Alone a thread takes as long as
 * with helpers, for its heap is small.
 */
import { setFlagsFromString } from "node:v8";

/**
 * The collector reads these as a pause begins, so they may change between two. They do not count in the version of compiled code:
 * Node's own modules stay compiled. Marking and sweeping beside the thread go on as before.
 */
const FLAGS = [
  "--no-parallel-scavenge",
  "--no-parallel-compaction",
  "--no-parallel-pointer-update",
  "--no-parallel-weak-ref-clearing",
];

/** Of this thread, and of all that start later: call it before any has started. */
export function collectWithoutHelpers(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
}
