/**
 * How long the database's logs were when it was closed. What a log lacks of that, or has otherwise,
 * is damage. Without a mark, after `kill -9` or a power cut, the end of a log may be a write that was
 * cut off, before it was acknowledged.
 */
import { open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { readChecked, writeChecked } from "./checked-file.ts";

const NAME = "closed";
const LOGS = /^(\d+\.log|MANIFEST-\d+)$/;

/** Sizes in bytes, by name. */
export type ClosedMark = ReadonlyMap<string, number>;

/** Undefined after anything but a close. */
export async function readMark(directory: string): Promise<ClosedMark | undefined> {
  const read = await readChecked(join(directory, NAME));
  if (typeof read === "string") return undefined;
  return new Map(Object.entries(read.content as Record<string, number>));
}

/** Once the database is closed. `data`: its directory. */
export async function writeMark(directory: string, data: string): Promise<void> {
  const sizes: Record<string, number> = {};
  for (const name of await readdir(data)) {
    if (!LOGS.test(name)) continue;
    const handle = await open(join(data, name), "r+");
    try {
      // Without it, a power failure after the close would make a short log look damaged.
      await handle.sync();
      sizes[name] = (await handle.stat()).size;
    } finally {
      await handle.close();
    }
  }
  await writeChecked(join(directory, NAME), sizes);
}

/** Once the database is open, before anything is written. */
export function removeMark(directory: string): Promise<void> {
  return rm(join(directory, NAME), { force: true });
}
