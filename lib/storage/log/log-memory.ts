/** What a process remembers of a log from one query to the next. */
import type { Item, KeyRange } from "../table/table.ts";
import type { Dictionary } from "./dictionary.ts";
import { LoggedRecord } from "./logged-record.ts";

export interface LogMemory {
  /** The record of an item; it may be shared. Throws "data". */
  recordOf(item: Item): LoggedRecord;
  /** The dictionary in a range, as far as it is known, with brief references. */
  findDictionary(range: KeyRange): Dictionary | undefined;
  keepDictionary(range: KeyRange, dictionary: Dictionary): void;
}

/** Remembers nothing. */
export const FORGETFUL: LogMemory = {
  recordOf: (item) => new LoggedRecord(item),
  findDictionary: () => undefined,
  keepDictionary: () => {},
};
