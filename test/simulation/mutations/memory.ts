/** The memory of a reader between its queries. */
import { edit, type Mutation } from "./mutation.ts";

export const MEMORY: readonly Mutation[] = [
  {
    name: "memory of the unsettled",
    rule: "a reader remembers of the log what has settled",
    edits: [edit("cache/warm-log.ts", "minuteOf(nowMs - SETTLE_MS)", "minuteOf(nowMs) + 1")],
  },
  {
    name: "memory of half a minute",
    rule: "a reader that remembers a part of a minute knows of which",
    edits: [edit("cache/warm-log.ts", "slice.fromMs > Math.max(fromMs, minute * MINUTE_MS)", "false")],
  },
  {
    name: "memory of parts that have gone",
    rule: "remembered samples are of the parts that the manifest names",
    edits: [
      edit(
        "cache/warm-samples.ts",
        "if (first <= 0) return first === 0 ? 0 : wanted.length;",
        "if (first <= 0) return wanted.length;",
      ),
    ],
  },
  {
    name: "memory of later parts",
    rule: "what is read beside remembered samples is of later parts than theirs",
    edits: [
      edit(
        "cache/warm-samples.ts",
        "isKnown(entry, part)) ? 0 : first",
        "isKnown(entry, part)) ? first : first",
      ),
    ],
  },
  {
    name: "memory of some series",
    rule: "what series know is completed by parts that none of them has",
    edits: [
      edit(
        "read/read-warm-day.ts",
        "from: from === undefined || others.length > 0 ? 0 : from",
        "from: from === undefined ? 0 : Math.min(from, ...others)",
      ),
    ],
  },
];
