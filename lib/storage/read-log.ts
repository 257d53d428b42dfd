/** The log of one day: its records' samples to the columns of the series that a query selected. */
import { SampleColumns } from "../chunk/sample-columns.ts";
import { HearthError } from "../model/errors.ts";
import { decodeDictionary } from "./dictionary.ts";
import { dictionaryRange, logRange, parseDictionarySortKey, parseLogSortKey } from "./keys.ts";
import { decodeLogRecord, decodeLogRecordHeader, type LogColumns } from "./log-record.ts";
import { hashHex } from "./series-hash.ts";
import type { Item, Table } from "./table.ts";

export interface LogQuery {
  readonly tenant: string;
  readonly day: number;
  readonly shard: number;
  readonly minTime: number;
  readonly maxTime: number;
  /** How long before its timestamp a sample may have been received, in ms. */
  readonly maxFutureMs: number;
}

/** Collects samples by series (hash in hex), within a budget that all of a query's days share. */
export class SampleCollector {
  readonly columns = new Map<string, SampleColumns>();
  readonly #maxSamples: number;
  #sampleCount = 0;

  constructor(maxSamples: number) {
    this.#maxSamples = maxSamples;
  }

  /** The columns of a series, which `add` fills. */
  columnsOf(hash: string): SampleColumns {
    let columns = this.columns.get(hash);
    if (columns === undefined) {
      columns = new SampleColumns(0);
      this.columns.set(hash, columns);
    }
    return columns;
  }

  /** Throws "too large" when the query has more samples than it may. */
  count(samples: number): void {
    this.#sampleCount += samples;
    if (this.#sampleCount <= this.#maxSamples) return;
    throw new HearthError(
      "too large",
      `query: more than ${this.#maxSamples} samples match; add matchers or shorten the time range limit=maxQuerySamples`,
    );
  }
}

/**
 * Adds, in the order of arrival, the samples of `selected` series (hashes in hex) between `minTime` and `maxTime`. Throws
 * "data" for records or dictionaries that are damaged or missing.
 */
export async function readLog(
  table: Table,
  query: LogQuery,
  selected: ReadonlySet<string>,
  collector: SampleCollector,
  signal?: AbortSignal,
): Promise<void> {
  const resolver = new ReferenceResolver(table, query, selected, collector, signal);
  const range = logRange(query.tenant, query.day, query.shard, query.minTime - query.maxFutureMs);
  for await (const page of table.query(range, { consistent: true, signal })) {
    for (const item of page) await readRecord(item, query, resolver, collector);
  }
}

async function readRecord(
  item: Item,
  query: LogQuery,
  resolver: ReferenceResolver,
  collector: SampleCollector,
): Promise<void> {
  const { minTime, maxTime } = decodeLogRecordHeader(item.value);
  if (maxTime < query.minTime || minTime > query.maxTime) return;
  const record = decodeLogRecord(item.value);
  const columns = await resolver.resolve(parseLogSortKey(item.sk).writer, record.references);
  collector.count(addSamples(record, columns, query));
}

/** Returns how many samples were added. */
function addSamples(record: LogColumns, columns: readonly Resolved[], query: LogQuery): number {
  const { references, timestamps } = record;
  const words = new Uint32Array(record.values.buffer, record.values.byteOffset, record.count * 2);
  let added = 0;
  for (let i = 0; i < record.count; i++) {
    const series = columns[references[i]];
    if (series === UNSELECTED) continue;
    const time = timestamps[i];
    if (time < query.minTime || time > query.maxTime) continue;
    series!.appendSample(time, words[i * 2 + 1], words[i * 2]);
    added++;
  }
  return added;
}

/** A reference's columns; null where the query does not want its series; undefined for a reference not known yet. */
type Resolved = SampleColumns | null | undefined;
const UNSELECTED = null;

/** References of the day's writers -> columns of the selected series. */
class ReferenceResolver {
  readonly #table: Table;
  readonly #query: LogQuery;
  readonly #selected: ReadonlySet<string>;
  readonly #collector: SampleCollector;
  readonly #signal: AbortSignal | undefined;
  readonly #writers = new Map<string, Resolved[]>();

  constructor(
    table: Table,
    query: LogQuery,
    selected: ReadonlySet<string>,
    collector: SampleCollector,
    signal: AbortSignal | undefined,
  ) {
    this.#table = table;
    this.#query = query;
    this.#selected = selected;
    this.#collector = collector;
    this.#signal = signal;
  }

  /** A writer's columns by reference, complete for `references`. */
  async resolve(writer: Uint8Array, references: Int32Array): Promise<readonly Resolved[]> {
    const key = hashHex(writer);
    const known = this.#writers.get(key);
    if (known !== undefined && firstUnknown(known, references) === undefined) return known;
    // A dictionary is stored before the records that use it, so it is complete when read after them.
    const columns = await this.#load(writer);
    const unknown = firstUnknown(columns, references);
    if (unknown !== undefined) {
      throw new HearthError(
        "data",
        `log record of writer ${key}: reference ${unknown} is not in its dictionary`,
      );
    }
    this.#writers.set(key, columns);
    return columns;
  }

  async #load(writer: Uint8Array): Promise<Resolved[]> {
    const { tenant, day } = this.#query;
    const columns: Resolved[] = [];
    const options = { consistent: true, signal: this.#signal };
    for await (const page of this.#table.query(dictionaryRange(tenant, day, writer), options)) {
      for (const item of page) {
        let { firstReference: reference } = parseDictionarySortKey(item.sk);
        // References that a failed registration burnt.
        while (columns.length < reference) columns.push(undefined);
        for (const hash of decodeDictionary(item.value)) {
          columns[reference++] = this.#selected.has(hash) ? this.#collector.columnsOf(hash) : UNSELECTED;
        }
      }
    }
    return columns;
  }
}

function firstUnknown(columns: readonly Resolved[], references: Int32Array): number | undefined {
  return references.find((reference) => columns[reference] === undefined);
}
