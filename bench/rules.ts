/**
 * `npm run bench:rules`: what rules cost a month: read and write units, CPU, dollars, and what Amazon Managed Service for
 * Prometheus asks for the same. Options after `--`:
 *
 *     --rules 100,1000       how many rules; each is evaluated once a minute
 *     --series 10000         series that are sent every 15 s
 *     --minutes 10           minutes that are measured, after a warm-up
 *
 * The real writers, compactor and rules work on a table in memory that counts units as DynamoDB bills them, with a simulated
 * clock. Dollars of Lambda's time assume that calls of the table wait 5 ms each, one after the other: that is the most.
 */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { LAMBDA_GB_SECOND, LAMBDA_REQUESTS_MILLION, TABLE_PRICES } from "../lib/cost/aws-prices.ts";
import { newRuleRunner } from "../lib/http/compose-rules.ts";
import { composeServices } from "../lib/http/compose-services.ts";
import { DEFAULT_TENANT } from "../lib/model/tenant.ts";
import { HOUR_MS, MINUTE_MS } from "../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../lib/promql/settings.ts";
import { DEFAULT_RULE_SETTINGS } from "../lib/rules/settings.ts";
import { newRuleStore } from "../lib/rules/table-rule-store.ts";
import { ReaderMemory } from "../lib/storage/cache/reader-memory.ts";
import { MemoryTable } from "../lib/storage/table/memory-table.ts";
import { newMeter } from "../lib/storage/table/table.ts";
import { RECOMMENDED } from "./cost/senders.ts";
import { loadRecording } from "./recorded-series.ts";
import { usualGroups } from "./rules/usual-rules.ts";
import { RETENTION_MS, Simulation, secondsSince } from "./simulation.ts";
import { newWorkload } from "./workload.ts";

/** As template.yaml has them: RulesMemory, and the memory that is one whole CPU. */
const MEMORY_MB = 512;
const CPU_MB = 1769;
const CACHE_BYTES = (MEMORY_MB * 1024 * 1024) / 8;
const CALL_MS = 5;
const RUNS_A_MONTH = 30 * 24 * 60;
const WARM_UP_MINUTES = 3;
/** So that a rule over an hour has one. */
const HISTORY_MS = 1.5 * HOUR_MS;
const START_MS = Date.UTC(2026, 10, 20, 9);

/**
 * Amazon Managed Service for Prometheus, us-east-1: query samples processed, by rules too, and samples ingested.
 * https://aws.amazon.com/prometheus/pricing/
 */
const AMAZON_SAMPLES_BILLION = 0.1;
const AMAZON_INGEST_MILLION = 0.09;

interface Figures {
  readonly rules: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly calls: number;
  readonly cpuMs: number;
  readonly recorded: number;
  readonly queried: number;
}

async function measure(series: number, rules: number, minutes: number): Promise<Figures> {
  const { series: recorded } = loadRecording();
  const memoryTable = new MemoryTable();
  const workload = newWorkload(recorded, series, START_MS, RECOMMENDED);
  const simulation = new Simulation({
    writeTable: memoryTable,
    compactTable: memoryTable,
    workload,
    startMs: START_MS,
  });
  const { clock } = simulation;
  const services = composeServices({
    table: memoryTable,
    clock,
    randomBytes,
    retentionMs: RETENTION_MS,
    log: (level, message, fields) => {
      if (level === "error" || level === "warn") console.error(message, fields);
    },
    metrics: undefined,
  });
  const store = newRuleStore(memoryTable);
  for (const group of usualGroups(rules)) await store.put(DEFAULT_TENANT, "bench.yml", group);
  let queried = 0;
  const runner = newRuleRunner(services, {
    promql: DEFAULT_PROMQL_SETTINGS,
    rules: DEFAULT_RULE_SETTINGS,
    memory: new ReaderMemory(CACHE_BYTES),
    onQuery: ({ samples }) => {
      queried += samples.totalQueryableSamples;
    },
  });
  const meter = newMeter();
  let [cpu, stored] = [0, 0];
  for (let minute = 0; minute < WARM_UP_MINUTES + minutes; minute++) {
    await simulation.writeTo(START_MS + HISTORY_MS + minute * MINUTE_MS);
    const isMeasured = minute >= WARM_UP_MINUTES;
    if (minute === WARM_UP_MINUTES) queried = 0;
    const cpuBefore = process.cpuUsage();
    const report = await runner.run({
      deadlineMs: Number.POSITIVE_INFINITY,
      meter: isMeasured ? meter : newMeter(),
    });
    if (report.failures + report.postponed > 0) throw new Error(JSON.stringify(report));
    if (minute > 0 && report.evaluations !== rules) throw new Error(`${report.evaluations} evaluations`);
    if (!isMeasured) continue;
    cpu += secondsSince(cpuBefore);
    stored += report.samples;
  }
  const each = (value: number) => value / minutes;
  const cpuMs = each(cpu * 1000);
  return {
    rules,
    readUnits: each(meter.readUnits),
    writeUnits: each(meter.writeUnits),
    calls: each(meter.calls),
    cpuMs,
    recorded: each(stored),
    queried: each(queried),
  };
}

function print(figures: Figures): void {
  const { rules, readUnits, writeUnits, calls, cpuMs, recorded, queried } = figures;
  // A function with less than a CPU takes longer.
  const durationMs = calls * CALL_MS + (cpuMs * CPU_MB) / MEMORY_MB;
  const month = (each: number, million: number) => (each * RUNS_A_MONTH * million) / 1e6;
  const dollars = {
    "read units": month(readUnits, TABLE_PRICES.STANDARD.readUnitsMillion),
    "write units": month(writeUnits, TABLE_PRICES.STANDARD.writeUnitsMillion),
    "Lambda, time": RUNS_A_MONTH * (durationMs / 1000) * (MEMORY_MB / 1024) * LAMBDA_GB_SECOND,
    "Lambda, requests": month(1, LAMBDA_REQUESTS_MILLION),
  };
  const sum = Object.values(dollars).reduce((total, each) => total + each, 0);
  const amazon =
    (queried * RUNS_A_MONTH * AMAZON_SAMPLES_BILLION) / 1e9 + month(recorded, AMAZON_INGEST_MILLION);
  console.log(
    `\n${rules} rules, a minute: ${readUnits.toFixed(1)} read units, ${writeUnits.toFixed(1)} write units,`,
  );
  console.log(`  ${calls.toFixed(0)} calls, ${cpuMs.toFixed(0)} ms CPU,`);
  console.log(
    `  ${recorded.toFixed(0)} samples recorded, ${(queried / 1e6).toFixed(2)} million samples looked at`,
  );
  console.log("  $ a month:");
  for (const [name, value] of Object.entries(dollars))
    console.log(`    ${name.padEnd(17)} ${value.toFixed(3)}`);
  console.log(`    ${"sum".padEnd(17)} ${sum.toFixed(2)}`);
  console.log(`    ${"Amazon".padEnd(17)} ${amazon.toFixed(2)}`);
}

const { values } = parseArgs({
  options: {
    rules: { type: "string", default: "100,1000" },
    series: { type: "string", default: "10000" },
    minutes: { type: "string", default: "10" },
  },
});
for (const rules of values.rules.split(",").map(Number))
  print(await measure(Number(values.series), rules, Number(values.minutes)));
