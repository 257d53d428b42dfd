/** Hourly rows: when they count in place of samples. */
import { edit, type Mutation } from "./mutation.ts";

export const ROWS: readonly Mutation[] = [
  {
    name: "rows unmarked",
    rule: "a flush marks the hourly rows of its day stale before it publishes",
    harmless: "the writer has marked them, and they are not made again before its hour is over",
    edits: [
      edit(
        "compact/day-step.ts",
        "if (facts.rolledSource !== undefined) await markStale(context.table, context.tenant, context.day);",
        "",
      ),
    ],
  },
  {
    name: "stale rows",
    rule: "a day whose rows are stale is read from its samples",
    edits: [
      edit(
        "read/rows/row-sources.ts",
        "isFresh(one, deletions) ||",
        "isFresh(one, deletions) || one.isStale ||",
      ),
    ],
  },
  {
    name: "rows of an open hour",
    rule: "rows count once every hour that writers marked is over and its log is empty",
    edits: [
      edit("compact/next-step.ts", "if (!(await isUndrained(run))) return due", "return due"),
      edit("compact/rollups/roll-day.ts", " || (await isUndrained(run))", ""),
    ],
  },
  {
    name: "deleted rows",
    rule: "of a day whose samples have expired, rows of deleted hours are left out",
    world: "deletions",
    edits: [edit("read/rows/row-groups.ts", "isHidden: hidingBy(masks.of(hash), hiding)", "")],
  },
  {
    name: "deleted rows are merged",
    rule: "rows that know a deletion are stored without what it hides",
    world: "deletions",
    edits: [edit("compact/rollups/merge-month.ts", "hidingBy(masks.of(hash), hiding)", "undefined")],
  },
  {
    name: "deletion of another's rows",
    rule: "rows know the deletions that were stored before they were made",
    world: "deletions",
    edits: [
      edit("compact/rollups/roll-day.ts", "deletedTo: deletions.last }", "deletedTo: deletions.last + 1 }"),
    ],
  },
];
