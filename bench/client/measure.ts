/** What both clients cost: in turns, on the same requests. */
import { execFile } from "node:child_process";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { DAY_MS } from "../../lib/model/time.ts";
import { startDynamoDBStub } from "../dynamodb-stub.ts";
import type { TenantRequest } from "../memory/table-worker.ts";
import type { RecordedSeries } from "../recorded-series.ts";
import { startWorker, type Worker } from "../worker.ts";
import { newWorkload, PROMETHEUS_3, SCRAPE_INTERVAL_MS, workloadStart } from "../workload.ts";
import { type Bundle, CLIENTS, type Client } from "./bundles.ts";
import type { ClientReply, ClientTask } from "./client-worker.ts";

export type ByClient<T> = Readonly<Record<Client, T>>;
export type Workers = ByClient<Bundle>;
type ClientWorker = Worker<ClientTask, ClientReply>;

const SERIES = 10_000;
/** In scrape intervals. */
const PLAN = { warmUp: 60, rounds: 31, round: 4 };
const QUERY = { series: 2000, warmUp: 6, rounds: 21 };

export interface Ingest {
  /** CPU seconds per million samples of each round. */
  readonly rounds: readonly number[];
  readonly peakBytes: number;
}

/** Requests of `maxSamples` to a stub of DynamoDB for each client. */
export async function measureIngest(
  recorded: readonly RecordedSeries[],
  maxSamples: number,
  bundles: Workers,
): Promise<ByClient<Ingest>> {
  const intervals = PLAN.warmUp + PLAN.rounds * PLAN.round;
  const sender = { ...PROMETHEUS_3, maxSamples, deadlineMs: SCRAPE_INTERVAL_MS };
  const workload = newWorkload(recorded, SERIES, workloadStart(Date.now(), intervals), sender);
  const requests = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => workload.requests(first + i)).flat();
  const stubs = { own: await startDynamoDBStub(), sdk: await startDynamoDBStub() };
  const workers = await startAll(bundles, { own: stubs.own.endpoint, sdk: stubs.sdk.endpoint });
  try {
    const rounds: Record<Client, number[]> = { own: [], sdk: [] };
    const peak = { own: 0, sdk: 0 };
    const warmUp = requests(0, PLAN.warmUp);
    for (const client of CLIENTS) await workers[client].ask({ bodies: warmUp });
    for (let round = 0; round < PLAN.rounds; round++) {
      const bodies = requests(PLAN.warmUp + round * PLAN.round, PLAN.round);
      for (const client of turn(round)) {
        const { cpuSeconds, peakBytes } = await workers[client].ask({ bodies });
        rounds[client].push((cpuSeconds / (SERIES * PLAN.round)) * 1e6);
        peak[client] = peakBytes;
      }
    }
    return {
      own: { rounds: rounds.own, peakBytes: peak.own },
      sdk: { rounds: rounds.sdk, peakBytes: peak.sdk },
    };
  } finally {
    for (const client of CLIENTS) {
      await workers[client].close();
      await stubs[client].close();
    }
  }
}

export interface Query {
  readonly name: string;
  /** CPU in ms of each round. */
  readonly rounds: ByClient<readonly number[]>;
}

/** Panels over a day of chunks, asked of processes whose cache is empty. */
export async function measureQueries(bundles: Workers): Promise<Query[]> {
  const startMs = Math.floor(Date.now() / DAY_MS - 2) * DAY_MS;
  const store = await startWorker<TenantRequest, string>(
    new URL("../memory/table-worker.ts", import.meta.url),
    [],
  );
  try {
    const endpoint = await store.ask({ kind: "chunks", series: QUERY.series, startMs });
    const workers = await startAll(bundles, { own: endpoint, sdk: endpoint });
    try {
      const queries: Query[] = [];
      for (const name of [
        "sum by (instance) (rate(process_cpu_seconds_total[5m]))",
        "sum(go_memstats_alloc_bytes)",
      ])
        queries.push({ name, rounds: await measureQuery(workers, queryPath(name, startMs)) });
      return queries;
    } finally {
      for (const client of CLIENTS) await workers[client].close();
    }
  } finally {
    await store.close();
  }
}

function queryPath(query: string, startMs: number): string {
  const [start, end] = [startMs / 1000, (startMs + DAY_MS) / 1000 - 1];
  return `/api/v1/query_range?${new URLSearchParams({ query, start: String(start), end: String(end), step: "360" })}`;
}

async function measureQuery(
  workers: ByClient<ClientWorker>,
  query: string,
): Promise<ByClient<readonly number[]>> {
  const rounds: Record<Client, number[]> = { own: [], sdk: [] };
  const sizes = { own: 0, sdk: 0 };
  for (let round = -QUERY.warmUp; round < QUERY.rounds; round++) {
    for (const client of turn(round)) {
      const { cpuSeconds, sizeBytes } = await workers[client].ask({ query });
      sizes[client] = sizeBytes;
      if (round >= 0) rounds[client].push(cpuSeconds * 1000);
    }
  }
  if (sizes.own !== sizes.sdk || sizes.own < 500)
    throw new Error(`query: responses differ or are empty, bytes=${sizes.own},${sizes.sdk}`);
  return rounds;
}

async function startAll(
  bundles: Workers,
  endpoints: ByClient<string>,
): Promise<Record<Client, ClientWorker>> {
  const start = (client: Client) =>
    startWorker<ClientTask, ClientReply>(pathToFileURL(bundles[client].path), [endpoints[client]]);
  return { own: await start("own"), sdk: await start("sdk") };
}

/** The clients in this round's order. */
function turn(round: number): readonly Client[] {
  return round % 2 === 0 ? CLIENTS : CLIENTS.toReversed();
}

export interface Load {
  readonly ms: number;
  readonly cpuMs: number;
  readonly residentBytes: number;
}

/**
 * Loads a bundle in a process of its own and prints time, CPU and memory; with an endpoint its first put too, since the
 * SDK loads parts of itself with the first call.
 */
const LOAD = `
  globalThis.awslambda = { streamifyResponse: (handler) => handler };
  const [, path, endpoint] = process.argv;
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const module = await import(path);
  if (endpoint !== undefined) await module.putOnce(endpoint);
  const { user, system } = process.cpuUsage(cpu);
  const ms = performance.now() - start;
  gc();
  console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000, residentBytes: process.memoryUsage.rss() }));
  process.exit();
`;

/** Loads of a bundle, each with a first put to the DynamoDB at an endpoint if there is one. */
export async function measureLoads(
  bundles: ByClient<Bundle>,
  times: number,
  endpoint?: string,
): Promise<ByClient<readonly Load[]>> {
  const env = {
    PATH: process.env.PATH,
    AWS_REGION: "us-east-1",
    HEARTH_TABLE: "t",
    HEARTH_RETENTION_DAYS: "0",
  };
  const loads: Record<Client, Load[]> = { own: [], sdk: [] };
  for (let i = 0; i < times; i++) {
    for (const client of turn(i)) {
      const args = ["--expose-gc", "--input-type=module", "-e", LOAD, bundles[client].path];
      if (endpoint !== undefined) args.push(endpoint);
      const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 60_000 });
      loads[client].push(JSON.parse(stdout) as Load);
    }
  }
  return loads;
}
