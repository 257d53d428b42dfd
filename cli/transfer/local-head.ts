/** The write-ahead log and the finished chunks in a data directory of Prometheus. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage, HearthError } from "../../lib/model/errors.ts";
import type { HeadFiles } from "../../lib/tsdb/wal/head-files.ts";
import { LocalFile } from "./local-files.ts";

export const WAL_FOLDER = "wal";
const OUT_OF_ORDER_FOLDER = "wbl";
const CHUNKS_FOLDER = "chunks_head";
/** A running Prometheus removes segments once their samples are in a block. */
const MAX_TRIES = 5;

/** Files that are open, so that a Prometheus that runs takes none of them away. */
export interface LocalHead extends HeadFiles, Disposable {
  /** What is missing. */
  readonly notes: readonly string[];
  readonly sizeBytes: number;
}

/** Opens them all. Undefined: the directory has no write-ahead log. */
export async function openLocalHead(directory: string): Promise<LocalHead | undefined> {
  for (let tries = 1; ; tries++) {
    const open: LocalFile[] = [];
    try {
      return await openFiles(directory, open);
    } catch (error) {
      for (const file of open) file.close();
      const isGone = (error as NodeJS.ErrnoException).code === "ENOENT";
      if (isGone && tries < MAX_TRIES) continue;
      throw new HearthError("invalid", `${directory}: ${errorMessage(error)}`, { cause: error });
    }
  }
}

async function openFiles(directory: string, open: LocalFile[]): Promise<LocalHead | undefined> {
  const wal = join(directory, WAL_FOLDER);
  const names = await namesIn(wal);
  const checkpoints = names.filter((name) => /^checkpoint\.\d+$/.test(name)).sort(byNumber);
  const latest = checkpoints.at(-1);
  const first = latest === undefined ? 0 : numberOf(latest) + 1;
  const segments = numbered(names).filter((name) => numberOf(name) >= first);
  if (latest === undefined && segments.length === 0) return undefined;
  const openAll = (folder: string, found: readonly string[]) =>
    found.map((name) => {
      const file = new LocalFile(join(folder, name));
      open.push(file);
      return file;
    });
  const chunks = join(directory, CHUNKS_FOLDER);
  const outOfOrder = join(directory, OUT_OF_ORDER_FOLDER);
  const checkpoint = latest === undefined ? undefined : join(wal, latest);
  return {
    name: wal,
    checkpoint: checkpoint === undefined ? [] : openAll(checkpoint, numbered(await namesIn(checkpoint))),
    segments: openAll(wal, segments),
    outOfOrder: openAll(outOfOrder, numbered(await namesIn(outOfOrder))),
    chunks: openAll(chunks, numbered(await namesIn(chunks))),
    notes: missingSegments(wal, segments, latest === undefined ? undefined : first),
    sizeBytes: open.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    [Symbol.dispose]: () => {
      for (const file of open) file.close();
    },
  };
}

/** `first`: which must come first; undefined: any. */
function missingSegments(wal: string, segments: readonly string[], first: number | undefined): string[] {
  const notes: string[] = [];
  let expected = first;
  for (const name of segments) {
    if (expected !== undefined && numberOf(name) !== expected)
      notes.push(`${wal}: segment ${expected} is missing, the next is ${name}; its samples are left out`);
    expected = numberOf(name) + 1;
  }
  return notes;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function numbered(names: readonly string[]): string[] {
  return names.filter((name) => /^\d+$/.test(name)).sort(byNumber);
}

function byNumber(a: string, b: string): number {
  return numberOf(a) - numberOf(b);
}

function numberOf(name: string): number {
  return Number(name.replace("checkpoint.", ""));
}
