/** Expiry: what retention hides, and how long items stay. */
import { edit, type Mutation } from "./mutation.ts";

export const EXPIRY: readonly Mutation[] = [
  {
    name: "no retention",
    rule: "what is past retention is not answered",
    edits: [
      edit(
        "read/reader.ts",
        "Math.max(oldestKept(this.#options.clock(), this.#options.retentionMs), -MAX_TIMESTAMP_MS)",
        "-MAX_TIMESTAMP_MS",
      ),
    ],
  },
  {
    name: "log leaves early",
    rule: "the log stays long after its compaction is due",
    edits: [edit("layout/retention.ts", "earlier(nowMs + TRANSIENT_MS,", "earlier(nowMs + SECOND_MS,")],
  },
  {
    name: "past days",
    rule: "a day that TTL is taking apart is not compacted",
    edits: [edit("compact/compactor.ts", "|| isDayPast(day, clock(), retentionMs)", "")],
  },
  {
    name: "no hour more",
    rule: "a day's items stay longer than whoever reads them",
    edits: [edit("layout/retention.ts", "LEAVING_MS = HOUR_MS;", "LEAVING_MS = 0;")],
  },
  {
    name: "leaves before its day",
    rule: "R3: a dictionary that leaves before the day does counts as absent",
    world: "longer",
    edits: [
      edit(
        "write/day-place.ts",
        "if (expiresAtSeconds === undefined) return true;",
        "if (true) return true;",
      ),
    ],
  },
  {
    name: "day not renewed",
    rule: "R3: a day's items expire together, after a longer retention too",
    world: "longer",
    edits: [
      edit(
        "compact/renewal.ts",
        "return isEarlierExpiry(facts.expiresAtSeconds, dayExpiryOf(context));",
        "return false && isEarlierExpiry(facts.expiresAtSeconds, dayExpiryOf(context));",
      ),
    ],
  },
  {
    name: "fourteen days",
    rule: "R5: the log stays until it is superseded, however long compaction stands still",
    world: "silence",
    edits: [edit("layout/retention.ts", "TRANSIENT_MS = 35 * DAY_MS;", "TRANSIENT_MS = 14 * DAY_MS;")],
  },
];
