/** Order: which of two samples of one time counts, and what belongs to a sample. */
import { chunkEdit, edit, type Mutation } from "./mutation.ts";

export const PRECEDENCE: readonly Mutation[] = [
  {
    name: "first wins",
    rule: "of two samples of one time the one received last counts, in the log",
    edits: [
      edit(
        "compact/flush-span.ts",
        "Buffer.compare(a.key.sk, b.key.sk)",
        "Buffer.compare(b.key.sk, a.key.sk)",
      ),
    ],
  },
  {
    name: "first part wins",
    rule: "the same, in parts",
    edits: [
      edit(
        "compact/day-step.ts",
        "parts: [...parts, ...flushed.parts],",
        "parts: [...flushed.parts, ...parts],",
      ),
    ],
  },
  {
    name: "first kind wins",
    rule: "the same, of a float and a histogram",
    edits: [
      chunkEdit(
        "merge-mixed.ts",
        "timestamps[a] - timestamps[b] || a - b",
        "timestamps[a] - timestamps[b] || b - a",
      ),
    ],
  },
  {
    name: "floats behind",
    rule: "of a float and a histogram of one request and time the histogram counts",
    edits: [
      edit(
        "write/day-records.ts",
        "values.push(...encodeHistogramRecords(",
        "values.unshift(...encodeHistogramRecords(",
      ),
    ],
  },
  {
    name: "starts stay",
    rule: "a start timestamp goes where its sample goes",
    edits: [
      chunkEdit(
        "merge.ts",
        "to.startTimestamps![at] = from.startTimestamps[index];",
        "to.startTimestamps![at] = from.startTimestamps[at];",
      ),
    ],
  },
  {
    name: "starts not forgotten",
    rule: "columns that are used again have forgotten the starts of another series",
    edits: [chunkEdit("sample-columns.ts", "    this.startTimestamps = undefined;\n", "")],
  },
  {
    name: "delta since elsewhere",
    rule: "a delta that is the first of its chunk counts from the last time of the chunk before",
    edits: [edit("parts/chunk-item.ts", "chunks[i - 1].maxTime", "chunks[i - 1].minTime")],
  },
  {
    name: "clock as it is",
    rule: "of two records of one writer the later has the later receive time",
    edits: [
      edit("write/receive-clock.ts", "Math.max((this.#proven.get(place) ?? 0) + 1, nowMs)", "nowMs"),
      edit("write/receive-clock.ts", "Math.max(latest[0] + 1, earliestMs)", "earliestMs"),
      edit("write/receive-clock.ts", "Math.max(before + 1, earliestMs)", "earliestMs"),
    ],
  },
  {
    name: "clock that returns",
    rule: "the same, also after its clock was put back for a while",
    world: "clocks",
    // Each table of the simulation sends one. Unit tests hold the rule for tables that send none.
    harmless: "the Date of its response proves each record, and later ones are dated after it",
    edits: [
      edit("write/receive-clock.ts", "[...ahead.slice(-MAX_TIMES), receivedMs, ...behind]", "[receivedMs]"),
    ],
  },
  {
    name: "clock that was ahead",
    rule: "the same, also after its clock was ahead for a while",
    world: "jolts",
    // Each table of the simulation sends one. Unit tests hold the rule for tables that send none.
    harmless: "the Date of its response proves each record, and later ones are dated after it",
    edits: [edit("write/receive-clock.ts", "receivedMs, ...behind]", "receivedMs]")],
  },
  {
    name: "slow response",
    rule: "a response that was frozen beside a clock that stepped puts the clock in doubt",
    world: "jolts",
    // Each table of the simulation sends one. Unit tests hold the rule for tables that send none.
    harmless: "the Date of its response proves each record, however the clock stepped before",
    edits: [edit("dynamodb/service-clock.ts", "      this.doubt();\n      return;", "      return;")],
  },
  {
    name: "numbers of a day",
    rule: "no two records of a process have one key, though its clock comes to the same time again",
    world: "clocks",
    edits: [
      edit("write/day-writer.ts", "receiveClock.nextSequence()", "this.sequence++"),
      edit(
        "write/day-writer.ts",
        "readonly #knowledge: DayKnowledge;",
        "readonly #knowledge: DayKnowledge;\n  sequence = 0;",
      ),
    ],
  },
  {
    name: "import wins",
    rule: "of a sample that was written and one that was imported the written one counts",
    world: "imports",
    edits: [edit("bulk/publish-day.ts", "[...parts, ...manifest.parts]", "[...manifest.parts, ...parts]")],
  },
];
