/** Deletions of a tenant's series, as the API makes them, and all the forms in which a reader answers. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { SampleColumns } from "../../lib/chunk/sample-columns.ts";
import { compareBytewise, labelValue, printLabels } from "../../lib/model/labels.ts";
import type { Selection } from "../../lib/model/selection.ts";
import { DAY_MS } from "../../lib/model/time.ts";
import type { ReaderMemory } from "../../lib/storage/cache/reader-memory.ts";
import { deleteSeries } from "../../lib/storage/erase/delete-series.ts";
import { appendChunk } from "../../lib/storage/parts/mixed-chunks.ts";
import type { Reader } from "../../lib/storage/read/reader.ts";
import type { Engine } from "./engine.ts";
import { ALL_TIME, assertSame, NaiveStore } from "./naive-store.ts";
import { columnBits, type SentSeries } from "./write-requests.ts";

/** An engine and what it must answer. */
export class DeletingEngine {
  readonly engine: Engine;
  readonly model = new NaiveStore();
  readonly writers: ReturnType<Engine["newWriters"]>;
  readonly #memory: ReaderMemory | undefined;

  constructor(engine: Engine, memory?: ReaderMemory) {
    this.engine = engine;
    this.writers = engine.newWriters();
    this.#memory = memory;
  }

  async append(request: readonly SentSeries[]): Promise<void> {
    const { rejections } = await this.engine.append(this.writers, request);
    assert.equal(rejections.count, 0);
    this.model.append(request);
  }

  /** Returns the days that had such series. */
  async delete(selection: Selection): Promise<number[]> {
    const { table, clock } = this.engine;
    const options = { table, clock, randomBytes, tenant: "t", retentionMs: 0, accessKeyId: "HKA" };
    const days = await deleteSeries(options, [selection.matchers], selection);
    this.model.delete(selection);
    return days;
  }

  /** Every form of answer is what the model says, for all time and for a range, with a memory and without. */
  async check(range: { readonly minTime: number; readonly maxTime: number } = ALL_TIME): Promise<void> {
    const memories = this.#memory === undefined ? [undefined] : [undefined, this.#memory, this.#memory];
    for (const memory of memories) {
      const reader = this.engine.reader("t", memory);
      for (const one of [range, ALL_TIME]) {
        await assertSame(reader, this.model, one);
        await assertSame({ select: (selection) => decodedChunks(reader, selection) }, this.model, one);
      }
      await this.#checkLookups(reader);
    }
  }

  async #checkLookups(reader: Reader): Promise<void> {
    const all = { matchers: [], ...ALL_TIME };
    const left = this.model.select(all);
    const texts = left.map(({ labels }) => printLabels(labels)).sort();
    assert.deepEqual((await reader.series(all)).map(printLabels).sort(), texts);
    const names = new Set(left.flatMap(({ labels }) => labels.map(([name]) => name)));
    assert.deepEqual(await reader.labelNames(all), [...names].sort(compareBytewise));
    const zones = new Set(left.map(({ labels }) => labelValue(labels, "zone")).filter((zone) => zone !== ""));
    assert.deepEqual(await reader.labelValues("zone", all), [...zones].sort(compareBytewise));
    // Lookups are of whole days.
    const days = new Set(left.flatMap(({ samples }) => samples.map(([t]) => Math.floor(t / DAY_MS))));
    for (const day of days) {
      const range = { minTime: day * DAY_MS, maxTime: (day + 1) * DAY_MS - 1 };
      const found = await reader.series({ matchers: [], ...range });
      const ofDay = this.model.select({ matchers: [], ...range });
      assert.deepEqual(
        found.map(printLabels).sort(),
        ofDay.map(({ labels }) => printLabels(labels)).sort(),
        `series of day ${day}`,
      );
    }
  }
}

/** What chunks hold, as samples; of floats alone. */
export async function* decodedChunks(reader: Reader, selection: Selection) {
  for await (const { labels, chunks } of reader.selectChunks(selection)) {
    const columns = new SampleColumns();
    for (const chunk of chunks) appendChunk(chunk, columns);
    const { timestamps, values } = columns.samples();
    if (columnBits(values).length > 0) yield { labels, timestamps, values };
  }
}
