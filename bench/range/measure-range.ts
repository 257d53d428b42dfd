/** What a panel costs: from the request to the last byte of its response, by a cold process and by a warm one. */
import { randomBytes } from "node:crypto";
import { newAccessKey } from "../../lib/auth/access-key.ts";
import { createKey } from "../../lib/auth/key-store.ts";
import { composeServices } from "../../lib/http/compose-services.ts";
import { type Gateway, newGateway } from "../../lib/http/gateway.ts";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import { DEFAULT_TENANT } from "../../lib/model/tenant.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import { ReaderMemory } from "../../lib/storage/cache/reader-memory.ts";
import { newMeter, type Table } from "../../lib/storage/table/table.ts";
import { READER_MEMORY_BYTES } from "../query/measure-dashboard.ts";
import { SlowTable, type TableSpeed } from "./slow-table.ts";

export const DYNAMODB_SPEED: TableSpeed = { callMs: 5, bytesPerSecond: 60e6 };
const MIB = 1024 * 1024;
const MEMORY_INTERVAL_MS = 10;

const KEY = { id: "HKBENCH", secret: "bench-secret" };
const AUTHORIZATION = `Basic ${Buffer.from(`${KEY.id}:${KEY.secret}`).toString("base64")}`;

export async function storeRangeKey(table: Table, nowMs: number): Promise<void> {
  const key = { ...KEY, tenant: DEFAULT_TENANT, scopes: ["read"] as const, note: "", createdMs: nowMs };
  await createKey(table, newAccessKey(key, randomBytes));
}

export interface RangeCost {
  /** The message of a refused query. */
  readonly error: string | undefined;
  readonly readUnits: number;
  readonly calls: number;
  readonly callsInARow: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Memory that the process takes more than before, at most. */
  readonly memoryMiB: number;
  readonly points: number;
  /** With `stats`; else 0. */
  readonly samplesRead: number;
}

/** A process of the query function, cold until it is first asked. */
export class QueryProcess {
  readonly #app: Gateway;
  readonly #meter = newMeter();
  readonly #table: SlowTable;

  constructor(table: Table, nowMs: number) {
    this.#table = new SlowTable(table.metered(this.#meter), DYNAMODB_SPEED);
    const parts = { table: this.#table, clock: () => nowMs, randomBytes, retentionMs: 0, log: () => {} };
    const services = composeServices(parts);
    this.#app = newGateway(services);
    const memory = new ReaderMemory(READER_MEMORY_BYTES);
    addQueryRoutes(this.#app, services, newQueryServices(services, DEFAULT_PROMQL_SETTINGS, memory));
  }

  /** Read units that the query is expected to cost. */
  async estimate(form: URLSearchParams): Promise<number> {
    const response = await this.#post("/api/v1/query_range_cost", form);
    const { data, error } = (await response.json()) as {
      readonly data?: { readonly estimate: { readonly readUnits: number } };
      readonly error?: string;
    };
    if (data === undefined) throw new Error(`query_range_cost: ${error}`);
    return data.estimate.readUnits;
  }

  #post(path: string, form: URLSearchParams): Promise<Response> {
    const headers = { Authorization: AUTHORIZATION, "Content-Type": "application/x-www-form-urlencoded" };
    const request = new Request(`http://127.0.0.1${path}`, {
      method: "POST",
      headers,
      body: form.toString(),
    });
    return Promise.resolve(this.#app.fetch(request));
  }

  async ask(form: URLSearchParams): Promise<RangeCost> {
    this.#table.reset();
    const unitsBefore = this.#meter.readUnits;
    globalThis.gc?.();
    const memory = new MemoryPeak();
    const [cpu, beganMs] = [process.cpuUsage(), performance.now()];
    const response = await this.#post("/api/v1/query_range", form);
    const text = await response.text();
    const wallMs = performance.now() - beganMs;
    const { user, system } = process.cpuUsage(cpu);
    const memoryMiB = memory.end();
    const { data, error } = JSON.parse(text);
    return {
      error,
      readUnits: this.#meter.readUnits - unitsBefore,
      calls: this.#table.calls,
      callsInARow: this.#table.callsInARow,
      wallMs,
      cpuMs: (user + system) / 1000,
      memoryMiB,
      points: countPoints(data?.result ?? []),
      samplesRead: data?.stats?.samples.samplesRead ?? 0,
    };
  }
}

function countPoints(result: readonly { readonly values: readonly unknown[] }[]): number {
  return result.reduce((total, { values }) => total + values.length, 0);
}

/** Looks at the memory of this process now and then. */
class MemoryPeak {
  readonly #before = process.memoryUsage.rss();
  #peak = this.#before;
  readonly #timer = setInterval(() => this.#look(), MEMORY_INTERVAL_MS);

  #look(): void {
    this.#peak = Math.max(this.#peak, process.memoryUsage.rss());
  }

  end(): number {
    clearInterval(this.#timer);
    this.#look();
    return (this.#peak - this.#before) / MIB;
  }
}
