/**
 * How a writer makes readers find the series of a day: by *series records* of their label sets, beside
 * the log of their shard and dated as log records are. The next flush moves them to the index. Records of a
 * few series give out references too, in place of dictionary items.
 */
import { compareLabelSets, type LabelSet } from "../../model/labels.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import { type GivenReferences, NEEDED_MS, withReferences } from "../layout/brief-keys.ts";
import { seriesRecordKey, WRITER_ID_BYTES } from "../layout/keys.ts";
import { ALL_SERIES, type Shard } from "../layout/shard.ts";
import { SeriesBlockWriter } from "../series/series-block.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Table } from "../table/table.ts";
import type { DayMarks } from "./day-marks.ts";
import type { DayPlace } from "./day-place.ts";
import type { StoreDated } from "./receive-clock.ts";

/** Items stored at once: most often there is one. */
const PUT_CONCURRENCY = 8;

export interface RecorderOptions {
  readonly place: DayPlace;
  readonly marks: DayMarks;
  /** `ReceiveClock.storeDated` of the day. */
  readonly storeDated: (store: StoreDated) => Promise<void>;
  readonly randomBytes: RandomBytes;
  /** See `DayWriterOptions`. */
  readonly instance: Uint8Array;
}

/** New series of a shard, with consecutive references from `first` on. */
export interface GivenToShard {
  readonly prefix: number;
  readonly first: number;
  readonly labelSets: readonly LabelSet[];
}

export class SeriesRecorder {
  readonly #options: RecorderOptions;
  /** Tells this writer's records from others' of the same moment. */
  readonly #writer: Uint8Array;
  #sequence = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#writer = options.randomBytes(WRITER_ID_BYTES);
  }

  /** Stores the label sets of series of a shard, at least one. Throws "unavailable". */
  async store(table: Table, shard: Shard, labelSets: LabelSet[]): Promise<void> {
    const { tenant, day } = this.#options.place;
    const blocks = encodeBlocks(labelSets);
    await this.#store(table, (receivedMs) => {
      const expires = this.#options.marks.expiry(receivedMs);
      return table.putAll(
        blocks.map((value) => {
          const position = { receivedMs, writer: this.#writer, sequence: this.#sequence++ };
          return { ...seriesRecordKey(tenant, day, shard, position), value, ...expires };
        }),
      );
    });
  }

  /**
   * Stores new series of some shards of a level with their references in a dictionary. Returns when the
   * records were received, in ms. Throws "unavailable".
   */
  storeGiving(
    table: Table,
    { dictionary: writer, bits }: Pick<GivenReferences, "dictionary" | "bits">,
    given: readonly GivenToShard[],
  ): Promise<number> {
    const { instance, place, marks } = this.#options;
    const blocks = encodeGivingBlocks(bits, given);
    return this.#store(table, (receivedMs) => {
      // Log records that need it come for some time, and none may outlive it.
      const expires = marks.expiry(receivedMs + NEEDED_MS);
      return forEachBounded(blocks, PUT_CONCURRENCY, async ({ firsts, value }) => {
        const position = { receivedMs, writer, sequence: this.#sequence++, instance };
        const { pk, sk } = seriesRecordKey(place.tenant, place.day, ALL_SERIES, position);
        // Nobody else has this key. A call that takes effect again must not undo a renewal, as of dictionaries.
        await table.putIfAbsent({ pk, sk: withReferences(sk, { bits, firsts }), value, ...expires });
      });
    });
  }

  /** Returns when the records were received that `put` stored last, in ms. */
  async #store(table: Table, put: (receivedMs: number) => Promise<void>): Promise<number> {
    const { marks, storeDated } = this.#options;
    let latestMs = 0;
    await storeDated(async (receivedMs) => {
      await marks.mark(table, receivedMs);
      await put(receivedMs);
      latestMs = receivedMs;
    });
    return latestMs;
  }
}

interface GivingBlock {
  /** By prefix: the reference of the block's first series of the shard. */
  readonly firsts: readonly number[];
  readonly value: Uint8Array;
}

/** In the order in which the series came: one that samples keep makes their records smaller. */
function encodeGivingBlocks(bits: number, given: readonly GivenToShard[]): GivingBlock[] {
  const next: number[] = new Array(2 ** bits).fill(0);
  for (const { prefix, first } of given) next[prefix] = first;
  const blocks: GivingBlock[] = [];
  let block = new SeriesBlockWriter();
  let firsts = [...next];
  const finish = () => blocks.push({ firsts, value: block.finish() });
  for (const { prefix, labelSets } of given)
    for (const labels of labelSets) {
      if (!block.hasRoomFor(labels)) {
        finish();
        [block, firsts] = [new SeriesBlockWriter(), [...next]];
      }
      block.add(labels);
      next[prefix]++;
    }
  finish();
  return blocks;
}

/** Sorted, so that neighbours are alike. */
function encodeBlocks(labelSets: LabelSet[]): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  let block = new SeriesBlockWriter();
  for (const labels of labelSets.sort(compareLabelSets)) {
    if (!block.hasRoomFor(labels)) {
      blocks.push(block.finish());
      block = new SeriesBlockWriter();
    }
    block.add(labels);
  }
  return [...blocks, block.finish()];
}
