/**
 * Chunks that say since when their samples count, for Prometheus 3.16 and for imports: a new one wherever the start changes,
 * so that one start is said for each chunk. Samples without a start are in the encodings that every Prometheus reads.
 */
import { type Chunk, SAMPLES_PER_CHUNK } from "../../chunk/cut.ts";
import { encodeHistogramChunk } from "../../chunk/histogram-chunk.ts";
import { planHistogramChunks } from "../../chunk/histogram-plan.ts";
import { encodeXorChunk } from "../../chunk/xor-chunk.ts";
import { encodeXor2Chunk } from "../../chunk/xor2-writer.ts";
import type { HistogramSamples } from "../../model/histogram-samples.ts";
import type { MixedSamples, Samples } from "../../model/samples.ts";

/** In the encoding that has starts, if `hasStart`. */
export interface StartedChunk extends Chunk {
  readonly hasStart: boolean;
  readonly samples: number;
}

const NO_HISTOGRAMS: HistogramSamples = { timestamps: new Float64Array(0), histograms: [] };

/** Yields the chunks of all samples in order of time; a chunk has one kind and one start. */
export function* cutStartedChunks(samples: MixedSamples): Generator<StartedChunk, void, undefined> {
  const { histograms = NO_HISTOGRAMS } = samples;
  const floats = samples.timestamps;
  const others = histograms.timestamps;
  let [float, other] = [0, 0];
  while (float < floats.length || other < others.length) {
    const nextFloat = floats[float] ?? Number.POSITIVE_INFINITY;
    const nextOther = others[other] ?? Number.POSITIVE_INFINITY;
    if (nextFloat < nextOther) {
      const to = endOfRun(samples, float, nextOther);
      yield* cutFloats(samples, float, to);
      float = to;
    } else {
      const to = endOfRun(histograms, other, nextFloat);
      yield* cutHistograms(histograms, other, to);
      other = to;
    }
  }
}

type Starts = Pick<Samples, "timestamps" | "startTimestamps">;

function startAt({ startTimestamps }: Starts, index: number): number {
  return startTimestamps?.[index] ?? 0;
}

/** Where samples from `from` on have another start, or a sample of the other kind comes. */
function endOfRun(samples: Starts, from: number, nextOther: number): number {
  const { timestamps } = samples;
  const start = startAt(samples, from);
  let to = from + 1;
  while (to < timestamps.length && timestamps[to] < nextOther && startAt(samples, to) === start) to++;
  return to;
}

function* cutFloats(samples: Samples, start: number, end: number): Generator<StartedChunk> {
  const { timestamps, values } = samples;
  const startMs = startAt(samples, start);
  for (let from = start; from < end; from += SAMPLES_PER_CHUNK) {
    const to = Math.min(from + SAMPLES_PER_CHUNK, end);
    const bytes =
      startMs === 0
        ? encodeXorChunk(timestamps, values, from, to)
        : encodeXor2Chunk(timestamps, values, from, to, startMs);
    const times = { minTime: timestamps[from], maxTime: timestamps[to - 1] };
    yield { ...times, bytes, hasStart: startMs !== 0, samples: to - from };
  }
}

function* cutHistograms(all: HistogramSamples, from: number, to: number): Generator<StartedChunk> {
  const { timestamps, histograms } = all;
  const startMs = startAt(all, from);
  for (const plan of planHistogramChunks(histograms, from, to)) {
    const bytes = encodeHistogramChunk(all, plan, startMs);
    const times = { minTime: timestamps[plan.start], maxTime: timestamps[plan.end - 1] };
    yield { ...times, kind: plan.kind, bytes, hasStart: startMs !== 0, samples: plan.end - plan.start };
  }
}
