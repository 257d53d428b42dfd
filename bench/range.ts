/**
 * `npm run bench:range`: panels over an hour to a year of 400 recorded series at 15 s, on a table that takes 5 ms a call and
 * 60 MB/s for all calls together. Prints read units, dollars, table calls, calls in a row, time, CPU time and memory of a query
 * process that has cached nothing, and of one that is asked the same again.
 *
 * Each is asked of samples (`max_source_resolution=0s`) and, from 24 hours on, of hourly rows (`1h`).
 *
 * `--days N` is a shorter history; `--resolutions 0s` omits rows; `--spans 1h,24h` and `--series 7,46` limit the panels;
 * `--prometheus` measures a Prometheus with the same samples as blocks beside. `--plot docs/images/range.svg` draws the read
 * units of each panel. With `-- --json` the last line is the figures as JSON. Progress goes to stderr.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { DAY_MS, HOUR_MS, SECOND_MS } from "../lib/model/time.ts";
import { Blocks, findPrometheus, startPrometheus } from "./query/prometheus.ts";
import { measurePrometheus } from "./range/measure-prometheus.ts";
import { QueryProcess, storeRangeKey } from "./range/measure-range.ts";
import { formOf, RANGE_QUERIES, RANGE_SPANS, seriesOfPanels } from "./range/panels.ts";
import { plotUnits } from "./range/plot.ts";
import { figuresOf, printHead, printPanel, type RangeFigures } from "./range/report.ts";
import { buildYear, NOW_MS } from "./range/year.ts";
import { loadRecording } from "./recorded-series.ts";

/** What queries read (`max_source_resolution`). */
const RESOLUTIONS = ["0s", "1h"] as const;

/** Of the first panel, so that V8 has compiled the code of all. */
const WARM_UP_ROUNDS = 2;

function note(progress: string): void {
  console.error(`${(performance.now() / SECOND_MS).toFixed(0)} s: ${progress}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      days: { type: "string", default: "365" },
      spans: { type: "string", default: RANGE_SPANS.map(({ name }) => name).join() },
      series: { type: "string", default: RANGE_QUERIES.map(({ series }) => series).join() },
      resolutions: { type: "string", default: RESOLUTIONS.join() },
      prometheus: { type: "boolean", default: false },
      plot: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const days = Number(values.days);
  const spans = RANGE_SPANS.filter(
    ({ name, spanMs }) => values.spans.split(",").includes(name) && spanMs <= days * DAY_MS,
  );
  const queries = RANGE_QUERIES.filter(({ series }) => values.series.split(",").includes(String(series)));
  const { title, series: recorded } = loadRecording();
  const found = values.prometheus ? findPrometheus() : undefined;
  const blocks = new Blocks();
  try {
    const table = await buildYear(
      seriesOfPanels(recorded),
      { days, hasRows: values.resolutions.includes("1h") },
      found && ((day, series) => blocks.write(day, series)),
      (memory) => storeRangeKey(memory, NOW_MS),
      note,
    );
    console.log(
      `400 series of the recording,\n${title};\nevery 15 s for ${days} days until ${new Date(NOW_MS).toISOString()}`,
    );
    const prometheus = found && (await startPrometheus(found.command, blocks));
    try {
      if (found) console.log(`beside it Prometheus ${found.version}`);
      const warmUp = formOf(queries[0], spans[0], NOW_MS);
      for (let round = 0; round < WARM_UP_ROUNDS; round++) await new QueryProcess(table, NOW_MS).ask(warmUp);
      printHead();
      const all: RangeFigures[] = [];
      for (const query of queries) {
        for (const span of spans) {
          for (const resolution of RESOLUTIONS) {
            if (!values.resolutions.split(",").includes(resolution)) continue;
            if (resolution === "1h" && span.stepMs < HOUR_MS) continue;
            const form = formOf(query, span, NOW_MS);
            form.set("max_source_resolution", resolution);
            const expectedUnits = await new QueryProcess(table, NOW_MS).estimate(form);
            const process = new QueryProcess(table, NOW_MS);
            const [cold, warm] = [await process.ask(form), await process.ask(form)];
            const theirs =
              resolution === "0s" ? prometheus && (await measurePrometheus(prometheus, form)) : undefined;
            if (theirs?.points !== undefined && cold.error === undefined && theirs.points !== cold.points)
              throw new Error(
                `${query.name}, ${span.name}: points=${cold.points}, of Prometheus ${theirs.points}`,
              );
            all.push({ query, span, resolution, expectedUnits, cold, warm, prometheus: theirs });
            printPanel(all[all.length - 1]);
          }
        }
      }
      if (values.plot !== undefined) writeFileSync(values.plot, plotUnits(all));
      if (values.json) console.log(JSON.stringify(all.map(figuresOf)));
    } finally {
      await prometheus?.close();
    }
  } finally {
    blocks.remove();
  }
}

await main();
