/** Prints the measurements: for people, and a line of JSON for each size. */
import { TABLE_PRICES } from "../../lib/cost/aws-prices.ts";
import { AMAZON } from "../../lib/cost/managed-prices.ts";
import { HOUR_MS, SECOND_MS } from "../../lib/model/time.ts";
import { BUCKET_MS } from "../../lib/storage/layout/bucket.ts";
import { GROUPS, type Ledger, total } from "../ledger.ts";
import { allInFigures, printAllIn } from "./all-in.ts";
import {
  type ByGroup,
  type CostFigures,
  type SendingFigures,
  sumDollars,
  sumGroups,
  WRITER_STARTS_PER_DAY,
} from "./figures.ts";

export function printCost(figures: CostFigures, others: readonly SendingFigures[]): void {
  printLoad(figures);
  printUnits(figures);
  printStored(figures);
  printDollars(figures);
  for (const { sender, samplesPerRequest, writeUnits, dollars } of others) {
    console.log(
      `  with ${sender.name}: requests of ${samplesPerRequest.toFixed(0)} samples, ` +
        `${writeUnits.toFixed(6)} write units all in, $ per million ${dollars.toFixed(5)}`,
    );
  }
  printAllIn(figures, others);
}

function printLoad({ run, samplesPerRequest }: CostFigures): void {
  const { series, hours, spent } = run;
  const millions = (spent.samples / 1e6).toFixed(2);
  console.log(
    `\n${series} series every 15 s for ${hours} h: ${millions} million samples, ${spent.requests} requests of ` +
      `${samplesPerRequest.toFixed(0)} samples, the compactor every 5 min (${spent.compactions} times)`,
  );
  if (hours < BUCKET_MS / HOUR_MS) {
    console.log(
      `less than a bucket of ${BUCKET_MS / HOUR_MS} h: its chunk items are too small, their units too many`,
    );
  }
}

function printUnits({ run, steady, allIn, compactionReads, writerReads }: CostFigures): void {
  console.log(`  per sample                ${GROUPS.map((group) => group.padStart(11)).join("")}        all`);
  printRow("write units, steady", steady, sumGroups(steady));
  printRow("write units, all in", allIn, sumGroups(allIn));
  printRow("read units, compaction", compactionReads, sumGroups(compactionReads));
  console.log(
    `  all in: index once a day, dictionaries of ${WRITER_STARTS_PER_DAY} writers' starts a day ` +
      `(their reads: ${writerReads.toFixed(6)} units a sample)`,
  );
  printStart("first scrape of a day", run.first);
  printStart("a writer's start later", run.restart);
}

function printRow(name: string, figures: ByGroup, all: number): void {
  const cells = [...GROUPS.map((group) => figures[group]), all].map((figure) =>
    figure.toFixed(6).padStart(11),
  );
  console.log(`  ${name.padEnd(26)}${cells.join("")}`);
}

function printStart(name: string, ledger: Ledger): void {
  const { dictionary, index } = ledger;
  console.log(
    `  ${name}: ${dictionary.writeUnits + index.writeUnits} write units (dictionary ${dictionary.writeUnits}, ` +
      `index ${index.writeUnits}), ${total(ledger, (entry) => entry.readUnits)} read units, ` +
      `${total(ledger, (entry) => entry.calls)} calls`,
  );
}

function printStored({
  run,
  bytesPerSample,
  chunkItemBytesPerSample,
  transientBytesPerSample,
}: CostFigures): void {
  const items = run.chunkSizes.reduce((all, count) => all + count, 0);
  const above = (kb: number) => {
    const count = run.chunkSizes.slice(kb).reduce((all, one) => all + one, 0);
    return `${((100 * count) / items).toFixed(0)}%`;
  };
  console.log(
    `  bytes per sample: ${bytesPerSample.toFixed(2)} times and values in chunk items, ` +
      `${chunkItemBytesPerSample.toFixed(2)} with keys, index and DynamoDB's 100 an item; ` +
      `${transientBytesPerSample.toFixed(2)} more for 35 days (log, runs, dictionaries)`,
  );
  console.log(
    `  samples per chunk item: ${(run.spent.samples / items).toFixed(0)}; items above 1, 2, 3 KB: ${[1, 2, 3].map(above).join(", ")}`,
  );
}

function printDollars(figures: CostFigures): void {
  const { dollars, writeSeconds, compactSeconds, run } = figures;
  const parts = Object.entries(dollars).map(([name, value]) => `${name} ${value.toFixed(5)}`);
  console.log(`  $ per million samples: ${sumDollars(dollars).toFixed(5)} = ${parts.join(" + ")}`);
  console.log(
    `  naive (an item for each sample, DynamoDB's writes alone): ${TABLE_PRICES.STANDARD.writeUnitsMillion}; ` +
      `Amazon Managed Service for Prometheus: ${AMAZON.samples[0].dollarsMillion}`,
  );
  console.log(
    `  CPU s per million samples: write ${writeSeconds.toFixed(2)}, compaction ${compactSeconds.toFixed(2)} ` +
      `(its longest call ${run.spent.longestCompactSeconds.toFixed(1)} s)`,
  );
}

export function jsonLine(figures: CostFigures, others: readonly SendingFigures[]): string {
  const { run, steady, allIn, compactionReads, dollars } = figures;
  return JSON.stringify({
    series: run.series,
    wru_per_sample: sumGroups(allIn),
    usd_per_million: sumDollars(dollars),
    bytes_per_sample: figures.bytesPerSample,
    samples: run.spent.samples,
    requests: run.spent.requests,
    samples_per_request: figures.samplesPerRequest,
    hours: run.hours,
    wru_steady_per_sample: sumGroups(steady),
    wru_by_kind: allIn,
    rru_compaction_per_sample: sumGroups(compactionReads),
    usd_by_part: dollars,
    all_in: allInFigures(figures, others),
    cpu_seconds_per_million: { write: figures.writeSeconds, compaction: figures.compactSeconds },
    longest_compaction_cpu_seconds: run.spent.longestCompactSeconds,
    other_senders: others.map(({ sender, samplesPerRequest, writeUnits, dollars: allDollars }) => ({
      max_samples_per_send: sender.maxSamples,
      batch_send_deadline_s: sender.deadlineMs / SECOND_MS,
      samples_per_request: samplesPerRequest,
      wru_per_sample: writeUnits,
      usd_per_million: allDollars,
    })),
  });
}
