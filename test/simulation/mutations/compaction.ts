/** Compaction: what is stored before it is published, and by whom. */
import { edit, type Mutation } from "./mutation.ts";

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

export const COMPACTION: readonly Mutation[] = [
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
];
