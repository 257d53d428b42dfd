/**
 * The engine's rules, each with the change that breaks it: what the simulation must find. `test/simulation/mutate.ts` makes
 * the change in a copy and runs schedules there; docs/contributing/simulation.md has the results.
 */

import type { WorldName } from "./worlds.ts";

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

const edit = (file: string, from: string, to: string): Edit => ({ file: `lib/storage/${file}`, from, to });
const chunkEdit = (file: string, from: string, to: string): Edit => ({ file: `lib/chunk/${file}`, from, to });

/** Compare and swap becomes a plain put: two compactors publish over each other. */
const NO_SWAP = edit(
  "layout/manifest-store.ts",
  ": await table.putIfEqual(item, previous.bytes);",
  ": (await table.put(item), true);",
);
const NO_LEASE = edit(
  "compact/day-manifest.ts",
  "if (!this.#isLeased && lease.untilMs > nowMs) return false;",
  "",
);

export const MUTATIONS: readonly Mutation[] = [
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
        "await table.put({ ...key, value, ...expiry(day, retentionMs) });",
        "void table.put({ ...key, value, ...expiry(day, retentionMs) }).catch(() => {});",
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
        "slice.forEach((alike, i)",
        "own.stored(slice.length);\n    slice.forEach((alike, i)",
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
      edit(
        "write/receive-clock.ts",
        "if (Math.abs(this.#clock() - receivedMs) <= MAX_HOLD_MS) return;",
        "return;",
      ),
    ],
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
  {
    name: "hold 60 s",
    rule: "the same, after twice as long",
    edits: [edit("log/settling.ts", "MAX_HOLD_MS = 30 * SECOND_MS;", "MAX_HOLD_MS = 60 * SECOND_MS;")],
  },
  {
    name: "old parts",
    rule: "a reader's parts and watermark are of one manifest",
    edits: [
      edit(
        "read/reader.ts",
        "addDay(found, day, series);",
        `const later = (await loadDayStates(table, tenant, day.day, day.day)).manifests.get(day.day) ?? EMPTY_MANIFEST;
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
      edit(
        "log/log-decoder.ts",
        "dictionary = await this.#load(table, range, true);",
        "dictionary = await this.#load(table, range, false);",
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
    edits: [edit("write/receive-clock.ts", "Math.max((latest[ahead.length] ?? 0) + 1, nowMs)", "nowMs")],
  },
  {
    name: "clock that returns",
    rule: "the same, also after its clock was put back for a while",
    world: "clocks",
    edits: [edit("write/receive-clock.ts", "[...ahead.slice(-MAX_AHEAD), receivedMs]", "[receivedMs]")],
  },
  {
    name: "numbers of a day",
    rule: "no two records of a process have one key, though its clock comes to the same time again",
    world: "clocks",
    edits: [
      edit("write/day-writer.ts", "receiveClock.nextSequence()", "this.sequence++"),
      edit(
        "write/day-writer.ts",
        "#loading: Promise<void> | undefined;",
        "#loading: Promise<void> | undefined;\n  sequence = 0;",
      ),
    ],
  },
  {
    name: "runs late",
    rule: "runs are stored before the manifest that names them",
    edits: [
      edit("compact/flush.ts", "await table.putAll(slice);", "void table.putAll(slice).catch(() => {});"),
    ],
  },
  {
    name: "chunks late",
    rule: "chunks are stored before the manifest that names them",
    edits: [
      edit(
        "compact/pacing/item-sink.ts",
        "await this.#table.putAll(this.#items);",
        "void this.#table.putAll(this.#items).catch(() => {});",
      ),
    ],
  },
  {
    name: "parts alike",
    rule: "every part has an id of its own",
    edits: [edit("compact/day-context.ts", "randomBytes(PART_ID_BYTES)", "new Uint8Array(PART_ID_BYTES)")],
  },
  { name: "no swap", rule: "a manifest is replaced by compare and swap", edits: [NO_SWAP] },
  { name: "no swap, no lease", rule: "the same, and the lease is ignored", edits: [NO_SWAP, NO_LEASE] },
  {
    name: "no lease",
    rule: "a day is one compactor's for some minutes",
    edits: [NO_LEASE],
    harmless: "the lease saves work; compare and swap decides",
  },
  {
    name: "lost is won",
    rule: "a compactor that came second stops",
    edits: [edit("compact/day-manifest.ts", '? "published" : "lost"', '? "published" : "published"')],
    harmless: "its next step renews the lease by compare and swap, and is told then",
  },
  {
    name: "others' progress",
    rule: "a chunking goes on only from a note on the same inputs",
    edits: [
      edit(
        "compact/chunking-progress.ts",
        "(one) => inputs === inputsOf(plan, one)",
        "(one) => inputs.startsWith(String(one))",
      ),
    ],
  },
  {
    name: "group skipped",
    rule: "a note says what is stored, and no more",
    edits: [
      edit(
        "compact/chunking.ts",
        "groups: prefix + 1, counts: counts.all }",
        "groups: prefix + 2, counts: counts.all }",
      ),
    ],
  },
  {
    name: "output last",
    rule: "a part takes the place of the first of its inputs",
    edits: [
      edit(
        "compact/day-step.ts",
        "return without(parts.toSpliced(at, 0, ...outputs), inputs);",
        "return [...without(parts, inputs), ...outputs];",
      ),
    ],
    harmless: "no run of its bucket is left that it could come after",
  },
  {
    name: "cursor too far",
    rule: "the cursor stays before the hour of a mark that may still come",
    edits: [
      edit(
        "compact/compactor.ts",
        "newestMs, hourOf(this.#startMs - SETTLE_MS)",
        "hourOf(this.#startMs) + HOUR_MS",
      ),
    ],
  },
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
  {
    name: "cursor past runs",
    rule: "the cursor stays before a day that is not wholly compacted",
    edits: [
      edit(
        "compact/compactor.ts",
        "if ((outcome?.settledToMs ?? 0) < lastHourMs + HOUR_MS)",
        "if ((outcome?.flushedToMs ?? 0) < lastHourMs)",
      ),
    ],
  },
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
    edits: [edit("compact/compactor.ts", "if (isDayPast(", "if (false && isDayPast(")],
  },
  {
    name: "no hour more",
    rule: "a day's items stay longer than whoever reads them",
    edits: [edit("layout/retention.ts", "LEAVING_MS = HOUR_MS;", "LEAVING_MS = 0;")],
  },
  {
    name: "nobody's dictionary",
    rule: "R1: a writer that knows nothing adopts the dictionaries that there are",
    world: "crowd",
    edits: [
      edit(
        "write/day-writer.ts",
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
    name: "damage stops the day",
    rule: "R4: one damaged record costs itself, and the day's compaction goes on",
    world: "unreadable",
    edits: [edit("compact/flush.ts", "quarantine.addUndecodable(item, error);", "throw error;")],
  },
  {
    name: "fourteen days",
    rule: "R5: the log stays until it is superseded, however long compaction stands still",
    world: "silence",
    edits: [edit("layout/retention.ts", "TRANSIENT_MS = 35 * DAY_MS;", "TRANSIENT_MS = 14 * DAY_MS;")],
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
      edit("write/day-writer.ts", "KNOWLEDGE_MS = 7 * DAY_MS;", "KNOWLEDGE_MS = 700 * DAY_MS;"),
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
