/** Goes through a day's index: its parts and, for what is newer, the series records. */
import { type Deadline, NO_DEADLINE } from "../../model/deadline.ts";
import { type LabelSet, METRIC_NAME } from "../../model/labels.ts";
import { type Matcher, matchesAll } from "../../model/matcher.ts";
import type { WarmIndex } from "../cache/warm-index.ts";
import type { OnLabelSets, Unread } from "../index/index-catalogue.ts";
import type { IndexPlace } from "../index/index-items.ts";
import { readIndexPart } from "../index/index-reader.ts";
import { forEachSeriesRecord } from "../index/series-records.ts";
import type { DamageReports } from "../layout/damage-reports.ts";
import type { IndexPart, Manifest } from "../layout/manifest.ts";
import { type Shard, shardOf } from "../layout/shard.ts";
import { metricHash } from "../series/series-hash.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Table } from "../table/table.ts";

/** Index parts read at once. */
const PART_CONCURRENCY = 8;
/** What a label set costs in steps of a deadline: it is decoded, matched and hashed in some microseconds. */
const STEPS_PER_LABEL_SET = 500;

export interface IndexQuery {
  readonly tenant: string;
  readonly day: number;
  readonly matchers: readonly Matcher[];
  /** The day's, read before anything else. */
  readonly manifest: Manifest;
  /** All that the day's log has. */
  readonly shards: readonly Shard[];
  /** Whether the index is that of a part of rows. */
  readonly rows?: object | undefined;
  /** What is known from queries before. */
  readonly memory?: WarmIndex | undefined;
  /** Ends the scan when the request's time is up; default: never. */
  readonly deadline?: Deadline | undefined;
  /** Takes what cannot be read, which is then left out. Default: it throws "data". */
  readonly damage?: DamageReports | undefined;
  /** Takes a series that may have no samples any more; returns whether it did. Default: it takes none. */
  readonly setAside?: ((labels: LabelSet) => boolean) | undefined;
}

/**
 * Calls back for every label set of a day that passes the matchers, and for some that do not; for some more than once. Answers
 * for each index part what was not read of it.
 */
export async function scanIndex(
  table: Table,
  query: IndexQuery,
  onLabelSet: (labels: LabelSet) => void,
  signal?: AbortSignal,
): Promise<Unread[]> {
  const { matchers, shards, memory, damage } = query;
  const metric = metricOf(matchers);
  if (metric === null) return [];
  const unread: Unread[] = [];
  const readPart: ReadPart = async (place, part, onLabelSets) => {
    const read = (onSets: OnLabelSets) => readIndexPart(place, part, matchers, onSets);
    const left =
      memory === undefined || metric === undefined
        ? await read(onLabelSets)
        : await memory.read({ place, part: part.id, metric, damage }, onLabelSets, read);
    if (left !== undefined) unread.push(left);
  };
  await scanParts(table, { ...query, shards: shardsWith(shards, metric) }, onLabelSet, readPart, signal);
  return unread;
}

type ReadPart = (place: IndexPlace, part: IndexPart, onLabelSets: OnLabelSets) => Promise<void>;

/** Calls back for every label set of the series records, and for those of each part that `readPart` passes on. */
export async function scanParts(
  table: Table,
  { tenant, day, manifest, shards, rows, damage, deadline = NO_DEADLINE }: Omit<IndexQuery, "matchers">,
  onLabelSet: (labels: LabelSet) => void,
  readPart: ReadPart,
  signal?: AbortSignal,
): Promise<void> {
  const onLabelSets = (labelSets: readonly LabelSet[]) => {
    for (const labels of labelSets) {
      deadline.spend(STEPS_PER_LABEL_SET);
      onLabelSet(labels);
    }
  };
  const records = { tenant, day, shards, receivedFromMs: manifest.flushedToMs + 1 };
  const isOfRows = rows === undefined ? undefined : true;
  const place = { table, tenant, day, isOfRows, signal, note: damage?.note } as const;
  const reads = [
    () => forEachSeriesRecord(table, records, onLabelSets, signal, damage?.note),
    ...manifest.index.map((part) => () => readPart(place, part, onLabelSets)),
  ];
  await forEachBounded(reads, PART_CONCURRENCY, (read) => read());
}

/** The metric that a query is for, if it names one; null: no series can pass, since each has a name. */
function metricOf(matchers: readonly Matcher[]): string | undefined | null {
  const ofName = matchers.filter(({ name }) => name === METRIC_NAME);
  const name = ofName.find(({ type }) => type === "=")?.value;
  if (name === undefined) return undefined;
  return name !== "" && ofName.every((matcher) => matcher.matches(name)) ? name : null;
}

function shardsWith(shards: readonly Shard[], metric: string | undefined): readonly Shard[] {
  if (metric === undefined) return shards;
  const hash = metricHash(metric);
  return shards.filter(({ bits, prefix }) => shardOf(hash, bits) === prefix);
}

/** Whether a series passes all matchers; remembers what they say, since a regular expression is slow and values repeat. */
export function cachedMatch(matchers: readonly Matcher[]): (labels: LabelSet) => boolean {
  const cached = matchers.map((matcher): Matcher => {
    const answers = new Map<string, boolean>();
    const matches = (value: string) => {
      let answer = answers.get(value);
      if (answer === undefined) {
        answer = matcher.matches(value);
        answers.set(value, answer);
      }
      return answer;
    };
    return matcher.type === "=" || matcher.type === "!=" ? matcher : { ...matcher, matches };
  });
  return (labels) => matchesAll(cached, labels);
}
