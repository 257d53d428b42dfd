/**
 * What a disk may hold after the power went at some event.
 *
 * A sync makes what its file got before it durable, and all changes of names before it, since file
 * systems journal these in order. Of what came later: names up to some change, and of each file's
 * writes none, all, some and the last of them torn, or all but with a block of zeros.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Random } from "../../../simulation/random.ts";
import type { FileEvent } from "./file-trace.ts";

const BLOCK_BYTES = 4096;

interface StoredFile {
  readonly writes: { readonly at: number; readonly bytes: Buffer }[];
  /** Writes that are durable. */
  synced: number;
}

/** A change of the names, as a function of all names. */
type NameChange = (names: Map<string, StoredFile>) => void;

/** Writes below `target` what `directory` may be after the first `count` events. */
export function writeDisk(
  events: readonly FileEvent[],
  count: number,
  { directory, target }: { readonly directory: string; readonly target: string },
  random: Random,
): void {
  const changes: { readonly at: number; readonly apply: NameChange }[] = [];
  const names = new Map<string, StoredFile>();
  let durableChanges = 0;
  const change = (at: number, apply: NameChange) => {
    changes.push({ at, apply });
    apply(names);
  };
  for (const [at, event] of events.slice(0, count).entries()) {
    switch (event.kind) {
      case "create": {
        const file: StoredFile = { writes: [], synced: 0 };
        change(at, (all) => all.set(event.path, file));
        break;
      }
      case "remove":
        change(at, (all) => all.delete(event.path));
        break;
      case "rename":
        change(at, (all) => {
          const file = all.get(event.path);
          all.delete(event.path);
          if (file !== undefined) all.set(event.to, file);
        });
        break;
      case "write":
        names.get(event.path)?.writes.push({ at, bytes: event.bytes });
        break;
      case "sync": {
        const file = names.get(event.path);
        if (file !== undefined) file.synced = file.writes.filter((write) => write.at < event.since).length;
        durableChanges = changes.filter((one) => one.at < event.since).length;
        break;
      }
    }
  }
  const kept = new Map<string, StoredFile>();
  const keptChanges = random.pick([
    durableChanges,
    changes.length,
    random.between(durableChanges, changes.length),
  ]);
  for (const { apply } of changes.slice(0, keptChanges)) apply(kept);
  mkdirSync(target, { recursive: true });
  for (const [path, file] of kept) {
    const to = join(target, relative(directory, path));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, contentOf(file, random));
  }
}

function contentOf({ writes, synced }: StoredFile, random: Random): Uint8Array {
  const bytesOf = (some: StoredFile["writes"]) => Buffer.concat(some.map(({ bytes }) => bytes));
  const durable = bytesOf(writes.slice(0, synced));
  const rest = bytesOf(writes.slice(synced));
  if (rest.length === 0) return durable;
  switch (random.pick(["none", "all", "torn", "zeros"])) {
    case "none":
      return durable;
    case "all":
      return Buffer.concat([durable, rest]);
    case "torn":
      return Buffer.concat([durable, rest.subarray(0, random.between(0, rest.length - 1))]);
    default: {
      const all = Buffer.concat([durable, rest]);
      const block = BLOCK_BYTES * Math.floor(random.between(durable.length, all.length - 1) / BLOCK_BYTES);
      return all.fill(0, Math.max(block, durable.length), Math.min(block + BLOCK_BYTES, all.length));
    }
  }
}
