/** The cost of a dashboard's query in Hearth, and in a Prometheus with the same samples. */
import { randomBytes } from "node:crypto";
import { newAccessKey } from "../../lib/auth/access-key.ts";
import { createKey } from "../../lib/auth/key-store.ts";
import { composeServices } from "../../lib/http/compose-services.ts";
import { type Gateway, newGateway } from "../../lib/http/gateway.ts";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import { DEFAULT_TENANT } from "../../lib/model/tenant.ts";
import type { PromqlSettings } from "../../lib/promql/settings.ts";
import { ReaderMemory } from "../../lib/storage/cache/reader-memory.ts";
import type { Table } from "../../lib/storage/table/table.ts";
import type { Program } from "../ingest/program.ts";
import { RETENTION_MS, secondsSince } from "../simulation.ts";
import { askedOf, type DashboardQuery, type DashboardSpan } from "./dashboard.ts";

export interface DashboardCost {
  readonly query: DashboardQuery;
  readonly span: DashboardSpan;
  /** Read units of a cold process, and of one that ran the same query before. */
  readonly readUnits: number;
  readonly warmReadUnits: number;
  /** Bytes of the response's JSON, and its points. */
  readonly sizeBytes: number;
  readonly points: number;
  /** Cold and warm, as the read units. */
  readonly forgetful: ComparedTime;
  readonly warm: ComparedTime;
}

/** CPU time of a response, and of Prometheus' in turn with it. */
export interface ComparedTime {
  readonly hearthMs: number;
  /** Undefined without a Prometheus. */
  readonly prometheusMs: number | undefined;
}

const KEY = { id: "HKBENCH", secret: "secret-of-the-bench" };
const AUTHORIZATION = `Basic ${Buffer.from(`${KEY.id}:${KEY.secret}`).toString("base64")}`;

/** A deployment's settings. */
const SETTINGS: PromqlSettings = { takesExperiments: false, useStartTimestamps: false };

/** CPU time of the warm-up, after which V8 has optimised the code. */
const WARM_UP_MS = 10_000;
/** Prometheus is compiled already; its files get mapped. */
const PROMETHEUS_WARM_UP_MS = 500;
/** A query is repeated for this CPU time, since /proc counts in steps of 10 ms. */
const MEASURED_MS = 300;
/** The programs take turns, so other load affects all of them; the median counts. */
const ROUNDS = 3;
const MIN_REPEATS = 3;
const MAX_REPEATS = 200;

/** The readers' cache of the query function (functions/reader-memory.ts). */
export const READER_MEMORY_BYTES = (1769 / 8) * 1024 * 1024;

/** Two query APIs on one table. */
export interface QueryApps {
  readonly forgetful: Gateway;
  readonly warm: Gateway;
}

/** Stores the key of the requests, which may read every tenant. */
export async function storeKey(table: Table, nowMs: number): Promise<void> {
  await createKey(
    table,
    newAccessKey({ ...KEY, tenant: "*", scopes: ["read"], note: "", createdMs: nowMs }, randomBytes),
  );
}

/** With a clock that stands at `nowMs`. */
export function newQueryApps(table: Table, nowMs: number): QueryApps {
  const clock = () => nowMs;
  const services = composeServices({ table, clock, randomBytes, retentionMs: RETENTION_MS, log: () => {} });
  const appWith = (memory?: ReaderMemory) => {
    const app = newGateway(services);
    addQueryRoutes(app, services, newQueryServices(services, SETTINGS, memory));
    return app;
  };
  return { forgetful: appWith(), warm: appWith(new ReaderMemory(READER_MEMORY_BYTES)) };
}

export async function measureDashboard(
  apps: QueryApps,
  prometheus: Program | undefined,
  query: DashboardQuery,
  span: DashboardSpan,
  nowMs: number,
): Promise<DashboardCost> {
  const form = askedOf(query, span.spanMs, nowMs).toString();
  const askHearth = (app: Gateway) => ask(app, form, query.tenant ?? DEFAULT_TENANT);
  const { chunks, readUnits } = await askHearth(apps.forgetful);
  const body = Buffer.concat(chunks);
  const points = countPoints(body.toString());
  const path = `/api/v1/query_range?${form}`;
  const theirs = prometheus && countPoints(await prometheus.get(path));
  if (theirs !== undefined && theirs !== points)
    throw new Error(`${query.name}, ${span.name}: points=${points}, of Prometheus ${theirs}`);
  const compare = (app: Gateway) => comparedTime(async () => void (await askHearth(app)), prometheus, path);
  // Not interleaved: a garbage collection after one makes V8 drop code compiled for the other.
  const [forgetfulTime, warmTime] = [await compare(apps.forgetful), await compare(apps.warm)];
  const again = await askHearth(apps.warm);
  if (!body.equals(Buffer.concat(again.chunks)))
    throw new Error(`${query.name}, ${span.name}: a warm reader answers something else`);
  return {
    query,
    span,
    readUnits,
    warmReadUnits: again.readUnits,
    sizeBytes: body.length,
    points,
    forgetful: forgetfulTime,
    warm: warmTime,
  };
}

async function comparedTime(
  call: () => Promise<void>,
  prometheus: Program | undefined,
  path: string,
): Promise<ComparedTime> {
  const measured: Measured[] = [{ call, cpuSeconds: cpuOfThis, warmUpMs: WARM_UP_MS }];
  if (prometheus !== undefined) {
    const get = async () => void (await prometheus.get(path));
    const cpuSeconds = () => prometheus.cpuSeconds();
    measured.push({ call: get, cpuSeconds, warmUpMs: PROMETHEUS_WARM_UP_MS });
  }
  const [hearthMs, prometheusMs] = await medianMs(measured);
  return { hearthMs, prometheusMs };
}

/** Reads the response chunk by chunk, as a Lambda does. */
async function ask(app: Gateway, form: string, tenant: string) {
  const headers = {
    Authorization: AUTHORIZATION,
    "X-Scope-OrgID": tenant,
    "Content-Type": "application/x-www-form-urlencoded",
  };
  const url = "http://127.0.0.1/api/v1/query_range";
  const response = await app.fetch(new Request(url, { method: "POST", headers, body: form }));
  if (response.status !== 200)
    throw new Error(`hearth: status=${response.status} ${await response.text()} ${form}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body!) chunks.push(chunk);
  return { chunks, readUnits: Number(response.headers.get("X-Hearth-Read-Units")) };
}

function countPoints(text: string): number {
  const { result } = JSON.parse(text).data;
  return result.reduce((total: number, { values }: { values: unknown[] }) => total + values.length, 0);
}

const START = process.cpuUsage();
const cpuOfThis = () => secondsSince(START);

interface Measured {
  readonly call: () => Promise<void>;
  readonly cpuSeconds: () => number;
  readonly warmUpMs: number;
}

/** CPU time of a call of each warm program. Garbage of earlier ones is collected first. */
async function medianMs(measured: readonly Measured[]): Promise<number[]> {
  // Not later: the background sweep of a collection would be counted.
  globalThis.gc?.();
  for (const one of measured) await repeatedMs(one, one.warmUpMs, Number.POSITIVE_INFINITY);
  const rounds: number[][] = measured.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, one] of measured.entries()) {
      rounds[i].push(await repeatedMs(one, MEASURED_MS, MAX_REPEATS));
    }
  }
  return rounds.map((ms) => ms.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]);
}

async function repeatedMs(
  { call, cpuSeconds }: Measured,
  measuredMs: number,
  maxRepeats: number,
): Promise<number> {
  const before = cpuSeconds();
  let [repeats, spentMs] = [0, 0];
  while (repeats < MIN_REPEATS || (repeats < maxRepeats && spentMs < measuredMs)) {
    await call();
    repeats++;
    spentMs = (cpuSeconds() - before) * 1000;
  }
  return spentMs / repeats;
}
