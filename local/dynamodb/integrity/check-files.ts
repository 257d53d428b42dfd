/**
 * Compares the checksums of the database's files before it is opened. LevelDB leaves out what it
 * cannot read of its logs, and does not look at the checksums of its tables: a changed bit would lose
 * acknowledged writes without a word.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { HearthError } from "../../../lib/model/errors.ts";
import { type ClosedMark, readMark } from "./closed-mark.ts";
import { type DamagedSpan, type DamagedSpans, loadSpans } from "./damaged-spans.ts";
import { readLogFile } from "./log-file.ts";
import { damagedSpans } from "./table-file.ts";
import { type LiveFiles, liveFiles, type TableFile } from "./version-edits.ts";

const CURRENT_NAME = "CURRENT";
const TABLE_ENDINGS = ["ldb", "sst"] as const;

export interface CheckedFiles {
  readonly spans: DamagedSpans;
  /** Compares the tables for which there was no time. */
  readonly checkRest: (signal: AbortSignal) => Promise<void>;
}

export interface CheckOptions {
  readonly directory: string;
  /** The database's own, within it. */
  readonly data: string;
  /** Whether each write was synced before the next began. */
  readonly isSynced: boolean;
  /** Tells that tables are left for `checkRest`. */
  readonly isTimeUp: () => boolean;
  /** Receives each damage that is found. */
  readonly onDamage: (message: string) => void;
}

/** Throws "unavailable" when a log is damaged: which writes are lost cannot be said. */
export async function checkFiles(options: CheckOptions): Promise<CheckedFiles> {
  const { directory, data, isSynced, isTimeUp, onDamage } = options;
  const spans = await loadSpans(directory);
  const files = await readdir(data).catch(() => [] as string[]);
  const { tables } = await checkLogs(data, files, { mark: await readMark(directory), isSynced });
  const check = async (table: TableFile) => {
    const found = await checkTable(data, files, table);
    for (const { file } of found) onDamage(`embedded dynamodb: a block is damaged, file=${join(data, file)}`);
    await spans.add(found);
  };
  let next = 0;
  while (next < tables.length && !isTimeUp()) await check(tables[next++]);
  const checkRest = async (signal: AbortSignal) => {
    while (next < tables.length && !signal.aborted) await check(tables[next++]);
  };
  return { spans, checkRest };
}

/** What tells damage from a write that was cut off. */
interface Expected {
  readonly mark: ClosedMark | undefined;
  readonly isSynced: boolean;
}

async function checkLogs(data: string, files: readonly string[], expected: Expected): Promise<LiveFiles> {
  if (!files.includes(CURRENT_NAME)) {
    const table = files.find((name) => TABLE_ENDINGS.some((ending) => name.endsWith(`.${ending}`)));
    if (table === undefined) return { tables: [], firstLog: 0 };
    throw damaged(join(data, CURRENT_NAME), "it is missing");
  }
  const manifest = (await readFile(join(data, CURRENT_NAME), "utf8")).replace(/\n$/, "");
  if (!files.includes(manifest)) throw damaged(join(data, CURRENT_NAME), "it names no file");
  const records = await readLog(data, manifest, expected);
  let live: LiveFiles;
  try {
    live = liveFiles(records);
  } catch (error) {
    throw damaged(join(data, manifest), (error as Error).message);
  }
  const isLog = (name: string) => /^\d+\.log$/.test(name) && Number.parseInt(name, 10) >= live.firstLog;
  for (const name of new Set([...files, ...(expected.mark?.keys() ?? [])]))
    if (isLog(name)) await readLog(data, name, expected);
  return live;
}

async function readLog(data: string, name: string, expected: Expected): Promise<readonly Uint8Array[]> {
  const file = join(data, name);
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? damaged(file, "it is missing") : error;
  });
  const closedBytes = expected.mark?.get(name) ?? 0;
  const { records, badAt, goesOn, isCutOff } = readLogFile(bytes);
  const isDamage = (at: number) => at < closedBytes || (goesOn && expected.isSynced);
  if (badAt !== undefined && isDamage(badAt)) throw damaged(file, `byte ${badAt} is wrong`);
  if (bytes.length < closedBytes || (isCutOff && bytes.length === closedBytes))
    throw damaged(file, `it ends at byte ${bytes.length}`);
  return records;
}

async function checkTable(
  data: string,
  files: readonly string[],
  { number, sizeBytes, first, last }: TableFile,
): Promise<DamagedSpan[]> {
  const names = TABLE_ENDINGS.map((ending) => `${String(number).padStart(6, "0")}.${ending}`);
  const name = names.find((candidate) => files.includes(candidate));
  // LevelDB refuses to open a database that lacks a table.
  if (name === undefined) return [];
  const bytes = await readFile(join(data, name));
  const whole = { first, last };
  const found = bytes.length === sizeBytes ? damagedSpans(bytes, whole) : "all";
  return (found === "all" ? [whole] : found).map((span) => ({ ...span, file: name }));
}

function damaged(file: string, what: string): HearthError {
  return new HearthError(
    "unavailable",
    `embedded dynamodb: acknowledged writes cannot be read: ${what}, file=${file}; restore a copy of the` +
      " directory, or set HEARTH_ACCEPT_DAMAGE=true to go on without them",
  );
}
