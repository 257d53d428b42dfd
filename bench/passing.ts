/**
 * `npm run bench:passing`: one query by which 50 million samples pass, of 46 recorded series at 15 s over 200 days. They are read
 * from chunks, decoded and evaluated a series at a time: the memory stays that of a small part. Fails past `MAX_MEMORY_MIB`.
 */
import { DAY_MS, SECOND_MS } from "../lib/model/time.ts";
import { QueryProcess, storeRangeKey } from "./range/measure-range.ts";
import { RANGE_QUERIES, seriesOfPanels } from "./range/panels.ts";
import { buildYear, NOW_MS } from "./range/year.ts";
import { loadRecording } from "./recorded-series.ts";

const DAYS = 200;
const MIN_SAMPLES = 50_000_000;
/** Of the process beside the table: 50 million samples as columns would be 800 MB. */
const MAX_MEMORY_MIB = 600;
const SERIES = 46;

async function main(): Promise<void> {
  const query = RANGE_QUERIES.find(({ series }) => series === SERIES)!;
  const [, metric] = /\((\w+)\[/.exec(query.text)!;
  const all = seriesOfPanels(loadRecording().series);
  const series = all.filter(({ labels }) => labels.some(([, value]) => value === metric));
  const table = await buildYear(
    series,
    { days: DAYS, hasRows: false },
    () => {},
    (memory) => storeRangeKey(memory, NOW_MS),
  );
  const endMs = Math.floor(NOW_MS / DAY_MS) * DAY_MS;
  const form = new URLSearchParams({
    query: `sum(${query.text.replace("$w", "1d")})`,
    start: String((endMs - (DAYS - 1) * DAY_MS) / SECOND_MS),
    end: String(endMs / SECOND_MS),
    step: String(DAY_MS / SECOND_MS),
    stats: "true",
    max_source_resolution: "0s",
  });
  const { error, samplesRead, readUnits, cpuMs, memoryMiB, points } = await new QueryProcess(
    table,
    NOW_MS,
  ).ask(form);
  if (error !== undefined) throw new Error(error);
  console.log(
    `${samplesRead} samples of ${series.length} series passed: points=${points} readUnits=${Math.round(readUnits)} ` +
      `cpuSeconds=${(cpuMs / 1000).toFixed(1)} memoryMiB=${Math.round(memoryMiB)}`,
  );
  if (samplesRead < MIN_SAMPLES) throw new Error(`expected ${MIN_SAMPLES} samples`);
  if (memoryMiB > MAX_MEMORY_MIB) throw new Error(`expected at most ${MAX_MEMORY_MIB} MiB`);
}

await main();
