/** The reads of a selection as text. */
import { DAY_MS, printTime } from "../../model/time.ts";
import type { DayReads, PartReads, SelectionReads } from "../interface.ts";

/** One line for the selection, and some for each day. */
export function printReads({ days, seriesCount, groups, findReadUnits }: SelectionReads): string[] {
  const inGroups = groups > 1 ? `, read in about ${groups} groups` : "";
  const found = `${count(seriesCount, "series", "series")} in ${count(days.length, "day")}${inGroups}`;
  return [`${found}; finding them took ${count(findReadUnits, "read unit")}`, ...days.flatMap(printDay)];
}

/** A day that was imported may have samples in parts and no log. */
function printFlushed(flushedToMs: number): string {
  return flushedToMs > 0 ? `log compacted up to ${printTime(flushedToMs)}` : "log not compacted";
}

function printDay({ day, seriesCount, metricCount, manifest, index, log, parts }: DayReads): string[] {
  const date = printTime(day * DAY_MS).replace(/T.*/, "");
  const ofMetrics = `${count(seriesCount, "series", "series")} of ${count(metricCount, "metric")}`;
  const lines = [
    manifest.generation === 0
      ? "manifest  none: nothing is compacted"
      : `manifest  generation ${manifest.generation}, ${printFlushed(manifest.flushedToMs)}`,
    index.parts === 0
      ? "index     series records"
      : `index     ${count(index.parts, "part")} of ${count(index.blocks, "block")} and ${index.series} series, and series records`,
  ];
  if (seriesCount > 0) {
    lines.push(
      `log       ${log.shards} of ${count(log.ofShards, "shard")}, records received from ${printTime(log.receivedFromMs)} on`,
    );
  }
  lines.push(...parts.filter(({ queries }) => queries > 0).map(printPart));
  return [`day ${date}: ${ofMetrics}`, ...lines.map((line) => `  ${line}`)];
}

function printPart({ kind, minTime, maxTime, queries, wholePartitions, readUnits }: PartReads): string {
  const times = `${printTime(minTime)} to ${printTime(maxTime)}`;
  const whole = wholePartitions > 0 ? `, ${wholePartitions} of a whole partition` : "";
  const units = `about ${count(readUnits, "read unit")}`;
  return `${kind.padEnd(8)}  ${times}: ${count(queries, "query", "queries")}${whole}, ${units}`;
}

function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}
