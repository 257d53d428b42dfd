/** What a day's index says of labels: names, values, series. No run, chunk or log record is read for it. */
import type { LabelSet } from "../../model/labels.ts";
import { hasCatalogue, readCataloguedValues } from "../index/index-catalogue.ts";
import { readIndexPart } from "../index/index-reader.ts";
import type { Table } from "../table/table.ts";
import { cachedMatch, type IndexQuery, scanIndex, scanParts } from "./scan-index.ts";

/** Calls back for each series that passes; for some more than once. */
export async function forEachSeries(
  table: Table,
  query: IndexQuery,
  onSeries: (labels: LabelSet) => void,
  signal?: AbortSignal,
): Promise<void> {
  const passes = cachedMatch(query.matchers);
  const onLabelSet = (labels: LabelSet) => {
    if (passes(labels) && query.setAside?.(labels) !== true) onSeries(labels);
  };
  await scanIndex(table, query, onLabelSet, signal);
}

/**
 * Calls back for each value that `valuesOf` finds in a day's series, for some more than once. `catalogued`: the label whose
 * values a part's catalogue has ready.
 */
export async function forEachValue(
  table: Table,
  query: IndexQuery,
  catalogued: string,
  valuesOf: (labels: LabelSet) => Iterable<string>,
  onValue: (value: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const onLabelSet = (labels: LabelSet) => {
    for (const value of valuesOf(labels)) onValue(value);
  };
  // A catalogue says nothing of which series have a value.
  if (query.matchers.length > 0 || query.setAside !== undefined)
    return forEachSeries(table, query, onLabelSet, signal);
  await scanParts(
    table,
    query,
    onLabelSet,
    async (place, part, onLabelSets) => {
      if (hasCatalogue(part)) await readCataloguedValues(place, part, catalogued, onValue);
      else await readIndexPart(place, part, [], onLabelSets);
    },
    signal,
  );
}
