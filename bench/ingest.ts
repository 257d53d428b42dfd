/**
 * `npm run bench:ingest`: CPU seconds per million samples from request body to stored record. Hearth
 * and, where installed, VictoriaMetrics and Prometheus get the same requests. For Hearth also: each
 * step, the size of records, other protocols, and the memory of the largest requests. With `-- --json`
 * the last line is the headline as JSON.
 *
 * Programs take turns; figures are medians over the rounds. Requests go over HTTP. CPU time counts all
 * threads until the program has flushed and is idle.
 */
import { startDynamoDBStub } from "./dynamodb-stub.ts";
import { type Measurement, measureIngest, requestsOf } from "./ingest/measure.ts";
import { measureProtocols, type ProtocolFigures } from "./ingest/measure-protocols.ts";
import { measurePeaks } from "./ingest/peaks.ts";
import { PROMETHEUS, VICTORIA_METRICS } from "./ingest/programs.ts";
import { find, printReport } from "./ingest/report.ts";
import { HEARTH } from "./ingest/subjects.ts";
import { loadRecording } from "./recorded-series.ts";
import { newWorkload, workloadStart } from "./workload.ts";

const SERIES = 10_000;
/**
 * In scrape intervals. The first is the cold start; the warm-up lasts until V8 has optimised the
 * code.
 */
const PLAN = { warmUp: 80, rounds: 5, round: 40 };
/** For each protocol. The first interval is part of the warm-up. */
const PROTOCOL_PLAN = { warmUp: 40, rounds: 5, round: 10 };

async function main(): Promise<void> {
  const { title, series } = loadRecording();
  const startMs = workloadStart(Date.now(), 1 + PLAN.warmUp + PLAN.rounds * PLAN.round);
  const workload = newWorkload(series, SERIES, startMs);
  const stub = await startDynamoDBStub();
  try {
    const measurement = await measureIngest(workload, PLAN, stub.endpoint);
    const protocols = await measureProtocols(workload, PROTOCOL_PLAN, stub.endpoint);
    const peaks = await measurePeaks(stub.endpoint, requestsOf(workload, 0, PLAN.round));
    const recordedSeries = series.length;
    printReport({ title, recordedSeries, workload, plan: PLAN, measurement, protocols, peaks });
    if (process.argv.includes("--json")) console.log(headline(measurement, protocols));
  } finally {
    await stub.close();
  }
}

function headline({ subjects }: Measurement, protocols: readonly ProtocolFigures[]): string {
  const steady = (name: string) => find(subjects, name)?.steady ?? null;
  return JSON.stringify({
    hearth: steady(HEARTH),
    victoria_metrics: steady(VICTORIA_METRICS.name),
    prometheus: steady(PROMETHEUS.name),
    protocols: Object.fromEntries(protocols.map((one) => [one.name, one.steady])),
  });
}

await main();
