/**
 * What the MANIFEST says: its records are edits of the set of files.
 * https://github.com/google/leveldb/blob/main/db/version_edit.cc
 */
import { LevelReader, userKey } from "./level-reader.ts";

const COMPARATOR = 1;
const LOG_NUMBER = 2;
const NEXT_FILE = 3;
const LAST_SEQUENCE = 4;
const COMPACT_POINTER = 5;
const DELETED_FILE = 6;
const NEW_FILE = 7;
const PREVIOUS_LOG = 9;

/** A table, with its first and its last key. */
export interface TableFile {
  readonly number: number;
  readonly sizeBytes: number;
  readonly first: string;
  readonly last: string;
}

export interface LiveFiles {
  readonly tables: readonly TableFile[];
  /** Logs from this number on are read when the database is opened. */
  readonly firstLog: number;
}

/** Throws `RangeError` for what is no edit. */
export function liveFiles(records: readonly Uint8Array[]): LiveFiles {
  const tables = new Map<number, TableFile>();
  let firstLog = 0;
  for (const record of records) {
    const reader = new LevelReader(record);
    while (!reader.isAtEnd) {
      const tag = reader.readVarint();
      switch (tag) {
        case COMPARATOR:
          reader.readString();
          break;
        case LOG_NUMBER:
          firstLog = reader.readVarint();
          break;
        case NEXT_FILE:
        case LAST_SEQUENCE:
        case PREVIOUS_LOG:
          reader.readVarint();
          break;
        case COMPACT_POINTER:
          reader.readVarint();
          reader.readString();
          break;
        case DELETED_FILE:
          reader.readVarint();
          tables.delete(reader.readVarint());
          break;
        case NEW_FILE: {
          reader.readVarint();
          const [number, sizeBytes] = [reader.readVarint(), reader.readVarint()];
          const [first, last] = [userKey(reader.readString()), userKey(reader.readString())];
          tables.set(number, { number, sizeBytes, first, last });
          break;
        }
        default:
          throw new RangeError(`tag ${tag} of an edit`);
      }
    }
  }
  return { tables: [...tables.values()].sort((a, b) => b.number - a.number), firstLog };
}
