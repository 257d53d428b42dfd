/**
 * `npm run bench:import`: what importing a day of 10,000 series takes, 57.6 million samples in twelve blocks as Prometheus
 * makes them: CPU of all threads with the DynamoDB client's, memory, write units and dollars. The DynamoDB is a stub in this
 * process that responds at once.
 *
 *     -- --series 10000    how many series
 *     -- --wide 2000000     one block of so many series with four samples each instead
 *     -- --vmctl           beside it `vmctl` and `vmagent` through the write path; 1,000 series are enough
 *     -- --json            the figures as JSON in the last line
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DAY_MS } from "../lib/model/time.ts";
import { dollarsOf } from "../lib/transfer/survey.ts";
import { startDynamoDBStub } from "./dynamodb-stub.ts";
import { writeDayBlocks, writeWideBlock } from "./import/day-blocks.ts";
import type { ImportFigures } from "./import/import-worker.ts";
import { measureVmctl, type VmctlFigures } from "./import/measure-vmctl.ts";
import { loadRecording } from "./recorded-series.ts";
import { startWorker } from "./worker.ts";
import { newWorkload } from "./workload.ts";

/** What an import must stay below, for each million samples and each sample. */
const MAX_CPU_SECONDS = 1;
const MAX_WRITE_UNITS = 0.002;
const MB = 1024 * 1024;

const { values } = parseArgs({
  options: {
    series: { type: "string", default: "10000" },
    wide: { type: "string" },
    vmctl: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  const { title, series } = loadRecording();
  const yesterday = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS;
  const workload = newWorkload(series, Number(values.series), yesterday);
  const directory = mkdtempSync(join(tmpdir(), "hearth-bench-import-"));
  const stub = await startDynamoDBStub();
  try {
    if (values.wide === undefined) await writeDayBlocks(directory, workload);
    else await writeWideBlock(directory, Number(values.wide), yesterday);
    const worker = await startWorker<object, ImportFigures>(
      new URL("./import/import-worker.ts", import.meta.url),
      [],
    );
    const figures = await worker.ask({ directory, endpoint: stub.endpoint });
    await worker.close();
    report(title, figures);
    if (values.vmctl) reportVmctl(await measureVmctl(directory, yesterday, figures.samples));
  } finally {
    await stub.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function report(title: string, figures: ImportFigures): void {
  const { samples, cpuSeconds, wallSeconds, peakBytes, writeUnits, items } = figures;
  const millions = samples / 1e6;
  const perSample = writeUnits / samples;
  const rows = [
    ["recording", title],
    ["series, samples", `${figures.series.toLocaleString("en-US")}, ${samples.toLocaleString("en-US")}`],
    ["CPU seconds per million samples", (cpuSeconds / millions).toFixed(3)],
    ["wall seconds in all", wallSeconds.toFixed(1)],
    ["peak memory, MB", (peakBytes / MB).toFixed(0)],
    ["items", items.toLocaleString("en-US")],
    ["write units, per sample", `${writeUnits.toLocaleString("en-US")}, ${perSample.toFixed(5)}`],
    ["dollars per million samples", dollarsOf(writeUnits / millions).toFixed(5)],
  ];
  for (const [name, value] of rows) console.log(`${name.padEnd(34)}${value}`);
  // Of a few samples a series the index is most.
  const isOver = cpuSeconds / millions > MAX_CPU_SECONDS || perSample > MAX_WRITE_UNITS;
  if (isOver && values.wide === undefined) {
    console.log(
      `over the budget of ${MAX_CPU_SECONDS} CPU s per million and ${MAX_WRITE_UNITS} units a sample`,
    );
    process.exitCode = 1;
  }
  if (values.json) console.log(JSON.stringify(figures));
}

function reportVmctl(figures: VmctlFigures): void {
  const { samples, leftOut, senderCpuSeconds, hearthCpuSeconds, writeUnits, senderPeakBytes } = figures;
  const millions = samples / 1e6;
  const rows = [
    ["samples that vmctl left out", leftOut.toLocaleString("en-US")],
    ["CPU seconds per million, senders", (senderCpuSeconds / millions).toFixed(3)],
    ["the same, Hearth", (hearthCpuSeconds / millions).toFixed(3)],
    ["peak memory of the senders, MB", (senderPeakBytes / MB).toFixed(0)],
    [
      "write units, per sample",
      `${writeUnits.toLocaleString("en-US")}, ${(writeUnits / samples).toFixed(5)}`,
    ],
    ["dollars per million samples", dollarsOf(writeUnits / millions).toFixed(5)],
  ];
  console.log("\nvmctl prometheus, vmagent, remote write, compaction:");
  for (const [name, value] of rows) console.log(`${name.padEnd(34)}${value}`);
}

await main();
