/** What was read of one series: stored chunks as they lie, and samples in columns; and how the two become one. */
import { type Chunk, cutChunks } from "../chunk/cut.ts";
import { sortSamples } from "../chunk/merge.ts";
import { SampleColumns } from "../chunk/sample-columns.ts";
import { appendXorChunk } from "../chunk/xor-chunk.ts";
import type { Samples } from "../model/samples.ts";
import { lowerBound } from "./hashed-samples.ts";

export interface TimeRange {
  /** In ms, both included. */
  readonly minTime: number;
  readonly maxTime: number;
}

export class SeriesData {
  /** Of chunk parts, in the order in which their samples count. */
  readonly chunks: Chunk[] = [];
  /** Of runs and the log, which count over every chunk read before them. */
  readonly columns = new SampleColumns(0);

  get isEmpty(): boolean {
    return this.chunks.length === 0 && this.columns.count === 0;
  }

  /** The samples of a range, sorted, each time once. */
  samples(range: TimeRange): Samples {
    return trim(decode(this.chunks, this.columns), range);
  }

  /**
   * The same samples as chunks in order of time. A chunk that lies whole in the range and whose time nothing else shares is
   * passed on without being decoded.
   */
  *toChunks(range: TimeRange): Generator<Chunk, void, undefined> {
    const [kept, others] = this.#separate(range);
    const samples = trim(decode(others, this.columns), range);
    let from = 0;
    for (const chunk of kept) {
      const to = lowerBound(samples.timestamps, chunk.minTime);
      yield* cutChunks(samples, from, to);
      yield chunk;
      from = to;
    }
    yield* cutChunks(samples, from);
  }

  /** Chunks to pass on, in order of time, and those to decode, in the order in which they count. */
  #separate(range: TimeRange): [Chunk[], Chunk[]] {
    const ordered = this.chunks.toSorted((a, b) => a.minTime - b.minTime);
    const columnTimes = this.columns.timestamps.slice(0, this.columns.count).sort();
    const kept = new Set<Chunk>();
    let latestEnd = Number.NEGATIVE_INFINITY;
    ordered.forEach((chunk, i) => {
      const isInside = chunk.minTime >= range.minTime && chunk.maxTime <= range.maxTime;
      const isAlone = chunk.minTime > latestEnd && !(ordered[i + 1]?.minTime <= chunk.maxTime);
      if (isInside && isAlone && !hasTimeWithin(columnTimes, chunk)) kept.add(chunk);
      latestEnd = Math.max(latestEnd, chunk.maxTime);
    });
    return [ordered.filter((chunk) => kept.has(chunk)), this.chunks.filter((chunk) => !kept.has(chunk))];
  }
}

function hasTimeWithin(timestamps: Float64Array, { minTime, maxTime }: TimeRange): boolean {
  return timestamps[lowerBound(timestamps, minTime)] <= maxTime;
}

function decode(chunks: readonly Chunk[], columns: SampleColumns): Samples {
  if (chunks.length === 0) return sortSamples(columns.timestamps, columns.values, columns.count);
  const all = new SampleColumns(columns.count + chunks.length * 120);
  for (const { bytes } of chunks) appendXorChunk(bytes, all);
  all.appendSamples(columns.samples());
  return sortSamples(all.timestamps, all.values, all.count);
}

function trim({ timestamps, values }: Samples, { minTime, maxTime }: TimeRange): Samples {
  const from = lowerBound(timestamps, minTime);
  const end = lowerBound(timestamps, maxTime);
  const to = timestamps[end] === maxTime ? end + 1 : end;
  return { timestamps: timestamps.subarray(from, to), values: values.subarray(from, to) };
}
