/**
 * `hearthdb gc`: lists, and with --delete deletes, parts that no manifest names, and what was still stored
 * for a tenant while it was deleted.
 */
import type { Clock } from "../lib/model/time.ts";
import { newLeftoverCheck } from "../lib/storage/erase/delete-tenant.ts";
import { printDay } from "../lib/storage/layout/key-place.ts";
import { forEachBounded } from "../lib/storage/table/bounded.ts";
import { type Key, newMeter } from "../lib/storage/table/table.ts";
import { deleteOrphans, findOrphans, type OrphanedDay } from "../lib/storage/verify/orphans.ts";
import { auditCommand } from "./auditor.ts";
import { printDays, printNumberOf, printUnits } from "./counts.ts";
import type { Console } from "./days.ts";
import type { Target } from "./target.ts";

export interface GcOptions {
  readonly delete?: boolean | undefined;
}

const PROGRESS_ITEMS = 100_000;
/** Deletes under way at once. */
const DELETE_CONCURRENCY = 16;

export async function gcCommand(
  { table: checked, stored, isBilled }: Target,
  options: GcOptions,
  clock: Clock,
  { print, tell }: Console,
): Promise<void> {
  const meter = newMeter();
  const table = stored.metered(meter);
  if (isBilled) tell("reads the whole table: 128 read units a MB, $0.016 a GB on demand in us-east-1");
  const isLeftover = await newLeftoverCheck(checked);
  const leftovers: Key[] = [];
  let items = 0;
  const orphaned = await findOrphans(table, clock, (keys) => {
    for (const { pk, sk } of keys) if (isLeftover({ pk, sk })) leftovers.push({ pk, sk });
    const before = Math.floor(items / PROGRESS_ITEMS);
    items += keys.length;
    if (Math.floor(items / PROGRESS_ITEMS) > before)
      tell(`${printNumberOf(items, "item")}, ${printUnits(meter)}`);
  });
  let deleted = 0;
  const ofLiving = orphaned.filter(({ parts }) => !isLeftover([...parts.values()][0][0]));
  if (options.delete && ofLiving.length + leftovers.length > 0)
    await auditCommand(checked, clock, {
      action: "gc",
      subject: `parts of ${printDays(ofLiving.length)}, ${printNumberOf(leftovers.length, "item")} of deleted tenants`,
    });
  for (const day of ofLiving) {
    print(describe(day));
    if (options.delete) deleted += await deleteOrphans(table, day);
  }
  if (leftovers.length > 0)
    print(
      `${printNumberOf(leftovers.length, "item")} stored for tenants while they were deleted; nothing reads such items`,
    );
  if (options.delete) {
    await forEachBounded(leftovers, DELETE_CONCURRENCY, (key) => table.delete(key));
    deleted += leftovers.length;
  }
  const removable = ofLiving.filter(({ keptBecause }) => keptBecause === undefined);
  const count = removable.reduce((sum, { parts }) => sum + countItems(parts), leftovers.length);
  const cost = `${printNumberOf(items, "item")} read, ${printUnits(meter)}`;
  print(
    options.delete
      ? `${printNumberOf(deleted, "item")} deleted; ${cost}`
      : `${printNumberOf(count, "item")} can be deleted, with --delete; a delete costs as much as the write; ${cost}`,
  );
}

function describe({ tenant, day, parts, keptBecause }: OrphanedDay): string {
  const why = keptBecause === undefined ? "" : `; left alone: ${keptBecause}`;
  const items = `${printNumberOf(countItems(parts), "item")} of ${printNumberOf(parts.size, "part")}`;
  return `${tenant} ${printDay(day)}: ${items} that the manifest does not name${why}`;
}

function countItems(parts: OrphanedDay["parts"]): number {
  return [...parts.values()].reduce((sum, { length }) => sum + length, 0);
}
