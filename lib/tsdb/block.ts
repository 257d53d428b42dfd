/** A block that is read: a folder with meta.json, index, chunks and perhaps tombstones. */
import { dropSamples } from "../chunk/drop-samples.ts";
import type { SampleColumns } from "../chunk/sample-columns.ts";
import { errorKind, errorMessage, HearthError } from "../model/errors.ts";
import type { TimeRange } from "../model/time.ts";
import { BlockIndex, type IndexedSeries } from "./block-index.ts";
import { type BlockMeta, parseBlockMeta } from "./block-meta.ts";
import { ChunkFiles, type RawChunk } from "./chunk-files.ts";
import { damagedBlock } from "./damaged-block.ts";
import { decodeTo } from "./decode-chunk.ts";
import type { DeletedSpans } from "./deleted-spans.ts";
import type { BlockFolder } from "./files.ts";
import { NO_TOMBSTONES, readTombstones, type Tombstones } from "./tombstones.ts";

export const META_FILE = "meta.json";
export const INDEX_FILE = "index";
export const TOMBSTONES_FILE = "tombstones";

/** Reads what a block says of itself. Throws "data"; undefined: the folder is not a block. */
export async function readMeta(folder: BlockFolder): Promise<BlockMeta | undefined> {
  const text = await folder.readText(META_FILE);
  return text === undefined ? undefined : parseBlockMeta(text, `${folder.name}/${META_FILE}`);
}

/** Samples of a series that are held at once, and the memory of its histograms: a day at 10 ms has 8.6 million. */
const MAX_HELD_SAMPLES = 10_000_000;
const MAX_HELD_HISTOGRAM_BYTES = 512 * 1024 * 1024;

export class Block {
  readonly meta: BlockMeta;
  readonly index: BlockIndex;
  readonly #folder: BlockFolder;
  readonly #chunks: ChunkFiles;
  readonly #tombstones: Tombstones;

  private constructor(
    folder: BlockFolder,
    meta: BlockMeta,
    index: BlockIndex,
    chunks: ChunkFiles,
    tombstones: Tombstones,
  ) {
    this.#folder = folder;
    this.meta = meta;
    this.index = index;
    this.#chunks = chunks;
    this.#tombstones = tombstones;
  }

  /** Reads the index' symbols and the tombstones. Throws "data". */
  static async open(folder: BlockFolder, meta: BlockMeta): Promise<Block> {
    const file = await folder.open(INDEX_FILE);
    if (file === undefined) throw damagedBlock(folder.name, "the index is missing");
    const index = await BlockIndex.open(file);
    const chunks = await ChunkFiles.open(folder);
    const stones = await folder.open(TOMBSTONES_FILE);
    const tombstones = stones === undefined ? NO_TOMBSTONES : await readTombstones(stones, index.version);
    return new Block(folder, meta, index, chunks, tombstones);
  }

  get name(): string {
    return this.#folder.name;
  }

  /** Of all chunk files. */
  get chunkBytes(): number {
    return this.#chunks.sizeBytes;
  }

  /** Begins to read the samples of all series once. */
  beginPass(): void {
    this.#chunks.beginPass();
  }

  /** Appends a series' samples of a range, deleted ones left out. Throws "data". */
  async appendSamples(series: IndexedSeries, range: TimeRange, columns: SampleColumns): Promise<void> {
    const places = series.chunks.filter(
      ({ minTime, maxTime }) => maxTime >= range.minTime && minTime <= range.maxTime,
    );
    if (places.length === 0) return;
    const deleted = this.#tombstones.get(series.offset);
    for await (const chunk of this.#chunks.chunks(places)) {
      const from = columns.count;
      this.#appendChunk(chunk, columns);
      const isWhole = chunk.minTime >= range.minTime && chunk.maxTime <= range.maxTime;
      if (!isWhole || deleted !== undefined) keep(columns, from, range, deleted);
      if (columns.count > MAX_HELD_SAMPLES || columns.histogramBytes > MAX_HELD_HISTOGRAM_BYTES)
        throw damagedBlock(
          this.name,
          `the series at ${series.offset} of the index has ${columns.count} samples in ${columns.histogramBytes} bytes of histograms within a day, expected at most ${MAX_HELD_SAMPLES} and ${MAX_HELD_HISTOGRAM_BYTES}`,
        );
    }
  }

  close(): Promise<void> {
    return this.#folder.close();
  }

  #appendChunk(chunk: RawChunk, columns: SampleColumns): void {
    const from = columns.count;
    const offset = chunk.reference % 2 ** 32;
    try {
      decodeTo(chunk, columns);
    } catch (error) {
      if (errorKind(error) !== "data") throw error;
      throw new HearthError("data", `${this.name}: chunk at ${offset}: ${errorMessage(error)}`, {
        cause: error,
      });
    }
    const { timestamps, count, histograms } = columns;
    // Histograms of a chunk have one layout, of which decoding leaves the threshold unchecked.
    const threshold = histograms?.get(from)?.zeroThreshold ?? 0;
    if (!(threshold >= 0 && threshold < Number.POSITIVE_INFINITY))
      throw damagedBlock(this.name, `chunk at ${offset}: a zero threshold of ${threshold}`);
    if (count > from && timestamps[from] === chunk.minTime && timestamps[count - 1] === chunk.maxTime) return;
    throw damagedBlock(
      this.name,
      `chunk at ${offset} has samples of ${timestamps[from]}..${timestamps[count - 1]}, the index says ${chunk.minTime}..${chunk.maxTime}`,
    );
  }
}

/** Drops samples from `from` on that are outside the range or deleted. */
function keep(
  columns: SampleColumns,
  from: number,
  { minTime, maxTime }: TimeRange,
  deleted: DeletedSpans | undefined,
): void {
  dropSamples(columns, from, (time) => time < minTime || time > maxTime || deleted?.has(time) === true);
}
