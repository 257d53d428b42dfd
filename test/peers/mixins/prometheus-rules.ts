/** Prometheus' own rules package at given times, on given samples: test/peers/go/current/rules. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RecordedSample } from "../../../lib/rules/recorded-samples.ts";
import { type Evaluation, toObject } from "./hearth-rules.ts";
import type { Outcome, OutcomeAlert, OutcomeNotification, OutcomeSeries } from "./outcome.ts";

const MAX_OUTPUT_BYTES = 1024 * 1024 * 1024;

export interface PrometheusInput {
  readonly program: string;
  /** For files of the run. */
  readonly directory: string;
  readonly files: ReadonlyMap<string, string>;
  readonly samples: ReadonlyMap<number, readonly RecordedSample[]>;
  readonly intervalMs: number;
  readonly evaluations: readonly Evaluation[];
  readonly recorded: string;
}

type Line = {
  readonly series?: OutcomeSeries;
  readonly alert?: OutcomeAlert;
  readonly notification?: OutcomeNotification;
  readonly failure?: { readonly timeMs: number; readonly rule: string; readonly error: string };
};

export async function evaluateInPrometheus(input: PrometheusInput): Promise<Outcome> {
  const { program, directory, files, samples, intervalMs, evaluations, recorded } = input;
  const pathOf = (file: string) => join(directory, file);
  for (const [file, text] of files) await writeFile(pathOf(file), text);
  const series = pathOf("series.jsonl");
  await writeFile(series, seriesLines(samples));
  const request = pathOf("request.json");
  await writeFile(
    request,
    JSON.stringify({
      files: [...files.keys()].map(pathOf),
      series,
      directory: pathOf("tsdb"),
      intervalMs,
      evaluations: evaluations.map(({ file, ...rest }) => ({ file: pathOf(file), ...rest })),
      recorded,
    }),
  );
  const { stdout } = await promisify(execFile)(program, [request], { maxBuffer: MAX_OUTPUT_BYTES });
  const lines = stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
  const failures = new Map<number, number>();
  for (const { failure } of lines)
    if (failure !== undefined) failures.set(failure.timeMs, (failures.get(failure.timeMs) ?? 0) + 1);
  return {
    series: lines.flatMap(({ series }) => series ?? []),
    alerts: lines.flatMap(({ alert }) => alert ?? []),
    notifications: lines.flatMap(({ notification }) => notification ?? []),
    failures,
  };
}

function seriesLines(samples: ReadonlyMap<number, readonly RecordedSample[]>): string {
  const byLabels = new Map<RecordedSample["labels"], { times: number[]; values: string[] }>();
  for (const all of samples.values())
    for (const { labels, timestamp, value } of all) {
      let one = byLabels.get(labels);
      if (one === undefined) {
        one = { times: [], values: [] };
        byLabels.set(labels, one);
      }
      one.times.push(timestamp);
      one.values.push(String(value).replace("Infinity", "Inf"));
    }
  return Array.from(byLabels, ([labels, columns]) =>
    JSON.stringify({ labels: toObject(labels), ...columns }),
  ).join("\n");
}
