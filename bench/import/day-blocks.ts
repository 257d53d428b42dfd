/** A day of a workload as the blocks of two hours that a Prometheus would have made of it. */
import { randomBytes } from "node:crypto";
import { LocalOutput } from "../../cli/transfer/local-output.ts";
import { cutChunks } from "../../lib/chunk/cut.ts";
import { sortSamples } from "../../lib/chunk/merge.ts";
import { SampleColumns } from "../../lib/chunk/sample-columns.ts";
import { compareLabelSets, type LabelSet, labelSetOf } from "../../lib/model/labels.ts";
import { DAY_MS, HOUR_MS } from "../../lib/model/time.ts";
import { newUlid } from "../../lib/tsdb/ulid.ts";
import { writeBlock } from "../../lib/tsdb/write/block-writer.ts";
import { SCRAPE_INTERVAL_MS, type Workload } from "../workload.ts";

const BLOCK_MS = 2 * HOUR_MS;
const LABELS = 128;

/** Returns how many samples the blocks have. `workload` begins at the start of a UTC day. */
export async function writeDayBlocks(directory: string, workload: Workload): Promise<number> {
  const intervals = BLOCK_MS / SCRAPE_INTERVAL_MS;
  let samples = 0;
  for (let block = 0; block < DAY_MS / BLOCK_MS; block++) {
    const gathered = gather(workload, block * intervals, intervals);
    samples += gathered.reduce((sum, { columns }) => sum + columns.count, 0);
    const ulid = newUlid(Date.now(), randomBytes);
    const output = new LocalOutput(directory, ulid);
    await writeBlock(output, ulid, chunked(gathered), () => {});
    output.finish();
  }
  return samples;
}

interface Gathered {
  readonly labels: LabelSet;
  readonly columns: SampleColumns;
}

/** By label set. */
function gather(workload: Workload, first: number, count: number): Gathered[] {
  const all: Gathered[][] = [];
  for (let interval = first; interval < first + count; interval++) {
    workload.batches(interval).forEach(({ batch }, slot) => {
      all[slot] ??= Array.from({ length: batch.labelStarts.length }, (_, i) => ({
        labels: labelSetOf(batch.decodeLabels(batch.bytes, batch.labelStarts[i], batch.labelEnds[i], LABELS)),
        columns: new SampleColumns(count),
      }));
      const words = new Uint32Array(batch.values.buffer, batch.values.byteOffset, 2 * batch.values.length);
      for (let i = 0; i < batch.sampleCount; i++)
        all[slot][batch.sampleSeries[i]].columns.appendSample(
          batch.timestamps[i],
          words[2 * i + 1],
          words[2 * i],
        );
    });
  }
  return all.flat().sort((a, b) => compareLabelSets(a.labels, b.labels));
}

function* chunked(all: readonly Gathered[]) {
  for (const { labels, columns } of all) {
    if (columns.count === 0) continue;
    yield { labels, chunks: cutChunks(sortSamples(columns, columns.count)) };
  }
}

const WIDE_METRICS = 100;
const WIDE_SAMPLES = 4;

/** One block of very many series with four samples each. */
export async function writeWideBlock(directory: string, seriesCount: number, startMs: number): Promise<void> {
  const ulid = newUlid(Date.now(), randomBytes);
  const output = new LocalOutput(directory, ulid);
  await writeBlock(output, ulid, wideSeries(seriesCount, startMs), () => {});
  output.finish();
}

/** By label set. */
function* wideSeries(seriesCount: number, startMs: number) {
  const timestamps = Float64Array.from({ length: WIDE_SAMPLES }, (_, i) => startMs + i * SCRAPE_INTERVAL_MS);
  const text = (number: number, digits: number) => String(number).padStart(digits, "0");
  for (let metric = 0; metric < WIDE_METRICS; metric++)
    for (let number = 0; number < seriesCount / WIDE_METRICS; number++) {
      const labels = labelSetOf([
        ["__name__", `wide_${text(metric, 3)}_total`],
        ["instance", `10.0.${number % 200}.1:9100`],
        ["job", "wide"],
        ["user", text(number, 6)],
      ]);
      const values = timestamps.map((_, i) => number + i * (metric + 1));
      yield { labels, chunks: cutChunks({ timestamps, values }) };
    }
}
