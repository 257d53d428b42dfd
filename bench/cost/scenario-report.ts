/** Prints scenarios: a line each, beside the baseline. */
import type { ScenarioRun, ScrapeCosts } from "./measure-scenario.ts";
import type { Moved } from "./write-table.ts";

/** The last quarter counts as growth if it costs this many times the second. */
const FLAT = 1.1;
const MIB = 1024 * 1024;

/** Prints a run; `baseline`: the write units per sample to compare its steady state with. */
export function printScenario(run: ScenarioRun, baseline: number): void {
  const [, second, , last] = run.quarters;
  const total = sumOf(run.quarters);
  const reads = [second, last].map(({ readUnits, requests }) => readUnits / requests);
  const units = unitsPerSample(last);
  console.log(`\n${run.scenario.title}, ${run.scrapes} scrapes, ${total.samples} samples`);
  console.log(
    `  write units a sample   ${units.toFixed(5)} in the last quarter (${(units / baseline).toFixed(2)} of the baseline), ` +
      `${unitsPerSample(total).toFixed(5)} in all, ${growth(unitsPerSample(second), units)}`,
  );
  console.log(
    `  read units a request   ${reads[1].toFixed(2)} in the last quarter, ${growth(reads[0], reads[1])}`,
  );
  console.log(`  largest request        ${printMoved(run.largest)}`);
  console.log(`  first of a cold start  ${printMoved(run.cold)}`);
  console.log(`  dictionaries           ${run.dictionaries}, ${printBytes(run.dictionaryBytes)}`);
  console.log(
    `  CPU                    ${((run.cpuSeconds / total.samples) * 1e6).toFixed(2)} s a million samples`,
  );
}

/** The figure of the last quarter of the scrapes. */
export function steadyUnits(run: ScenarioRun): number {
  return unitsPerSample(run.quarters[3]);
}

function unitsPerSample({ writeUnits, samples }: ScrapeCosts): number {
  return writeUnits / samples;
}

function growth(before: number, after: number): string {
  return after <= before * FLAT + 1e-9
    ? "flat"
    : `growing: ${(after / before).toFixed(1)} times the second quarter's`;
}

function printMoved({ writeUnits, writtenBytes, readUnits, readBytes }: Moved): string {
  return (
    `${writeUnits} write units (${printBytes(writtenBytes)}), ` +
    `${readUnits} read units (${printBytes(readBytes)})`
  );
}

function printBytes(bytes: number): string {
  return bytes < MIB ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / MIB).toFixed(1)} MiB`;
}

function sumOf(all: readonly ScrapeCosts[]): ScrapeCosts {
  const total = { samples: 0, requests: 0, writeUnits: 0, readUnits: 0 };
  for (const one of all) {
    total.samples += one.samples;
    total.requests += one.requests;
    total.writeUnits += one.writeUnits;
    total.readUnits += one.readUnits;
  }
  return total;
}
