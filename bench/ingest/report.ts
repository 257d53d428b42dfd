/** Prints the measurements. */
import { arch, cpus, platform, release } from "node:os";
import { WRITE_MEMORY_MB } from "../cost/prices.ts";
import { REQUEST_SAMPLES, type Workload } from "../workload.ts";
import type { Measurement, Plan, StepFigures, SubjectFigures } from "./measure.ts";
import type { ProtocolFigures } from "./measure-protocols.ts";
import type { Peak } from "./peaks.ts";
import { STEPS } from "./steps.ts";
import { HEARTH, HEARTH_MEMORY } from "./subjects.ts";

export interface IngestReport {
  readonly title: string;
  readonly recordedSeries: number;
  readonly workload: Workload;
  readonly plan: Plan;
  readonly measurement: Measurement;
  readonly protocols: readonly ProtocolFigures[];
  readonly peaks: readonly Peak[];
}

export function printReport(report: IngestReport): void {
  const { measurement, protocols, peaks } = report;
  printLoad(report);
  printSubjects(measurement.subjects);
  printSteps(measurement);
  printProtocols(protocols);
  printPeaks(peaks);
}

/** The figures of a subject, if it was measured. */
export function find(subjects: readonly SubjectFigures[], name: string): SubjectFigures | undefined {
  return subjects.find((subject) => subject.name === name);
}

function printLoad({ title, recordedSeries, workload, plan }: IngestReport): void {
  const { seriesCount, targetCount } = workload;
  const samples = (plan.rounds * plan.round * seriesCount) / 1e6;
  console.log(
    `${seriesCount} series of ${targetCount} targets, made of ${recordedSeries} of the recording,\n${title};\n` +
      `every 15 s, ${REQUEST_SAMPLES} samples a request; ${samples} million samples in ${plan.rounds} rounds, ` +
      `after 1 cold interval and ${plan.warmUp} of warm-up`,
  );
  console.log(`${cpus().length} cores, ${platform()} ${release()} ${arch()}, Node ${process.version}`);
}

function printSubjects(subjects: readonly SubjectFigures[]): void {
  const own = find(subjects, HEARTH)?.steady ?? Number.NaN;
  console.log("\nCPU s per million samples   median     min     max  x hearth  cold start  peak MB");
  for (const { name, version, steady, rounds, cold, peakBytes } of subjects) {
    const cells = [steady, Math.min(...rounds), Math.max(...rounds), steady / own, cold].map(seconds);
    const widths = [8, 8, 8, 10, 12];
    const row = cells.map((cell, i) => cell.padStart(widths[i])).join("");
    console.log(`${name.padEnd(26)}${row}${megabytes(peakBytes).padStart(9)}  ${version}`);
  }
  console.log(`${HEARTH}: the handler with its DynamoDB client; another process responds`);
  console.log(
    `${HEARTH_MEMORY}: the handler on a table in memory; hearth_http: as hearth, behind Node's HTTP server`,
  );
}

function printSteps({ subjects, steps, memorySteps }: Measurement): void {
  const columns: [StepFigures, number][] = [
    [steps, find(subjects, HEARTH)?.steady ?? Number.NaN],
    [memorySteps, find(subjects, HEARTH_MEMORY)?.steady ?? Number.NaN],
  ];
  console.log("\nby step                     hearth  hearth_memory");
  for (const step of STEPS)
    printStep(
      step,
      columns.map(([figures]) => figures.seconds[step]),
    );
  const rest = ([figures, whole]: [StepFigures, number]) =>
    STEPS.reduce((left, step) => left - figures.seconds[step], whole);
  printStep("http, auth and the rest", columns.map(rest));
  printStep(
    "whole",
    columns.map(([, whole]) => whole),
  );
  console.log(
    `log records: ${steps.bytesPerSample.toFixed(2)} bytes and ${steps.unitsPerSample.toFixed(5)} write units a sample`,
  );
}

function printStep(name: string, [hearth, memory]: readonly number[]): void {
  console.log(`${name.padEnd(26)}${seconds(hearth).padStart(8)}${seconds(memory).padStart(15)}`);
}

function printProtocols(protocols: readonly ProtocolFigures[]): void {
  const [{ steady: first }] = protocols;
  console.log("\nby protocol, as hearth   CPU s per million   x 1.0  bytes a request");
  for (const { name, steady, bodyBytes } of protocols) {
    const cells = seconds(steady).padStart(14) + seconds(steady / first).padStart(8);
    console.log(`${name.padEnd(28)}${cells}${bodyBytes.toFixed(0).padStart(17)}`);
  }
}

function printPeaks(peaks: readonly Peak[]): void {
  console.log(`\npeak memory, MB (budget ${WRITE_MEMORY_MB})           request    idle    peak`);
  for (const { name, bodyBytes, idleBytes, peakBytes } of peaks) {
    const cells = [bodyBytes, idleBytes, peakBytes].map((bytes) => megabytes(bytes).padStart(8)).join("");
    const over = peakBytes > WRITE_MEMORY_MB * 1024 * 1024 ? "  over budget" : "";
    console.log(`${name.padEnd(40)}${cells}${over}`);
  }
}

function seconds(value: number): string {
  return value.toFixed(2);
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? "" : (bytes / 1024 / 1024).toFixed(1);
}
