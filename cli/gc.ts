/** `hearthdb gc`: lists, and with --delete deletes, parts that no manifest names. */
import type { Clock } from "../lib/model/time.ts";
import { printDay } from "../lib/storage/layout/key-place.ts";
import { newMeter } from "../lib/storage/table/table.ts";
import { deleteOrphans, findOrphans, type OrphanedDay } from "../lib/storage/verify/orphans.ts";
import { auditCommand } from "./auditor.ts";
import type { Console } from "./days.ts";
import type { Target } from "./target.ts";

export interface GcOptions {
  readonly delete?: boolean | undefined;
}

const PROGRESS_ITEMS = 100_000;

export async function gcCommand(
  { table: checked, stored, isBilled }: Target,
  options: GcOptions,
  clock: Clock,
  { print, tell }: Console,
): Promise<void> {
  const meter = newMeter();
  const table = stored.metered(meter);
  if (isBilled) tell("reads the whole table: 128 read units a MB, $0.016 a GB on demand in us-east-1");
  let items = 0;
  const orphaned = await findOrphans(table, clock, (count) => {
    const before = Math.floor(items / PROGRESS_ITEMS);
    items += count;
    if (Math.floor(items / PROGRESS_ITEMS) > before) tell(`${items} items, ${meter.readUnits} read units`);
  });
  let deleted = 0;
  if (options.delete && orphaned.length > 0)
    await auditCommand(checked, clock, { action: "gc", subject: `parts of ${orphaned.length} days` });
  for (const day of orphaned) {
    print(describe(day));
    if (options.delete) deleted += await deleteOrphans(table, day);
  }
  const removable = orphaned.filter(({ keptBecause }) => keptBecause === undefined);
  const count = removable.reduce((sum, { parts }) => sum + countItems(parts), 0);
  const cost = `${items} items read, ${meter.readUnits} read units, ${meter.writeUnits} write units`;
  print(
    options.delete
      ? `${deleted} items deleted; ${cost}`
      : `${count} items can be deleted, with --delete; a delete costs as much as the write; ${cost}`,
  );
}

function describe({ tenant, day, parts, keptBecause }: OrphanedDay): string {
  const why = keptBecause === undefined ? "" : `; left alone: ${keptBecause}`;
  return `${tenant} ${printDay(day)}: ${countItems(parts)} items of ${parts.size} parts that the manifest does not name${why}`;
}

function countItems(parts: OrphanedDay["parts"]): number {
  return [...parts.values()].reduce((sum, { length }) => sum + length, 0);
}
