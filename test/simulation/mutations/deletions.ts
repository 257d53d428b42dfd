/** Deletions of series: what they hide, and what later work keeps out. */
import { edit, type Mutation } from "./mutation.ts";

export const DELETIONS: readonly Mutation[] = [
  {
    name: "hidden beside",
    rule: "what deletions hide of a record is removed in one step with its append",
    world: "deletions",
    edits: [
      edit(
        "log/log-decoder.ts",
        "return hidden.length === 0 ? sizeBytes : sizeBytes - dropFromRecord(hidden);",
        "queueMicrotask(() => dropFromRecord(hidden));\n    return sizeBytes;",
      ),
    ],
  },
  {
    name: "deletion forgotten",
    rule: "a part has the number of the deletions that came before it",
    world: "deletions",
    edits: [edit("compact/flush.ts", "const parts = last > 0 ?", "const parts = last < 0 ?")],
  },
  {
    name: "deletion not flushed",
    rule: "a flush leaves out what was deleted after it was received",
    world: "deletions",
    edits: [
      edit(
        "compact/flush.ts",
        "all.filter(({ deletedMs }) => deletedMs >= plan.fromMs)",
        "all.filter(({ deletedMs }) => deletedMs < plan.fromMs)",
      ),
    ],
  },
  {
    name: "one mark",
    rule: "a deletion is marked again once it is stored",
    world: "deletions",
    edits: [edit("erase/delete-series.ts", "await markDay(options, day);\n  return added;", "return added;")],
  },
];
