/** Deletions of a tenant's series, as the API makes them, and all the forms in which a reader answers. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { SampleColumns } from "../../../lib/chunk/sample-columns.ts";
import { compareBytewise, labelValue, printLabels } from "../../../lib/model/labels.ts";
import type { Selection } from "../../../lib/model/selection.ts";
import { DAY_MS } from "../../../lib/model/time.ts";
import type { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import { listPendingDays } from "../../../lib/storage/erase/ask-for-erasure.ts";
import { deleteSeries } from "../../../lib/storage/erase/delete-series.ts";
import { isOpenRun, type Part } from "../../../lib/storage/layout/manifest.ts";
import { loadManifests } from "../../../lib/storage/layout/manifest-store.ts";
import { parseChunkSortKey } from "../../../lib/storage/layout/part-keys.ts";
import { decodeChunkItem } from "../../../lib/storage/parts/chunk-item.ts";
import { appendChunk } from "../../../lib/storage/parts/mixed-chunks.ts";
import { appendBlockSeries, decodeRunBlock } from "../../../lib/storage/parts/run-block.ts";
import type { Reader } from "../../../lib/storage/read/reader.ts";
import { hashHex, seriesHash } from "../../../lib/storage/series/series-hash.ts";
import { listDataDays } from "../../../lib/storage/verify/list-days.ts";
import { verifyDay } from "../../../lib/storage/verify/verify-day.ts";
import { readPartition } from "../../../lib/storage/verify/verify-parts.ts";
import { columnBits, type SentSeries } from "../write-requests.ts";
import type { Engine } from "./engine.ts";
import { ALL_TIME, assertSame, NaiveStore } from "./naive-store.ts";

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

  /** Nothing is wrong with any day, and no lasting part holds what was deleted. */
  async checkItems(): Promise<void> {
    const { table, nowMs, clock } = this.engine;
    const found: string[] = [];
    for (const day of await listDataDays(table, "t"))
      await verifyDay(table, { tenant: "t", day, retentionMs: 0, nowMs }, ({ problem, detail }) =>
        found.push(`${problem}: ${detail}`),
      );
    assert.deepEqual(found, []);
    assert.deepEqual(await listPendingDays({ table, tenant: "t", retentionMs: 0, clock }), []);
    const kept = new Map(
      this.model
        .select({ matchers: [], ...ALL_TIME })
        .map(({ labels, samples }) => [hashHex(seriesHash(labels)), new Set(samples.map(([t]) => t))]),
    );
    for (const [day, { parts }] of await loadManifests(table, "t", -30_000, 30_000))
      for (const part of parts.filter((one) => !isOpenRun(one)))
        for (const [hash, timestamps] of await this.#storedTimes(day, part, nowMs))
          for (const t of timestamps) assert.ok(kept.get(hash)?.has(t), `${hash} at ${t} is in ${part.kind}`);
  }

  /** The times of samples in the items of a part, by series. */
  async #storedTimes(day: number, part: Part, nowMs: number): Promise<Map<string, readonly number[]>> {
    const stored = new Map<string, readonly number[]>();
    const add = (hash: string, { timestamps, count }: SampleColumns) =>
      stored.set(hash, [...(stored.get(hash) ?? []), ...timestamps.subarray(0, count)]);
    for (let prefix = 0; prefix < 2 ** part.shardBits; prefix++) {
      const shard = { bits: part.shardBits, prefix };
      const place = { tenant: "t", day, retentionMs: 0, nowMs };
      for await (const { sk, value } of readPartition(this.engine.table, place, part, shard, assert.fail)) {
        if (part.kind === "chunks") {
          const columns = new SampleColumns();
          for (const chunk of decodeChunkItem(value)) appendChunk(chunk, columns);
          add(parseChunkSortKey(sk), columns);
          continue;
        }
        const block = decodeRunBlock(value);
        block.hashes.forEach((hash, i) => {
          const columns = new SampleColumns();
          appendBlockSeries(block, i, columns);
          add(hashHex(hash), columns);
        });
      }
    }
    return stored;
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
