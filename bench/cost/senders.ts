/**
 * The number of requests that a Prometheus makes of a scrape interval, by its `queue_config`, and their
 * cost: the log, calls of the write function, API Gateway. Other costs do not depend on the requests,
 * except the CPU time of a request beside its samples'.
 */
import { STORAGE_ITEM_BYTES } from "../../lib/cost/aws-prices.ts";
import { SECOND_MS } from "../../lib/model/time.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { LedgerTable, newLedger } from "../ledger.ts";
import type { RecordedSeries } from "../recorded-series.ts";
import { Simulation } from "../simulation.ts";
import { newWorkload, PROMETHEUS_3, SCRAPE_INTERVAL_MS, type Sender } from "../workload.ts";
import { MIDNIGHT_MS } from "./measure.ts";

export interface NamedSender extends Sender {
  readonly name: string;
}

/** The settings that README.md and the stack print: one request for each scrape interval, if it fits. */
export const RECOMMENDED: NamedSender = {
  name: "10,000 samples a request, sent after 15 s at the latest",
  maxSamples: 10_000,
  deadlineMs: SCRAPE_INTERVAL_MS,
};

/** A sender with Prometheus' size of requests. */
export const TWO_THOUSAND: NamedSender = {
  ...PROMETHEUS_3,
  name: "2,000 samples a request, sent after 15 s at the latest",
  deadlineMs: SCRAPE_INTERVAL_MS,
};

/** Settings to compare with. */
export const OTHER_SENDERS: readonly NamedSender[] = [
  TWO_THOUSAND,
  { ...PROMETHEUS_3, name: "Prometheus 3's defaults: 2,000 samples, after 5 s" },
  { name: "Prometheus 2.42's defaults: 500 samples, after 5 s", maxSamples: 500, deadlineMs: 5 * SECOND_MS },
];

export interface SendingRun {
  readonly sender: NamedSender;
  readonly samples: number;
  readonly requests: number;
  /** Write units of the log, by a warm writer, and bytes that storage is billed for. */
  readonly logUnits: number;
  readonly logBytes: number;
}

/** Samples to write to measure the log: a second of work. */
const SAMPLES = 0.4e6;

/** Writes some scrape intervals without compacting. */
export async function measureSending(
  recorded: readonly RecordedSeries[],
  series: number,
  sender: NamedSender,
): Promise<SendingRun> {
  const [table, warm] = [new MemoryTable(), newLedger()];
  const workload = newWorkload(recorded, series, MIDNIGHT_MS, sender);
  const simulation = new Simulation({
    writeTable: table,
    compactTable: table,
    workload,
    startMs: MIDNIGHT_MS,
    compacts: false,
  });
  await simulation.write(1);
  const { samples, requests } = simulation.spent;
  await simulation.write(Math.ceil(SAMPLES / series), new LedgerTable(table, warm));
  return {
    sender,
    samples: simulation.spent.samples - samples,
    requests: simulation.spent.requests - requests,
    logUnits: warm.log.writeUnits,
    logBytes: warm.log.itemBytes + warm.log.items * STORAGE_ITEM_BYTES,
  };
}
