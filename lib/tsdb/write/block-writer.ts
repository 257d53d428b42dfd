/** A new block: series that come in the order of their label sets, each with its chunks. */
import type { Chunk, ChunkedSeries } from "../../chunk/cut.ts";
import { readHistogramChunkHead } from "../../chunk/histogram-chunk.ts";
import { readChunkCount } from "../../chunk/xor-chunk.ts";
import type { LabelSet } from "../../model/labels.ts";
import { META_FILE } from "../block.ts";
import type { ChunkPlace } from "../block-index.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import { IndexWriter } from "./index-writer.ts";
import type { BlockOutput } from "./output.ts";
import type { StartedChunk } from "./started-chunks.ts";

export interface WrittenBlock {
  readonly ulid: string;
  readonly series: number;
  readonly samples: number;
  readonly chunks: number;
  /** In ms; samples are before `maxTime`. */
  readonly minTime: number;
  readonly maxTime: number;
}

export class BlockWriter {
  readonly #output: BlockOutput;
  readonly #chunks: ChunkWriter;
  readonly #index: IndexWriter;
  #floats = 0;
  #histograms = 0;
  #minTime = Number.POSITIVE_INFINITY;
  #maxTime = Number.NEGATIVE_INFINITY;

  private constructor(output: BlockOutput, index: IndexWriter) {
    this.#output = output;
    this.#chunks = new ChunkWriter(output);
    this.#index = index;
  }

  static async open(output: BlockOutput): Promise<BlockWriter> {
    return new BlockWriter(output, await IndexWriter.open(output));
  }

  /** Returns how many samples the chunks have. A series without chunks is left out. */
  async add(labels: LabelSet, chunks: Iterable<Chunk | StartedChunk>): Promise<number> {
    const places: ChunkPlace[] = [];
    const before = this.#floats + this.#histograms;
    for (const chunk of chunks) {
      places.push(await this.#chunks.add(chunk));
      if (chunk.kind === undefined) this.#floats += samplesOf(chunk);
      else this.#histograms += samplesOf(chunk);
    }
    if (places.length === 0) return 0;
    this.#minTime = Math.min(this.#minTime, places[0].minTime);
    this.#maxTime = Math.max(this.#maxTime, places[places.length - 1].maxTime);
    await this.#index.add(labels, places);
    return this.#floats + this.#histograms - before;
  }

  /** Undefined: there was no sample, and there is no block. */
  async finish(ulid: string): Promise<WrittenBlock | undefined> {
    await this.#chunks.finish();
    await this.#index.finish();
    if (this.#index.count === 0) return undefined;
    const written: WrittenBlock = {
      ulid,
      series: this.#index.count,
      samples: this.#floats + this.#histograms,
      chunks: this.#chunks.count,
      minTime: this.#minTime,
      maxTime: this.#maxTime + 1,
    };
    const meta = {
      ulid,
      minTime: written.minTime,
      maxTime: written.maxTime,
      stats: {
        numSamples: written.samples,
        numFloatSamples: this.#floats,
        numHistogramSamples: this.#histograms,
        numSeries: written.series,
        numChunks: written.chunks,
      },
      compaction: { level: 1, sources: [ulid] },
      version: 1,
    };
    const file = await this.#output.create(META_FILE);
    await file.write(new TextEncoder().encode(`${JSON.stringify(meta, undefined, "\t")}\n`));
    await file.close();
    return written;
  }
}

function samplesOf(chunk: Chunk | StartedChunk): number {
  if ("samples" in chunk) return chunk.samples;
  if (chunk.kind === undefined) return readChunkCount(chunk.bytes);
  return readHistogramChunkHead(chunk.bytes).count;
}

/** A block of series that come in the order of their label sets; undefined: none has a sample. `onSeries` takes the samples of each. */
export async function writeBlock(
  output: BlockOutput,
  ulid: string,
  series: AsyncIterable<ChunkedSeries> | Iterable<ChunkedSeries>,
  onSeries: (samples: number) => void,
): Promise<WrittenBlock | undefined> {
  const writer = await BlockWriter.open(output);
  for await (const { labels, chunks } of series) onSeries(await writer.add(labels, chunks));
  return writer.finish(ulid);
}
