/** A write: what is stored before it is acknowledged, and under which keys and times. */
import { edit, type Mutation } from "./mutation.ts";

export const WRITES: readonly Mutation[] = [
  {
    name: "answer first",
    rule: "a request is answered after its log record is stored",
    edits: [
      edit(
        "write/day-writer.ts",
        "await table.putAll(located.flatMap((shard) => this.#items(shard, all, receivedMs)));",
        "void table.putAll(located.flatMap((shard) => this.#items(shard, all, receivedMs))).catch(() => {});",
      ),
    ],
  },
  {
    name: "dictionary late",
    rule: "a dictionary is stored before the record that needs it",
    edits: [
      edit(
        "write/shard-writer.ts",
        "await table.putIfAbsent({ ...key, value, ...expiry(day, retentionMs) });",
        "void table.putIfAbsent({ ...key, value, ...expiry(day, retentionMs) }).catch(() => {});",
      ),
    ],
  },
  {
    name: "reference again",
    rule: "a reference whose dictionary may not have been stored is never used for another series",
    edits: [
      edit("write/own-dictionary.ts", "this.#next += count;\n    return first;", "return first;"),
      edit(
        "write/own-dictionary.ts",
        "  hasRoomFor(",
        "  stored(count: number): void {\n    this.#next += count;\n  }\n\n  hasRoomFor(",
      ),
      edit(
        "write/shard-writer.ts",
        "value, ...expiry(day, retentionMs) });",
        "value, ...expiry(day, retentionMs) });\n    own.stored(slice.length);",
      ),
      edit(
        "write/shard-writer.ts",
        "const { number } = own;",
        "own.stored(slice.length);\n    const { number } = own;",
      ),
    ],
  },
  {
    name: "writers alike",
    rule: "every dictionary has an id of its own",
    edits: [
      edit(
        "write/own-dictionary.ts",
        "const id = randomBytes(WRITER_ID_BYTES)",
        "const id = new Uint8Array(WRITER_ID_BYTES)",
      ),
    ],
  },
  {
    name: "places of before",
    rule: "a record names the dictionary in which each of its series stands",
    world: "busy",
    edits: [edit("write/day-writer.ts", "areLocated.fill(false);", "")],
  },
  {
    name: "series record late",
    rule: "a series record is stored before the record that names its references",
    edits: [
      edit("write/series-recorder.ts", "await put(receivedMs);", "void put(receivedMs).catch(() => {});"),
    ],
  },
  {
    name: "silent references",
    rule: "a log record says that it may name references of series records",
    edits: [edit("write/day-writer.ts", "sk: withBriefAge(sk, receivedMs, briefSinceMs)", "sk")],
  },
  {
    name: "early series record",
    rule: "R3: references of a series record that leaves before the log are not taken over",
    world: "longer",
    edits: [edit("write/load/brief-series.ts", "if (staysLongEnough(item, place)) series", "series")],
  },
  {
    name: "references of the next dictionary",
    rule: "references keep the dictionary that they were taken of",
    world: "busy",
    edits: [edit("write/shard-writer.ts", "const { number } = own;", "const { number } = this.#own ?? own;")],
  },
  {
    name: "no second look",
    rule: "a request looks again before it stores what names brief references",
    world: "silence",
    edits: [
      edit(
        "write/day-writer.ts",
        "return this.#marks.allowBrief && receivedMs - briefSinceMs <= NEEDED_MS;",
        "return receivedMs - briefSinceMs <= NEEDED_MS;",
      ),
    ],
  },
  {
    name: "named for too long",
    rule: "no record names references that are two hours older than it",
    world: "clocks",
    edits: [
      edit(
        "write/day-writer.ts",
        "return this.#marks.allowBrief && receivedMs - briefSinceMs <= NEEDED_MS;",
        "return this.#marks.allowBrief;",
      ),
      edit("write/load/day-knowledge.ts", " && Math.abs(nowMs - receivedMs) < BRIEF_MS;", ";"),
    ],
  },
  {
    name: "no hours more",
    rule: "a series record that gives out references stays as long as the last log record that names them",
    world: "silence",
    edits: [
      edit(
        "write/series-recorder.ts",
        "marks.expiry(receivedMs + NEEDED_MS)",
        "marks.expiry(receivedMs + NEEDED_MS - NEEDED_MS)",
      ),
    ],
  },
  {
    name: "renewal undone",
    rule: "a call that stored a series record and takes effect again leaves its renewal alone",
    world: "longer",
    edits: [
      edit(
        "write/series-recorder.ts",
        "await table.putIfAbsent({ pk, sk: withReferences",
        "await table.put({ pk, sk: withReferences",
      ),
    ],
  },
  {
    name: "mark late",
    rule: "the mark of an hour is stored before the answer",
    edits: [
      edit(
        "write/day-marks.ts",
        "await table.put({ ...markKey",
        "if (hourMs > 0) this.#markedHourMs = hourMs;\n    void table.put({ ...markKey",
      ),
      edit(
        "write/day-marks.ts",
        "value: this.#id, ...expires });",
        "value: this.#id, ...expires }).catch(() => {});",
      ),
    ],
  },
  {
    name: "settle 0 s",
    rule: "nothing is flushed that may still be on its way: a settle time of 60 s",
    edits: [edit("log/settling.ts", "SETTLE_MS = MINUTE_MS;", "SETTLE_MS = 0;")],
  },
  {
    name: "settle 30 s",
    rule: "the same, half of it",
    edits: [edit("log/settling.ts", "SETTLE_MS = MINUTE_MS;", "SETTLE_MS = MINUTE_MS / 2;")],
  },
  {
    name: "settle 50 s",
    rule: "the same, five sixths of it",
    edits: [edit("log/settling.ts", "SETTLE_MS = MINUTE_MS;", "SETTLE_MS = (MINUTE_MS * 5) / 6;")],
  },
  {
    name: "no re-dating",
    rule: "a record held for more than 30 s is dated anew",
    edits: [
      edit("write/receive-clock.ts", "if (isDated && !isNear(date.ms, receivedMs)) continue;", ""),
      edit("write/receive-clock.ts", "if (!isNear(nowMs, receivedMs)) continue;", ""),
    ],
  },
  {
    name: "date unproved",
    rule: "R2: the Date of the response that stores a record agrees with its receive time",
    world: "clocks",
    edits: [
      edit("write/receive-clock.ts", "if (isDated && !isNear(date.ms, receivedMs)) continue;", ""),
      edit(
        "dynamodb/service-clock.ts",
        "if (this.#confirmedMs === 0) return nowMs;",
        "if (true) return nowMs;",
      ),
    ],
  },
  {
    name: "hold 60 s",
    rule: "the same, after twice as long",
    edits: [edit("log/settling.ts", "MAX_HOLD_MS = 30 * SECOND_MS;", "MAX_HOLD_MS = 60 * SECOND_MS;")],
  },
  {
    name: "instances alike",
    rule: "two processes that name one dictionary never store one key",
    edits: [
      edit(
        "write/writers.ts",
        "instance: randomBytes(INSTANCE_ID_BYTES)",
        "instance: new Uint8Array(INSTANCE_ID_BYTES)",
      ),
    ],
  },
];
