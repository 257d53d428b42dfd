/** The recording that the benchmarks work on. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeRecording, type RecordedSamples } from "./format.ts";

export interface LoadedRecording {
  /** The file, what was recorded and how much of it, for the head of a report. */
  readonly title: string;
  readonly series: readonly RecordedSamples[];
}

const NAME = "prometheus-2.42-5s.txt.gz";

export function loadWholeRecording(): LoadedRecording {
  const { source, series } = decodeRecording(readFileSync(join(import.meta.dirname, NAME)));
  const samples = series.reduce((total, { values }) => total + values.length, 0);
  return { title: `bench/recording/${NAME}: ${source}; ${series.length} series, ${samples} samples`, series };
}
