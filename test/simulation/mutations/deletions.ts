/** Deletions of series: what they hide, and what later work keeps out. */
import { edit, type Mutation } from "./mutation.ts";

export const DELETIONS: readonly Mutation[] = [
  {
    name: "one life",
    rule: "a tenant that was deleted has another name in its keys",
    world: "lives",
    edits: [edit("tenants/tenant-settings.ts", "storedAs: storedTenant(name, life),", "storedAs: name,")],
  },
  {
    name: "no wait",
    rule: "a deletion ends once every process knows the tenant's next life",
    world: "lives",
    edits: [edit("erase/delete-tenant.ts", "TENANT_CACHE_MS + MINUTE_MS;", "0;")],
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
    edits: [
      edit(
        "erase/delete-series.ts",
        "await markDay(options, day, added.deletedMs);\n  return added;",
        "return added;",
      ),
    ],
  },
  {
    name: "written and unindexed",
    rule: "a series that has a sample stays in the index",
    world: "labels",
    edits: [
      edit(
        "compact/erasing/unindex-series.ts",
        "for (const hash of await findLeft(context, manifest.parts, gone)) gone.delete(hash);",
        "await findLeft(context, manifest.parts, gone);",
      ),
    ],
  },
  {
    name: "superseded labels",
    rule: "what the index has superseded is deleted once labels have left it",
    world: "labels",
    edits: [
      edit("compact/erasing/clean-index.ts", "number < before; number++", "number < before - 1; number++"),
    ],
  },
  {
    name: "labels of the dead",
    rule: "index parts have ids that the manifest knows, also those of a compaction that dies",
    world: "labels",
    edits: [
      edit(
        "compact/store-index.ts",
        "id: isOfRows === true ? newIndexId() : indexIds.take(randomBytes),",
        "id: isOfRows === true ? newIndexId() : newId(randomBytes),",
      ),
    ],
  },
  {
    name: "rows of the dead",
    rule: "a part of rows that are kept for ever is noted before its first item",
    world: "labels",
    edits: [
      edit(
        "compact/rollups/noted-part.ts",
        "return monthExpiry(context).expiresAtSeconds === undefined;",
        "return false && monthExpiry(context).expiresAtSeconds === undefined;",
      ),
    ],
  },
];
