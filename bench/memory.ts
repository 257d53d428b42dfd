/**
 * `npm run bench:memory`: the peak memory of each function, bundled and with the heap limits that
 * Lambda sets: the write handler with the largest bodies, remote read streaming 5, 20 and 50 million
 * samples, a warm query function with the most samples of a query, the compactor chunking a bucket.
 * Each runs in a process of its own and gets its data over HTTP from a DynamoDB in another.
 *
 * `--only write|read|query|compact` runs one of them. `--samples 5,20,50` are the sizes of reads in
 * millions, `--series 100000` is that of the compactor (default 20,000). With `--json` the last line is
 * the figures as JSON. About two minutes; on Linux only, since it reads /proc.
 */
import { parseArgs } from "node:util";
import {
  compactSubject,
  mb,
  measurePeak,
  type Peak,
  querySubject,
  samplesSubject,
  streamSubject,
  writeSubjects,
} from "./memory/measure.ts";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      samples: { type: "string", default: "5,20,50" },
      series: { type: "string", default: "20000" },
      json: { type: "boolean", default: false },
    },
  });
  const subjects = {
    write: writeSubjects(),
    read: [...values.samples.split(",").map((text) => streamSubject(Number(text) * 1e6)), samplesSubject()],
    query: [querySubject()],
    compact: [compactSubject(Number(values.series))],
  };
  const chosen = Object.entries(subjects).flatMap(([kind, some]) =>
    (values.only ?? kind) === kind ? some : [],
  );
  if (chosen.length === 0)
    throw new Error(`--only ${values.only}: expected ${Object.keys(subjects).join(", ")}`);
  console.log(`${"MB".padEnd(50)}budget  idle  peak   of it: heap  buffers`);
  const peaks: Peak[] = [];
  for (const subject of chosen) {
    const peak = await measurePeak(subject);
    peaks.push(peak);
    print(peak);
  }
  if (values.json) console.log(JSON.stringify(peaks));
  if (peaks.some(isOver)) process.exitCode = 1;
}

function print(peak: Peak): void {
  const { name, budgetMb, idleBytes, peakBytes, heapBytes, bufferBytes, detail } = peak;
  const figures = [idleBytes, peakBytes].map((bytes) => mb(bytes).padStart(6)).join("");
  const parts = `${mb(heapBytes).padStart(13)}${mb(bufferBytes).padStart(9)}`;
  console.log(
    `${name.padEnd(50)}${String(budgetMb).padStart(6)}${figures}${parts}   ${detail}${isOver(peak) ? "  OVER" : ""}`,
  );
}

function isOver({ peakBytes, budgetMb }: Peak): boolean {
  return peakBytes > budgetMb * 1024 * 1024;
}

await main();
