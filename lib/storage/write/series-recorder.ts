/**
 * How a writer makes readers find the series of a day: by *series records* of their label sets, beside
 * the log of their shard and dated as log records are. The next flush moves them to the index.
 */
import { compareLabelSets, type LabelSet } from "../../model/labels.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import { SeriesBlockWriter } from "../index/series-block.ts";
import { seriesRecordKey, WRITER_ID_BYTES } from "../layout/keys.ts";
import type { Shard } from "../layout/shard.ts";
import type { Table } from "../table/table.ts";
import type { DayMarks } from "./day-marks.ts";
import type { DayPlace } from "./day-place.ts";
import type { StoreDated } from "./receive-clock.ts";

export interface RecorderOptions {
  readonly place: DayPlace;
  readonly marks: DayMarks;
  /** `ReceiveClock.storeDated` of the day. */
  readonly storeDated: (store: StoreDated) => Promise<void>;
  readonly randomBytes: RandomBytes;
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
    const { place, marks, storeDated } = this.#options;
    const blocks = encodeBlocks(labelSets);
    await storeDated(async (receivedMs) => {
      await marks.mark(table, receivedMs);
      const expires = marks.expiry(receivedMs);
      const items = blocks.map((value) => {
        const position = { receivedMs, writer: this.#writer, sequence: this.#sequence++ };
        return { ...seriesRecordKey(place.tenant, place.day, shard, position), value, ...expires };
      });
      await table.putAll(items);
    });
  }
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
