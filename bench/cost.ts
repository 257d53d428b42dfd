/**
 * `npm run bench:cost`: the cost of a sample, from request to chunk: write units by kind of item, read
 * units of compaction, bytes at rest, dollars. Options after `--`:
 *
 *     --series 1000,10000    sizes, in series; may be repeated
 *     --hours 24             simulated hours for each size, whole buckets; default: as many as hold 20 million samples
 *     --starts process       start timestamps: process, metric or delta (workload.ts); default: none
 *     --json                 ends with a line of JSON for each size
 *     --plot docs/images/growth.svg draws write units per sample and read units per query against the sizes
 *     --scenario 100k,churn  instead measures requests that strain a writer's memory: 100k, 300k, tenants, churn, all
 *     --sparse               instead measures series with a sample every six hours
 *     --scrapes 1000         scrapes of each scenario
 *     --check-endpoint URL   instead compares the units of a short run with those that this DynamoDB reports
 *
 * Recorded series, replicated under other instance names, arrive as Prometheus sends them, in requests
 * of up to 10,000 samples. Other settings of its queue are shown beside. The last table is the whole
 * price: ingest, storage, recovery, logs, metrics and queries, on demand and provisioned. The real writers and compactor
 * work on a table in memory that counts units as DynamoDB bills them, with a simulated clock. Writers
 * get decoded requests; the CPU of the write function is measured separately, on HTTP bodies of some of
 * these requests.
 */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { openTable } from "../lib/storage/dynamodb/dynamodb-table.ts";
import { ensureTable } from "../lib/storage/dynamodb/ensure-table.ts";
import {
  type CostFigures,
  costFigures,
  type SendingFigures,
  sendingFigures,
  sumGroups,
} from "./cost/figures.ts";
import { measureQueryGrowth } from "./cost/growth.ts";
import { compareRuns, defaultHours, runCost } from "./cost/measure.ts";
import { runScenario } from "./cost/measure-scenario.ts";
import { jsonLine, printCost } from "./cost/report.ts";
import { printScenario, steadyUnits } from "./cost/scenario-report.ts";
import { BASELINE, SCENARIOS, type Scenario } from "./cost/scenarios.ts";
import { measureSending, OTHER_SENDERS, RECOMMENDED } from "./cost/senders.ts";
import { measureSparse } from "./cost/sparse.ts";
import { measureWriteCpu } from "./cost/write-cpu.ts";
import { loadRecording, type RecordedSeries } from "./recorded-series.ts";
import { drawChart } from "./svg-chart.ts";
import { STARTS } from "./workload.ts";

const DEFAULT_SIZES = ["1000,10000"];
const CHECK = { series: 200, hours: 0.5 };
const PROGRESS_MS = 30_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      series: { type: "string", multiple: true, default: DEFAULT_SIZES },
      hours: { type: "string" },
      starts: { type: "string" },
      json: { type: "boolean", default: false },
      plot: { type: "string" },
      scenario: { type: "string" },
      sparse: { type: "boolean", default: false },
      scrapes: { type: "string", default: "1000" },
      "check-endpoint": { type: "string" },
    },
  });
  const { title, series: recorded } = loadRecording();
  console.log(`label sets and values of the recording, ${title}`);
  if (values["check-endpoint"] !== undefined) return check(recorded, values["check-endpoint"]);
  if (values.sparse) return measureSparse(recorded);
  if (values.scenario !== undefined)
    return measureScenarios(recorded, values.scenario, Number(values.scrapes));
  const sizes = values.series.flatMap((list) => list.split(",").map(Number)).sort((a, b) => a - b);
  const results: { readonly figures: CostFigures; readonly others: readonly SendingFigures[] }[] = [];
  const starts = STARTS.find((kind) => kind === values.starts);
  if (starts !== values.starts)
    throw new Error(`--starts ${values.starts}: expected one of ${STARTS.join(", ")}`);
  for (const series of sizes) {
    const hours = values.hours === undefined ? defaultHours(series) : Number(values.hours);
    const run = await runCost(recorded, series, hours, { ...RECOMMENDED, starts });
    const figures = costFigures(run, await measureWriteCpu(recorded, series, RECOMMENDED));
    const others: SendingFigures[] = [];
    for (const sender of OTHER_SENDERS)
      others.push(
        sendingFigures(
          figures,
          await measureSending(recorded, series, sender),
          await measureWriteCpu(recorded, series, sender),
        ),
      );
    results.push({ figures, others });
    printCost(figures, others);
  }
  if (values.plot !== undefined)
    await plot(
      recorded,
      results.map(({ figures }) => figures),
      values.plot,
    );
  if (values.json) for (const { figures, others } of results) console.log(jsonLine(figures, others));
}

/** Prints each scenario beside the baseline, which runs first. */
async function measureScenarios(
  recorded: readonly RecordedSeries[],
  names: string,
  scrapes: number,
): Promise<void> {
  const wanted = names === "all" ? SCENARIOS.map(({ name }) => name) : names.split(",");
  const unknown = wanted.find((name) => !SCENARIOS.some((one) => one.name === name));
  if (unknown !== undefined)
    throw new Error(`--scenario ${unknown}: expected all or some of ${SCENARIOS.map(({ name }) => name)}`);
  const run = (scenario: Scenario) =>
    runScenario(recorded, scenario, scrapes, newProgress(scenario, scrapes));
  const baseline = await run(BASELINE);
  printScenario(baseline, steadyUnits(baseline));
  for (const scenario of SCENARIOS.filter(({ name }) => wanted.includes(name)))
    printScenario(await run(scenario), steadyUnits(baseline));
}

/** Prints how far a scenario is, and the memory of this process, every half minute. */
function newProgress({ name }: Scenario, scrapes: number): (done: number) => void {
  let dueMs = performance.now() + PROGRESS_MS;
  return (done) => {
    if (performance.now() < dueMs) return;
    dueMs = performance.now() + PROGRESS_MS;
    const megabytes = process.memoryUsage.rss() / 2 ** 20;
    console.log(`${name}: ${done} of ${scrapes} scrapes, ${megabytes.toFixed(0)} MB of memory`);
  };
}

/** Makes the same calls on a table in memory and on a DynamoDB. */
async function check(recorded: readonly RecordedSeries[], endpoint: string): Promise<void> {
  const tableName = `bench-cost-${Date.now()}`;
  const options = { tableName, clock: Date.now, randomBytes, endpoint };
  await ensureTable(options);
  const { series, hours } = CHECK;
  const memory = await runCost(recorded, series, hours, RECOMMENDED);
  const real = await runCost(recorded, series, hours, RECOMMENDED, openTable(options));
  const [writes, reads] = [
    [...compareRuns(memory, real, "writeUnits"), ...compareRuns(memory, real, "calls")],
    compareRuns(memory, real, "readUnits"),
  ];
  for (const difference of [...writes, ...reads]) console.log(`differs, in memory and there: ${difference}`);
  console.log(
    `${endpoint}: ${real.spent.samples} samples; ${writes.length} differences in write units and calls by kind, ` +
      `${reads.length} in read units (the emulators count none for a query that finds nothing, DynamoDB the least there is)`,
  );
  if (writes.length > 0) process.exitCode = 1;
}

async function plot(
  recorded: readonly RecordedSeries[],
  results: readonly CostFigures[],
  path: string,
): Promise<void> {
  const points: (readonly [number, number])[] = [];
  for (const { run } of results) points.push([run.series, await measureQueryGrowth(recorded, run.series)]);
  const panels = [
    {
      title: "Write units per sample, all in",
      lines: [
        {
          name: "write units",
          points: results.map(({ run, allIn }) => [run.series, sumGroups(allIn)] as const),
        },
      ],
    },
    {
      title: "Read units: one metric, about 100 series, last hour",
      lines: [{ name: "read units", points }],
    },
  ];
  writeFileSync(path, drawChart({ xTitle: "series of the tenant", panels }));
  console.log(
    `\nread units of a panel: ${points.map(([x, y]) => `${x} series ${y.toFixed(0)}`).join(", ")}; ${path}`,
  );
}

await main();
