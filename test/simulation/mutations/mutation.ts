/** A mutation: a rule of the engine, and the edit of its sources that breaks the rule. */
import type { WorldName } from "../worlds.ts";

export interface Edit {
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
}

export interface Mutation {
  readonly name: string;
  /** What it breaks. */
  readonly rule: string;
  readonly edits: readonly Edit[];
  /** Where schedules find it; default: the usual world. */
  readonly world?: WorldName;
  /** Why no answer can be wrong for it, so that schedules must find nothing. */
  readonly harmless?: string;
}

/** An edit of a file of lib/storage. */
export const edit = (file: string, from: string, to: string): Edit => ({
  file: `lib/storage/${file}`,
  from,
  to,
});
/** An edit of a file of lib/chunk. */
export const chunkEdit = (file: string, from: string, to: string): Edit => ({
  file: `lib/chunk/${file}`,
  from,
  to,
});
