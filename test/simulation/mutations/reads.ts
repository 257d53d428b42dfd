/** A read: parts, log and watermark fit together, and what an eventually consistent read lacks is noticed. */
import { edit, type Mutation } from "./mutation.ts";

export const READS: readonly Mutation[] = [
  {
    name: "old parts",
    rule: "a reader's parts and watermark are of one manifest",
    edits: [
      edit(
        "read/reader.ts",
        "addDay(found, day, series);",
        `const { loadDayStates } = await import("../layout/manifest-store.ts");
      const { EMPTY_MANIFEST } = await import("../layout/manifest.ts");
      const later = (await loadDayStates(table, tenant, day.day, day.day)).manifests.get(day.day) ?? EMPTY_MANIFEST;
      const manifest = { ...day.manifest, flushedToMs: later.flushedToMs };
      addDay(found, { ...day, manifest }, series);`,
      ),
    ],
  },
  {
    name: "stale log",
    rule: "the log is read consistently",
    edits: [
      edit(
        "log/log-reader.ts",
        "new ShardCursor(shard, table.query(keys, { consistent: true, signal }));",
        "new ShardCursor(shard, table.query(keys, { consistent: false, signal }));",
      ),
    ],
  },
  {
    name: "run ends",
    rule: "a run's partition ends with the block that says so",
    edits: [edit("parts/chains.ts", "#isComplete = false;\n  /** Keys", "#isComplete = true;\n  /** Keys")],
  },
  {
    name: "lacking chunks",
    rule: "what an eventually consistent read of chunks lacks is read consistently",
    edits: [
      edit(
        "parts/chains.ts",
        "this.#next === undefined ? !this.#isOutside(before) : place !== this.#next",
        "false",
      ),
    ],
  },
  {
    name: "chunks end",
    rule: "a span of chunks ends where a link says so",
    edits: [
      edit(
        "parts/chains.ts",
        "this.#isComplete = after === undefined || isLess(this.#last, after);",
        "this.#isComplete = true;",
      ),
    ],
  },
  {
    name: "lacking dictionary",
    rule: "what an eventually consistent read of a dictionary lacks is read consistently",
    edits: [
      edit("log/find-dictionary.ts", "this.#load(table, range, true),", "this.#load(table, range, false),"),
    ],
  },
  {
    name: "lacking series record",
    rule: "the same of series records that give out references",
    edits: [
      edit(
        "log/brief-series.ts",
        "return this.#query(table, span, true);",
        "return this.#query(table, span, false);",
      ),
      edit(
        "log/brief-series.ts",
        "await this.#query(table, EVERYTHING, true, level);",
        "await this.#query(table, EVERYTHING, false, level);",
      ),
    ],
  },
  {
    name: "gap in read",
    rule: "a reader takes the log from the watermark on",
    edits: [edit("read/read-plan.ts", "manifest.flushedToMs + 1,", "manifest.flushedToMs + 2,")],
  },
  {
    name: "gap in flush",
    rule: "a flush takes the log from the watermark on",
    edits: [
      edit(
        "compact/plan-compaction.ts",
        "fromMs: manifest.flushedToMs + 1 }",
        "fromMs: manifest.flushedToMs + 2 }",
      ),
    ],
  },
  {
    name: "no early samples",
    rule: "a sample may have been received 10 minutes before its time",
    edits: [edit("read/read-plan.ts", "minTime - maxFutureMs", "minTime")],
  },
];
