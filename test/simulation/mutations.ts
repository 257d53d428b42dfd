/**
 * The engine's rules, each with the change that breaks it: what the simulation must find.
 * `test/simulation/mutate.ts` makes the change in a copy and runs schedules there.
 * docs/contributing/simulation.md has the results.
 */
import { COMPACTION } from "./mutations/compaction.ts";
import { DELETIONS } from "./mutations/deletions.ts";
import { DURABILITY } from "./mutations/durability.ts";
import { EXPIRY } from "./mutations/expiry.ts";
import { MEMORY } from "./mutations/memory.ts";
import type { Mutation } from "./mutations/mutation.ts";
import { PRECEDENCE } from "./mutations/precedence.ts";
import { READS } from "./mutations/reads.ts";
import { ROWS } from "./mutations/rows.ts";
import { WRITES } from "./mutations/writes.ts";

export const MUTATIONS: readonly Mutation[] = [
  ...WRITES,
  ...READS,
  ...PRECEDENCE,
  ...COMPACTION,
  ...ROWS,
  ...MEMORY,
  ...EXPIRY,
  ...DURABILITY,
  ...DELETIONS,
];
