/** From counts to figures per sample and per million samples. */
import {
  API_REQUESTS_MILLION,
  LAMBDA_GB_SECOND,
  LAMBDA_REQUESTS_MILLION,
  STORAGE_ITEM_BYTES,
  TABLE_PRICES,
} from "../../lib/cost/aws-prices.ts";
import { ROW_BYTES } from "../../lib/cost/measured-figures.ts";
import type { SampleFigures } from "../../lib/cost/usage.ts";
import { DAY_MS, HOUR_MS } from "../../lib/model/time.ts";
import { TRANSIENT_MS } from "../../lib/storage/layout/retention.ts";
import { GROUPS, type Group, type Ledger, total } from "../ledger.ts";
import { SCRAPE_INTERVAL_MS } from "../workload.ts";
import { type CostRun, SAMPLES_PER_DAY } from "./measure.ts";
import { COMPACT_MEMORY_MB, lambdaGbSeconds, WRITE_MEMORY_MB } from "./prices.ts";
import type { NamedSender, SendingRun } from "./senders.ts";

/** Writers a day that do not know a tenant's series yet: an assumption, as instances live for hours. */
export const WRITER_STARTS_PER_DAY = 12;
/** Table calls that a warm writer awaits for each request: one batch of log records. */
const CALLS_PER_REQUEST = 1;
const { writeUnitsMillion: WRITE_UNITS_MILLION, readUnitsMillion: READ_UNITS_MILLION } =
  TABLE_PRICES.STANDARD;

export type ByGroup = Readonly<Record<Group, number>>;

export interface Dollars {
  readonly dynamodbWrite: number;
  readonly dynamodbRead: number;
  readonly lambdaWrite: number;
  readonly lambdaCompact: number;
  readonly apiGateway: number;
}

export interface CostFigures {
  readonly run: CostRun;
  /** Write units per sample while all series are known, so without dictionary and index. */
  readonly steady: ByGroup;
  /** The same with a day's index, and the dictionaries of `WRITER_STARTS_PER_DAY` writers. */
  readonly allIn: ByGroup;
  /** Read units per sample. */
  readonly compactionReads: ByGroup;
  readonly writerReads: number;
  /**
   * CPU seconds per million samples: of the handler with the DynamoDB client; of the compactor on a
   * table in memory.
   */
  readonly writeSeconds: number;
  readonly compactSeconds: number;
  /** Per million samples, on demand, without storage. */
  readonly dollars: Dollars;
  readonly perSample: SampleFigures;
  readonly bytesPerSample: number;
  readonly chunkItemBytesPerSample: number;
  /** Of log items alone, and with runs and dictionaries. */
  readonly logBytesPerSample: number;
  readonly transientBytesPerSample: number;
  readonly samplesPerRequest: number;
}

/** Figures of the same samples in other requests. */
export interface SendingFigures {
  readonly sender: NamedSender;
  readonly samplesPerRequest: number;
  /** Per sample, everything included. */
  readonly writeUnits: number;
  /** Per million samples. */
  readonly dollars: number;
  readonly perSample: SampleFigures;
}

/** Log, requests and CPU of writing from `sending`, all else from `figures`. */
export function sendingFigures(
  figures: CostFigures,
  sending: SendingRun,
  writeSeconds: number,
): SendingFigures {
  const { allIn, dollars, perSample } = figures;
  const { sender, samples, logUnits, logBytes } = sending;
  const requests = sending.requests / samples;
  const writeUnits = sumGroups({ ...allIn, log: logUnits / samples });
  const perRequest = requestDollars(requests * 1e6, writeSeconds);
  const now = writing(requests * 1e6, writeSeconds);
  const before = writing(perSample.requests * 1e6, figures.writeSeconds);
  return {
    sender,
    samplesPerRequest: samples / sending.requests,
    writeUnits,
    dollars: sumDollars({ ...dollars, ...perRequest, dynamodbWrite: writeUnits * WRITE_UNITS_MILLION }),
    perSample: {
      ...perSample,
      writeUnits,
      requests,
      lambdaGbSeconds: perSample.lambdaGbSeconds + (now - before) / 1e6,
      lambdaRequests: perSample.lambdaRequests + requests - perSample.requests,
      transientBytes: perSample.transientBytes + logBytes / samples - figures.logBytesPerSample,
    },
  };
}

/** GB seconds of the write function for a million samples in so many requests. */
function writing(requests: number, writeSeconds: number): number {
  return lambdaGbSeconds(writeSeconds, requests * CALLS_PER_REQUEST, WRITE_MEMORY_MB);
}

/** The cost of a million samples in this many requests. */
function requestDollars(requests: number, writeSeconds: number): Pick<Dollars, "lambdaWrite" | "apiGateway"> {
  return {
    lambdaWrite:
      writing(requests, writeSeconds) * LAMBDA_GB_SECOND + (requests / 1e6) * LAMBDA_REQUESTS_MILLION,
    apiGateway: (requests / 1e6) * API_REQUESTS_MILLION,
  };
}

export function costFigures(run: CostRun, writeSeconds: number): CostFigures {
  const { first, restart, steady, compaction, spent, series } = run;
  const { samples } = spent;
  const all = [first, restart, steady, compaction];
  const daily = series * SAMPLES_PER_DAY;
  const perSample = (group: Group) => sum(all, (ledger) => ledger[group].writeUnits) / samples;
  const starts = WRITER_STARTS_PER_DAY - 1;
  const perDay = (group: Group) =>
    (sum([first, steady, compaction], (ledger) => ledger[group].writeUnits) +
      starts * restart[group].writeUnits) /
    daily;
  const steadyUnits = byGroup((group) => (isOncePerStart(group) ? 0 : perSample(group)));
  const allIn = byGroup((group) => (isOncePerStart(group) ? perDay(group) : perSample(group)));
  const compactionReads = byGroup((group) => compaction[group].readUnits / samples);
  const writerReads = (WRITER_STARTS_PER_DAY * total(restart, (entry) => entry.readUnits)) / daily;
  const compactSeconds = (spent.compactSeconds / samples) * 1e6;
  const requests = (spent.requests / samples) * 1e6;
  const compactions = (spent.compactions / samples) * 1e6;
  const compactionCalls = (total(compaction, (entry) => entry.calls) / samples) * 1e6;
  const bytes = (group: Group, itemOverhead: number) =>
    sum(all, (ledger) => ledger[group].itemBytes + ledger[group].items * itemOverhead);
  const chunkItemBytesPerSample = bytes("chunk", STORAGE_ITEM_BYTES) / samples;
  const logBytesPerSample = bytes("log", STORAGE_ITEM_BYTES) / samples;
  const transientBytesPerSample =
    logBytesPerSample +
    bytes("run", STORAGE_ITEM_BYTES) / samples +
    (bytes("dictionary", STORAGE_ITEM_BYTES) * WRITER_STARTS_PER_DAY) / 2 / daily;
  const lastingBytes = chunkItemBytesPerSample + bytes("index", STORAGE_ITEM_BYTES) / daily;
  const compacting = lambdaGbSeconds(compactSeconds, compactionCalls, COMPACT_MEMORY_MB);
  const readUnits = sumGroups(compactionReads) + writerReads;
  return {
    run,
    steady: steadyUnits,
    allIn,
    compactionReads,
    writerReads,
    writeSeconds,
    compactSeconds,
    dollars: {
      dynamodbWrite: sumGroups(allIn) * WRITE_UNITS_MILLION,
      dynamodbRead: readUnits * READ_UNITS_MILLION,
      ...requestDollars(requests, writeSeconds),
      lambdaCompact: compacting * LAMBDA_GB_SECOND + (compactions / 1e6) * LAMBDA_REQUESTS_MILLION,
    },
    perSample: {
      writeUnits: sumGroups(allIn),
      readUnits,
      requests: requests / 1e6,
      lambdaGbSeconds: (writing(requests, writeSeconds) + compacting) / 1e6,
      lambdaRequests: (requests + compactions) / 1e6,
      lastingBytes,
      transientBytes: transientBytesPerSample,
      transientDays: TRANSIENT_MS / DAY_MS,
      rowBytes: (ROW_BYTES * SCRAPE_INTERVAL_MS) / HOUR_MS,
    },
    bytesPerSample: sum(all, (ledger) => ledger.chunk.valueBytes) / samples,
    chunkItemBytesPerSample: lastingBytes,
    logBytesPerSample,
    transientBytesPerSample,
    samplesPerRequest: samples / spent.requests,
  };
}

/** Whether items of the group are put only for new series, by the writer and then by compaction. */
function isOncePerStart(group: Group): boolean {
  return group === "dictionary" || group === "index";
}

export function sumGroups(figures: ByGroup): number {
  return GROUPS.reduce((all, group) => all + figures[group], 0);
}

export function sumDollars(dollars: Dollars): number {
  return Object.values(dollars).reduce((all, one) => all + one, 0);
}

function byGroup(of: (group: Group) => number): ByGroup {
  return Object.fromEntries(GROUPS.map((group) => [group, of(group)])) as Record<Group, number>;
}

function sum(ledgers: readonly Ledger[], of: (ledger: Ledger) => number): number {
  return ledgers.reduce((all, ledger) => all + of(ledger), 0);
}
