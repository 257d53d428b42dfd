/** A record of a log as a reader has it: what stands in its key and its header, and its samples once they are wanted. */
import { histogramBytes, valueWords } from "../../chunk/sample-columns.ts";
import { parseLogSortKey } from "../layout/keys.ts";
import type { Shard } from "../layout/shard.ts";
import { hashHex } from "../series/series-hash.ts";
import type { Item } from "../table/table.ts";
import {
  decodeHistogramRecord,
  decodeHistogramRecordHeader,
  type HistogramRecord,
  isHistogramRecord,
} from "./histogram-record.ts";
import { decodeLogRecord, decodeLogRecordHeader, type LogColumns } from "./log-record.ts";

/** What a float takes in columns (log-record.ts), and a start. */
const FLOAT_BYTES = 20;
const START_BYTES = 8;

/** What a record takes in memory once it is decoded, about, in bytes. Throws "data". */
export function decodedRecordBytes(record: Uint8Array): number {
  if (!isHistogramRecord(record)) {
    const { count, hasStarts } = decodeLogRecordHeader(record);
    return count * (hasStarts ? FLOAT_BYTES + START_BYTES : FLOAT_BYTES);
  }
  const { count, sizeBytes } = decodeHistogramRecordHeader(record);
  return histogramBytes(sizeBytes, 0) + count * histogramBytes(0, 2);
}

/** A record's samples, of whichever kind. */
export type DecodedRecord =
  /** `words`: the values' bits, which a NaN keeps only so. */
  (
    | { readonly kind: "floats"; readonly record: LogColumns; readonly words: Uint32Array }
    | { readonly kind: "histograms"; readonly record: HistogramRecord }
  ) & {
    /** Whether its references ascend, each once, as those of one request do. */
    readonly isAscending: boolean;
    /** The largest of them. */
    readonly highest: number;
  };

export class LoggedRecord {
  readonly writer: Uint8Array;
  /** Of its samples' times, in ms. */
  readonly minTime: number;
  readonly maxTime: number;
  readonly #value: Uint8Array;
  #decoded: DecodedRecord | undefined;
  #dictionary: string | undefined;

  /** Throws "data" for a header that is damaged. */
  constructor({ sk, value }: Pick<Item, "sk" | "value">) {
    const header = isHistogramRecord(value)
      ? decodeHistogramRecordHeader(value)
      : decodeLogRecordHeader(value);
    this.writer = parseLogSortKey(sk).writer;
    this.minTime = header.minTime;
    this.maxTime = header.maxTime;
    this.#value = value;
  }

  /** The name of its dictionary within a day: ids are unique within a shard. Kept: a warm query asks each record for it twice. `shard`: the record's. */
  dictionaryName({ bits, prefix }: Shard): string {
    this.#dictionary ??= `${bits}/${prefix}/${hashHex(this.writer)}`;
    return this.#dictionary;
  }

  /** Its samples; throws "data". */
  decode(): DecodedRecord {
    this.#decoded ??= decodeRecord(this.#value);
    return this.#decoded;
  }
}

function decodeRecord(value: Uint8Array): DecodedRecord {
  if (isHistogramRecord(value)) {
    const record = decodeHistogramRecord(value);
    return { kind: "histograms", record, ...orderOf(record.references) };
  }
  const record = decodeLogRecord(value);
  return { kind: "floats", record, words: valueWords(record.values), ...orderOf(record.references) };
}

function orderOf(references: Int32Array): Pick<DecodedRecord, "isAscending" | "highest"> {
  let isAscending = true;
  let highest = -1;
  for (let i = 0; i < references.length; i++) {
    if (references[i] > highest) highest = references[i];
    else isAscending = false;
  }
  return { isAscending, highest };
}
