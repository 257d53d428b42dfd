/**
 * Scripts on the HTTP API over Hearth's own storage, on a table in memory: what they load goes through remote write 2.0, answers are
 * read from their JSON.
 */
import assert from "node:assert/strict";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import { HearthError } from "../../lib/model/errors.ts";
import type { Histogram } from "../../lib/model/histogram.ts";
import type { StepRange } from "../../lib/promql/engine-interface.ts";
import { ALL_EXPERIMENTS } from "../../lib/promql/parse/options.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import { ReaderMemory } from "../../lib/storage/cache/reader-memory.ts";
import { LATE_RUN_MS } from "../../lib/storage/compact/plan-compaction.ts";
import { printSeconds } from "../../lib/wire/api-json.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { encodeMixedV2, type MixedSeries } from "../helpers/mixed-requests.ts";
import { basic, TestGateway } from "../helpers/test-gateway.ts";
import { bitsOf, STALE_BITS } from "../helpers/write-requests.ts";
import type { Answer } from "./answer.ts";
import { type ApiAnswer, parseApiAnswer } from "./api-answer.ts";
import { type LoadedSample, type LoadedSeries, loadedSeries } from "./loaded-series.ts";
import type { LoadCommand } from "./script.ts";
import { SCRIPT_OPTIONS } from "./script-options.ts";
import type { ScriptTarget } from "./target.ts";

/** A key that picks the tenant of each request. */
const KEY = "HKALL";
const V2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
/** Of an answer to a query that cannot be evaluated. */
const QUERY_FAILURES = ["bad_data", "execution"];
/** Readers are warm: what one evaluation has changed of what they remember the next one meets. */
const MEMORY_BYTES = 100_000_000;
/** So begins the error of a query that cannot be parsed. */
const IN_QUERY = 'invalid parameter "query": ';

export class ApiTarget implements ScriptTarget {
  readonly #gateway: TestGateway;
  readonly #isCompacted: boolean;
  /** What is cleared is left to a tenant that nobody asks any more. */
  #tenant = 0;

  private constructor(gateway: TestGateway, isCompacted: boolean) {
    this.#gateway = gateway;
    this.#isCompacted = isCompacted;
  }

  /** Samples are read from the log of writes; if `isCompacted`, from the chunks that the compactor makes of them. */
  static async open(isCompacted: boolean): Promise<ApiTarget> {
    const gateway = await TestGateway.open();
    await gateway.addKey({ id: KEY, tenant: "*" });
    const memory = new ReaderMemory(MEMORY_BYTES);
    const services = newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS, memory);
    const settings = { ...services.settings, ...SCRIPT_OPTIONS, parse: ALL_EXPERIMENTS };
    addQueryRoutes(gateway.app, gateway.services, { ...services, settings });
    return new ApiTarget(gateway, isCompacted);
  }

  get #headers() {
    return { Authorization: basic(KEY), "X-Scope-OrgID": `t${this.#tenant}` };
  }

  clear(): void {
    this.#tenant++;
  }

  async load(command: LoadCommand): Promise<void> {
    const request = loadedSeries(command).flatMap(sentSeries);
    const headers = { ...this.#headers, "Content-Type": V2, "X-Prometheus-Remote-Write-Version": "2.0.0" };
    const response = await this.#gateway.post("/api/v1/write", compress(encodeMixedV2(request)), headers);
    assert.equal(response.status, 204, await response.text());
    if (this.#isCompacted) await this.#compact();
  }

  /** To runs, and to chunks once nothing more is expected. */
  async #compact(): Promise<void> {
    await this.#gateway.compact();
    this.#gateway.nowMs += LATE_RUN_MS;
    await this.#gateway.compact();
  }

  instantQuery(query: string, timeMs: number): Promise<Answer> {
    return this.#ask("query", query, { time: printSeconds(timeMs) });
  }

  rangeQuery(query: string, { startMs, endMs, stepMs }: StepRange): Promise<Answer> {
    const [start, end, step] = [startMs, endMs, stepMs].map(printSeconds);
    return this.#ask("query_range", query, { start, end, step });
  }

  async #ask(route: string, query: string, times: Readonly<Record<string, string>>): Promise<Answer> {
    const body = new URLSearchParams({ query, ...times });
    const init = { method: "POST", body, headers: this.#headers };
    const response = await this.#gateway.fetch(`/api/v1/${route}`, init);
    const answer = (await response.json()) as ApiAnswer;
    if (answer.status === "success") return parseApiAnswer(answer);
    if (QUERY_FAILURES.includes(answer.errorType))
      throw new HearthError("invalid", answer.error.replace(IN_QUERY, ""));
    throw new Error(`${response.status}, ${answer.errorType}: ${answer.error}`);
  }
}

/** The samples of one start timestamp make one TimeSeries. */
function sentSeries({ labels, samples }: LoadedSeries): MixedSeries[] {
  return [...Map.groupBy(samples, ({ startMs }) => startMs)].map(([createdTimestamp, some]) => ({
    labels,
    createdTimestamp,
    floats: some.filter(isFloat).map(({ timeMs, value }) => [timeMs, floatBits(value)] as const),
    histograms: some.filter(isHistogram).map(({ timeMs, value }) => [timeMs, value] as const),
  }));
}

type FloatSample = LoadedSample & { readonly value: number | "stale" };
type HistogramSample = LoadedSample & { readonly value: Histogram };

function isFloat(sample: LoadedSample): sample is FloatSample {
  return typeof sample.value !== "object";
}

function isHistogram(sample: LoadedSample): sample is HistogramSample {
  return typeof sample.value === "object";
}

function floatBits(value: number | "stale"): bigint {
  return value === "stale" ? STALE_BITS : bitsOf(value);
}
