/** What a script runs on. */
import type { StepRange } from "../../lib/promql/engine-interface.ts";
import type { Answer } from "./answer.ts";
import type { LoadCommand } from "./script.ts";

/** Queries that cannot be answered throw a `HearthError` of kind "invalid" or "too large". */
export interface ScriptTarget {
  /** Forgets all that was loaded. */
  clear(): void;
  load(command: LoadCommand): Promise<void>;
  instantQuery(query: string, timeMs: number): Promise<Answer>;
  rangeQuery(query: string, range: StepRange): Promise<Answer>;
}
