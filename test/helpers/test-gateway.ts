/** The gateway with every route, over a table in memory; its log lines kept. */
import { randomBytes } from "node:crypto";
import { type NewAccessKey, newAccessKey } from "../../lib/auth/access-key.ts";
import { createKey } from "../../lib/auth/key-store.ts";
import { KeyVerifier } from "../../lib/auth/verifier.ts";
import { addAdminRoutes } from "../../lib/http/admin/admin-routes.ts";
import { type Gateway, newGateway, type WriteServices } from "../../lib/http/gateway.ts";
import { addOtlpRoutes } from "../../lib/http/otlp-route.ts";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import { addReadRoutes } from "../../lib/http/read-route.ts";
import { addRulesConfigRoutes } from "../../lib/http/rules-config-route.ts";
import { addWriteRoutes } from "../../lib/http/write-route.ts";
import { DEFAULT_LIMITS, type Limits } from "../../lib/model/limits.ts";
import type { LogFields, LogLevel } from "../../lib/model/log.ts";
import type { MetricOrigin, MetricValues } from "../../lib/model/metrics.ts";
import type { OtlpSettings } from "../../lib/otlp/settings.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import { compact } from "../../lib/storage/compact/compactor.ts";
import { VerifiedTable } from "../../lib/storage/layout/verified-table.ts";
import { Quotas } from "../../lib/storage/limits/quotas.ts";
import { MAX_HOLD_MS, SETTLE_MS } from "../../lib/storage/log/settling.ts";
import { newMeter } from "../../lib/storage/table/table.ts";
import { HaTracker } from "../../lib/storage/tenants/ha-tracker.ts";
import { Tenants } from "../../lib/storage/tenants/tenant-settings.ts";
import { Writers } from "../../lib/storage/write/writers.ts";
import { compress } from "../../lib/wire/snappy.ts";
import type { RequestEnv } from "../../local/workers/serve-port.ts";
import { encodeMessage, type Fields } from "../wire/prometheus-proto.ts";
import { MIDNIGHT_MS } from "./storage/engine.ts";
import { FaultyTable } from "./storage/faulty-table.ts";
import { compressedBody, type SentSeries } from "./write-requests.ts";

export const SECRET = "s3cret-of-the-test-and-of-nothing-else";

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

export const basic = (id: string, secret: string = SECRET) =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;

export class TestGateway {
  readonly table: FaultyTable;
  /** Every call on the table, whoever made it. */
  readonly meter = newMeter();
  readonly lines: LogLine[] = [];
  readonly metrics: MetricValues[] = [];
  /** Of the same requests. */
  readonly origins: MetricOrigin[] = [];
  readonly services: WriteServices;
  readonly app: Gateway;
  nowMs = MIDNIGHT_MS;

  private constructor(limits: Partial<Limits>, otlp: OtlpSettings | undefined, beside?: TestGateway) {
    this.table = beside?.table ?? new FaultyTable();
    const clock = () => (beside === undefined ? this.nowMs++ : beside.nowMs++);
    const all = { ...DEFAULT_LIMITS, ...limits };
    this.services = {
      table: new VerifiedTable(this.table).metered(this.meter),
      clock,
      randomBytes,
      limits: all,
      ...(otlp && { otlp }),
      isGone: (env) => (env as Partial<RequestEnv> | undefined)?.isGone?.() === true,
      tenants: new Tenants(0, clock),
      haTracker: new HaTracker(clock),
      quotas: new Quotas(clock, randomBytes),
      keys: new KeyVerifier(clock),
      writers: new Writers({ clock, randomBytes, limits: all, maxBytes: 2 ** 26 }),
      log: (level, message, fields) => this.lines.push({ level, message, fields }),
      metrics: (values, origin) => {
        this.metrics.push(values);
        this.origins.push(origin);
      },
    };
    this.app = newGateway(this.services);
    addWriteRoutes(this.app, this.services);
    addOtlpRoutes(this.app, this.services);
    addReadRoutes(this.app, this.services);
    addAdminRoutes(this.app, this.services);
    addRulesConfigRoutes(this.app, this.services, {});
  }

  /** Has a key "HKA" of tenant t with both scopes. */
  static async open(limits: Partial<Limits> = {}, otlp?: OtlpSettings): Promise<TestGateway> {
    const gateway = new TestGateway(limits, otlp);
    await gateway.addKey({});
    return gateway;
  }

  addKey(fields: Partial<NewAccessKey>): Promise<void> {
    const key = {
      id: "HKA",
      secret: SECRET,
      tenant: "t",
      scopes: ["read", "write"],
      note: "",
      createdMs: 0,
    } as const;
    return createKey(new VerifiedTable(this.table.inner), newAccessKey({ ...key, ...fields }, randomBytes));
  }

  /** Another process on the same table, by the same clock. */
  async another(): Promise<TestGateway> {
    const other = new TestGateway({}, undefined, this);
    return other;
  }

  /** Adds the query API. */
  queryRoutes(): this {
    addQueryRoutes(this.app, this.services, newQueryServices(this.services, DEFAULT_PROMQL_SETTINGS));
    return this;
  }

  /** Flushes all that was written, and does what else is due; throws what went wrong. */
  async compact(): Promise<void> {
    this.nowMs += SETTLE_MS + MAX_HOLD_MS;
    const onDay = ({ error }: { readonly error: unknown }) => {
      if (error !== undefined) throw error;
    };
    const deadlineMs = Number.POSITIVE_INFINITY;
    const { clock, table } = this.services;
    const options = { clock, randomBytes, retentionOf: () => 0, deadlineMs, isEager: true };
    await compact(table, { ...options, sparseSamples: 0, onDay });
  }

  get lastLine(): LogLine {
    return this.lines.at(-1)!;
  }

  async fetch(path: string, init: RequestInit = {}, env?: RequestEnv): Promise<Response> {
    return this.app.fetch(new Request(`http://hearth.test${path}`, init), env);
  }

  /** Headers as Prometheus sends them; one that is undefined is left away. */
  post(
    path: string,
    body: string | Uint8Array | ReadableStream,
    headers: Readonly<Record<string, string | undefined>> = {},
  ) {
    const all = {
      Authorization: basic("HKA"),
      "Content-Type": "application/x-protobuf",
      "Content-Encoding": "snappy",
      "X-Prometheus-Remote-Write-Version": "0.1.0",
      ...headers,
    };
    const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const init = { method: "POST", headers: sent, body, duplex: "half" } as RequestInit;
    return this.fetch(path, init);
  }

  write(request: readonly SentSeries[], headers?: Readonly<Record<string, string | undefined>>) {
    return this.post("/api/v1/write", compressedBody(request), headers);
  }

  /** `request` as JSON would give a prometheus.ReadRequest. */
  read(request: Fields, headers?: Readonly<Record<string, string | undefined>>) {
    return this.post("/api/v1/read", compress(encodeMessage("ReadRequest", request)), headers);
  }
}

/** A query for all series of a range, or for those of one metric. */
export function query(metric?: string, startTimestampMs = 0, endTimestampMs = 2 ** 52): Fields {
  const name =
    metric === undefined ? { type: "NEQ", name: "__name__", value: "" } : { name: "__name__", value: metric };
  return { startTimestampMs, endTimestampMs, matchers: [name] };
}
