/**
 * Blocks of hourly rows in the memory of a warm process. A part of rows never changes, and a span of it
 * is read as a whole, so what was read of one is what will be read.
 */
import { rowRange } from "../layout/rollup-keys.ts";
import type { RowMemory, RowSpan } from "../rollups/read-rows.ts";
import type { Item } from "../table/table.ts";
import { keyOf, type WarmCache, type WarmEntries } from "./warm-cache.ts";

/** Keys and objects of a block beside its value, about. */
const ITEM_OVERHEAD_BYTES = 600;
/** Of the cache, what one span may fill: a query of many series would push out all others. */
const MAX_SPAN_SHARE = 1 / 16;

export class WarmRows implements RowMemory {
  readonly #maxSpanBytes: number;
  readonly #spans: WarmEntries<readonly Item[]>;

  constructor(cache: WarmCache) {
    this.#maxSpanBytes = cache.maxBytes * MAX_SPAN_SHARE;
    this.#spans = cache.entries("rows");
  }

  find(span: RowSpan): readonly Item[] | undefined {
    return this.#spans.get(nameOf(span));
  }

  /** `items`: all of the span, nothing of it damaged or missing. */
  keep(span: RowSpan, items: readonly Item[]): void {
    const sizeBytes = items.reduce((total, { value }) => total + value.length + ITEM_OVERHEAD_BYTES, 0);
    if (sizeBytes <= this.#maxSpanBytes) this.#spans.set(nameOf(span), items, sizeBytes);
  }
}

function nameOf({ place, first, last }: RowSpan): string {
  return keyOf(rowRange(place).pk) + first + last;
}
