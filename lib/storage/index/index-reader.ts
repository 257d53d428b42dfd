/**
 * Reads of an index part the blocks that can have what a query asks for. A part of a few dozen blocks is read whole unless
 * the metric is known. Of a larger one the catalogue says which blocks have the labels asked for.
 */
import { METRIC_NAME } from "../../model/labels.ts";
import type { Matcher } from "../../model/matcher.ts";
import type { IndexPart } from "../layout/manifest.ts";
import { indexRange } from "../layout/part-keys.ts";
import { throwDamaged } from "../layout/verified-table.ts";
import { textHash } from "../series/series-hash.ts";
import { hasCatalogue, isSelective, LargePart, type OnLabelSets, type Unread } from "./index-catalogue.ts";
import { HashReader, type IndexPlace, labelSetsOf, partitionOf, readRanges } from "./index-items.ts";
import { indexShard } from "./index-part.ts";

/** Of a partition as a whole. */
const NO_SORT_KEY = new Uint8Array(0);

/**
 * Reads every label set of a part that passes the matchers, and some that do not. Answers what was not read; undefined if nothing
 * was left that has the metric of the matchers, or at all where they name none.
 */
export async function readIndexPart(
  place: IndexPlace,
  part: IndexPart,
  matchers: readonly Matcher[],
  onLabelSets: OnLabelSets,
): Promise<Unread | undefined> {
  const metric = matchers.find(({ name, type }) => name === METRIC_NAME && type === "=")?.value;
  const isLarge = hasCatalogue(part);
  if (metric === undefined || part.blocks === 1) {
    if (isLarge && matchers.some(isSelective)) return new LargePart(place, part).read(matchers, onLabelSets);
    await readWhole(place, part, onLabelSets);
    return undefined;
  }
  const hash = textHash(metric);
  const partition = partitionOf(place, part, "series", indexShard(hash, part.shardBits));
  const reader = new HashReader(place, partition, hash);
  const isMore = await reader.readFirst((item) => onLabelSets(labelSetsOf(item, place.note)));
  if (!isMore) return undefined;
  const others = matchers.filter((matcher) => matcher.name !== METRIC_NAME);
  if (isLarge && others.some(isSelective)) return new LargePart(place, part).read(matchers, onLabelSets);
  await reader.readRest((item) => onLabelSets(labelSetsOf(item, place.note)));
  return undefined;
}

async function readWhole(place: IndexPlace, part: IndexPart, onLabelSets: OnLabelSets): Promise<void> {
  const ranges = Array.from({ length: 2 ** part.shardBits }, (_, prefix) =>
    indexRange(partitionOf(place, part, "series", { bits: part.shardBits, prefix })),
  );
  const count = await readRanges(place, ranges, (item) => onLabelSets(labelSetsOf(item, place.note)));
  if (count === part.blocks) return;
  const { note = throwDamaged } = place;
  note({ pk: ranges[0].pk, sk: NO_SORT_KEY }, `an index part has ${count} blocks, expected ${part.blocks}`);
}
