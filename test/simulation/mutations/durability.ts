/** Rules R1 to R10 of durability, except those of expiry. */
import { edit, type Mutation } from "./mutation.ts";

export const DURABILITY: readonly Mutation[] = [
  {
    name: "nobody's dictionary",
    rule: "R1: a writer that knows nothing adopts the dictionaries that there are",
    world: "crowd",
    edits: [
      edit(
        "write/load/day-knowledge.ts",
        "if (shards.length === 0 || maxBytes === 0) return;",
        "if (shards.length >= 0) return;",
      ),
    ],
  },
  {
    name: "own clock",
    rule: "R2: a process corrects its clock by the table's",
    world: "clocks",
    edits: [edit("dynamodb/service-clock.ts", "> leastMs ? offsetMs : 0;", "> leastMs ? 0 : 0;")],
  },
  {
    name: "clock between responses",
    rule: "R2: what a compactor makes leave, it judges within what the table's times prove",
    world: "clocks-labels",
    edits: [
      edit(
        "dynamodb/service-clock.ts",
        "if (this.#confirmedMs === 0) return nowMs;",
        "if (true) return nowMs;",
      ),
    ],
  },
  {
    name: "settled by a clock ahead",
    rule: "R2: a compactor takes nothing for settled by a clock that is ahead between two responses",
    world: "jolts",
    edits: [
      edit("dynamodb/service-clock.ts", "this.#within(MAX_CLOCK_ERROR_MS)", "this.#within(MAX_LEAD_MS)"),
    ],
  },
  {
    name: "damage stops the day",
    rule: "R4: one damaged record costs itself, and the day's compaction goes on",
    world: "unreadable",
    edits: [edit("compact/flush.ts", "quarantine.addUndecodable(item, error);", "throw error;")],
  },
  {
    name: "not counted",
    rule: "R6: compaction publishes only what has as many samples as its inputs had",
    world: "vanish",
    edits: [
      edit(
        "compact/chunking.ts",
        "if (samples <= expected && samples + damaged >= expected) return;",
        "if (samples >= 0 && damaged >= 0) return;",
      ),
    ],
  },
  {
    name: "checksum ignored",
    rule: "R7: an item whose checksum is wrong is damaged",
    world: "flip",
    edits: [
      edit(
        "layout/verified-table.ts",
        "if (checksum === item.checksum) return undefined;",
        "if (checksum >= 0) return undefined;",
      ),
    ],
  },
  {
    name: "mark last",
    rule: "R9: a mark is stored before anything that it announces",
    world: "cut-off",
    edits: [
      edit(
        "write/day-writer.ts",
        "await this.#marks.mark(table, this.#options.receiveClock.next(this.#clockPlace));",
        "",
      ),
      edit("write/series-recorder.ts", "await marks.mark(table, receivedMs);", ""),
      edit("write/open-days.ts", "KNOWLEDGE_MS = 7 * DAY_MS;", "KNOWLEDGE_MS = 700 * DAY_MS;"),
    ],
  },
  {
    name: "day after day",
    rule: "R10: the days of a request are written in parallel",
    world: "sparse",
    edits: [edit("write/writer.ts", "DAY_CONCURRENCY = 8;", "DAY_CONCURRENCY = 1;")],
  },
  {
    name: "an item a series",
    rule: "R10: series with few samples in a bucket share items",
    world: "sparse",
    edits: [
      edit(
        "compact/plan-compaction.ts",
        "return samples < series * sparseSamples * SPARSE_BUCKET_SHARE;",
        "return samples < 0 * series * sparseSamples * SPARSE_BUCKET_SHARE;",
      ),
    ],
  },
];
