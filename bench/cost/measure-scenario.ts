/** The cost of each request of a scenario to one function instance, over many scrapes of a day. */
import { randomBytes } from "node:crypto";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { KIND, parseDictionarySortKey } from "../../lib/storage/layout/keys.ts";
import { DEFAULT_WRITERS_BYTES, Writers } from "../../lib/storage/write/writers.ts";

import type { RecordedSeries } from "../recorded-series.ts";
import { RETENTION_MS, secondsSince } from "../simulation.ts";
import type { SentBatch } from "../workload.ts";
import { MIDNIGHT_MS } from "./measure.ts";
import type { Scenario } from "./scenarios.ts";
import { type Moved, newMoved, WriteTable } from "./write-table.ts";

/** The totals of some scrapes. */
export interface ScrapeCosts {
  samples: number;
  requests: number;
  writeUnits: number;
  readUnits: number;
}

export interface ScenarioRun {
  readonly scenario: Scenario;
  readonly scrapes: number;
  /** By quarter of the scrapes; the first includes what is new to the day. */
  readonly quarters: readonly ScrapeCosts[];
  /** The most expensive request, without those of the first scrape and of the one after the restart. */
  readonly largest: Moved;
  /** The first request of a process that started in the middle. */
  readonly cold: Moved;
  readonly dictionaries: number;
  readonly dictionaryBytes: number;
  readonly cpuSeconds: number;
}

interface Sent extends SentBatch {
  readonly tenant: string;
}

/**
 * A process that starts at midnight; another one replaces it in the middle. `onScrape` gets the
 * number of scrapes that are done.
 */
export async function runScenario(
  recorded: readonly RecordedSeries[],
  scenario: Scenario,
  scrapes: number,
  onScrape: (done: number) => void = () => {},
): Promise<ScenarioRun> {
  const dictionaries = new Set<string>();
  let dictionaryBytes = 0;
  const table = new WriteTable(({ pk, sk, value }) => {
    if (pk[0] !== KIND.dictionary) return;
    const { writer } = parseDictionarySortKey(sk);
    dictionaries.add(`${Buffer.from(pk).toString("hex")}/${Buffer.from(writer).toString("hex")}`);
    dictionaryBytes += value.length;
  });
  let nowMs = MIDNIGHT_MS;
  const clock = () => nowMs;
  const options = { clock, randomBytes, limits: DEFAULT_LIMITS, maxBytes: DEFAULT_WRITERS_BYTES };
  let writers = new Writers(options);
  const workloads = scenario.workloads(recorded, MIDNIGHT_MS);
  const quarters = Array.from({ length: 4 }, () => ({
    samples: 0,
    requests: 0,
    writeUnits: 0,
    readUnits: 0,
  }));
  let [largest, cold] = [newMoved(), newMoved()];
  let cpuSeconds = 0;
  const middle = Math.floor(scrapes / 2);
  for (let scrape = 0; scrape < scrapes; scrape++) {
    if (scrape === middle) writers = new Writers(options);
    const sent = [...workloads].flatMap(([tenant, workload]) =>
      workload.batches(scrape).map((one): Sent => ({ tenant, ...one })),
    );
    sent.sort((a, b) => a.sentMs - b.sentMs);
    const costs = quarters[Math.floor((scrape * 4) / scrapes)];
    const before = process.cpuUsage();
    for (const [i, { tenant, sentMs, batch }] of sent.entries()) {
      nowMs = Math.max(nowMs, sentMs);
      table.moved = newMoved();
      const { rejections } = await writers
        .appender({ tenant, retentionMs: RETENTION_MS }, table)
        .append(batch);
      if (rejections.count > 0) throw new Error(`scenario: refused ${rejections.reasons[0]}`);
      const { moved } = table;
      costs.samples += batch.sampleCount;
      costs.requests++;
      costs.writeUnits += moved.writeUnits;
      costs.readUnits += moved.readUnits;
      if (scrape === middle && i === 0) cold = moved;
      else if (scrape !== 0 && scrape !== middle && priceOf(moved) > priceOf(largest)) largest = moved;
    }
    cpuSeconds += secondsSince(before);
    onScrape(scrape + 1);
  }
  return {
    scenario,
    scrapes,
    quarters,
    largest,
    cold,
    dictionaries: dictionaries.size,
    dictionaryBytes,
    cpuSeconds,
  };
}

/** A read unit costs a fifth of a write unit. */
function priceOf({ writeUnits, readUnits }: Moved): number {
  return writeUnits + readUnits / 5;
}
