/** The two that are compared: a real Prometheus, and Hearth's handlers in this process; each behind the same two calls. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { findBlocks } from "../../cli/transfer/find-blocks.ts";
import { listLocalFolders } from "../../cli/transfer/local-files.ts";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import type { QueryServices } from "../../lib/http/query/services.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import { ALL_TIME, HOUR_MS } from "../../lib/model/time.ts";
import { ALL_EXPERIMENTS } from "../../lib/promql/parse/options.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import { ReaderMemory } from "../../lib/storage/cache/reader-memory.ts";
import { compact } from "../../lib/storage/compact/compactor.ts";
import { SETTLE_MS } from "../../lib/storage/log/settling.ts";
import { importDays } from "../../lib/transfer/import-blocks.ts";
import { NO_EDITS } from "../../lib/transfer/label-edits.ts";
import { planDays } from "../../lib/transfer/survey.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { Prometheus } from "../e2e/prometheus.ts";
import { encodeMixedV2, type MixedSeries } from "../helpers/mixed-requests.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";
import { basic, TestGateway } from "../helpers/test-gateway.ts";
import type { Answer } from "./answer.ts";
import { type GivenQuestion, givenSource } from "./differences/their-operands.ts";
import type { Question } from "./queries/question.ts";

export interface Peer extends AsyncDisposable {
  /** Stores what one request carries. */
  write(request: readonly MixedSeries[]): Promise<void>;
  ask(question: Question): Promise<Answer>;
  /** Any request to its HTTP API, by whoever may do it. */
  fetch(path: string, init: RequestInit): Promise<Response>;
}

/** What both are set up with in a round; all else that is experimental is always on. */
export interface PeerSettings {
  readonly useStartTimestamps: boolean;
  readonly delayedNameRemoval: boolean;
  readonly typeAndUnitLabels: boolean;
  /** UTF-8 names without quotes; default: off. */
  readonly unquotedNames?: boolean;
}

/** What Prometheus calls them. */
const ALWAYS_ON = [
  "promql-experimental-functions",
  "promql-duration-expr",
  "promql-extended-range-selectors",
  "promql-binop-fill-modifiers",
  "promql-per-step-stats",
  "exemplar-storage",
  "search-api",
  "query-cost",
];
const FEATURES: Readonly<Record<keyof Required<PeerSettings>, string>> = {
  useStartTimestamps: "st-storage,use-start-timestamps",
  delayedNameRemoval: "promql-delayed-name-removal",
  typeAndUnitLabels: "type-and-unit-labels",
  unquotedNames: "promql-unquoted-utf8-names",
};

/** Hearth's readers are warm: a query meets what another one has made of what they remember. */
const MEMORY_BYTES = 100_000_000;
const WRITE_HEADERS = {
  "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
  "Content-Encoding": "snappy",
  "X-Prometheus-Remote-Write-Version": "2.0.0",
};

export interface PrometheusPeer extends Peer {
  readonly url: string;
  /** A folder with blocks of all that it has. */
  snapshot(): Promise<string>;
}

/** `block`: it takes samples that are half of that older than the latest: series come one after another. */
export async function startPrometheus(
  path: string,
  settings: PeerSettings,
  block = "1d",
): Promise<PrometheusPeer> {
  const root = await newTemporaryDirectory("promql-fuzz");
  const chosen = (Object.keys(FEATURES) as (keyof PeerSettings)[]).filter((name) => settings[name]);
  const flags = [
    `--enable-feature=${[...ALWAYS_ON, ...chosen.map((name) => FEATURES[name])].join(",")}`,
    "--web.enable-remote-write-receiver",
    "--web.enable-admin-api",
    "--log.level=error",
    `--storage.tsdb.min-block-duration=${block}`,
    `--storage.tsdb.max-block-duration=${block}`,
  ];
  const prometheus = await Prometheus.start(root.path, {}, { command: path, flags });
  const url = `http://${prometheus.address}`;
  return {
    url,
    async write(request) {
      const body = compress(encodeMixedV2(request)) as Uint8Array<ArrayBuffer>;
      const response = await fetch(`${url}/api/v1/write`, { method: "POST", headers: WRITE_HEADERS, body });
      if (!response.ok)
        throw new Error(`prometheus refused: status=${response.status} ${await response.text()}`);
    },
    async ask(question) {
      const [path, form] = formOf(question);
      const response = await fetch(`${url}${path}`, { method: "POST", body: form });
      return (await response.json()) as Answer;
    },
    fetch: (path, init) => fetch(`${url}${path}`, init),
    async snapshot() {
      const response = await fetch(`${url}/api/v1/admin/tsdb/snapshot`, { method: "POST" });
      const { data } = (await response.json()) as { readonly data: { readonly name: string } };
      return join(root.path, "data/snapshots", data.name);
    },
    async [Symbol.asyncDispose]() {
      await prometheus.child[Symbol.asyncDispose]();
      await root[Symbol.asyncDispose]();
    },
  };
}

export interface HearthPeer extends Peer {
  /** From here on it reads runs and chunks, not the log. */
  compact(): Promise<void>;
  /** Stores blocks of a folder, past the log. */
  import(directory: string): Promise<void>;
  askGiven(given: GivenQuestion): Promise<Answer>;
}

/** `endMs`: where its data end, so that its clock is right. */
export async function startHearth(endMs: number, settings: PeerSettings): Promise<HearthPeer> {
  const gateway = await TestGateway.open();
  gateway.nowMs = endMs;
  const memory = new ReaderMemory(MEMORY_BYTES);
  const services = newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS, memory);
  const { unquotedNames = false, ...rest } = settings;
  const parse = { ...ALL_EXPERIMENTS, enableUnquotedUtf8Names: unquotedNames };
  const all = { ...services.settings, ...rest, parse };
  let given: readonly Answer[] = [];
  const openSource: QueryServices["openSource"] = async (access, table) =>
    givenSource(await services.openSource(access, table), () => given);
  addQueryRoutes(gateway.app, gateway.services, { ...services, settings: all, openSource });
  const ask = async (question: Question): Promise<Answer> => {
    const [path, form] = formOf(question);
    const headers = { Authorization: basic("HKA") };
    const response = await gateway.fetch(path, { method: "POST", body: form, headers });
    return (await response.json()) as Answer;
  };
  return {
    async write(request) {
      const response = await gateway.post("/api/v1/write", compress(encodeMixedV2(request)), WRITE_HEADERS);
      if (!response.ok) throw new Error(`hearth refused: status=${response.status} ${await response.text()}`);
    },
    ask,
    askGiven(made) {
      given = made.given;
      return ask(made.question);
    },
    fetch(path, init) {
      const headers = new Headers(init.headers);
      headers.set("Authorization", basic("HKA"));
      return gateway.fetch(path, { ...init, headers });
    },
    async import(directory) {
      const { blocks } = await findBlocks(directory, await listLocalFolders(directory));
      await importDays(planDays(blocks, ALL_TIME.minTime, ALL_TIME.maxTime), {
        table: gateway.services.table,
        tenant: "t",
        retentionMs: 0,
        clock: gateway.services.clock,
        randomBytes,
        edits: NO_EDITS,
        matcherSets: [],
        choiceWords: [],
        addsExternalLabels: true,
        ...ALL_TIME,
      });
    },
    async compact() {
      gateway.nowMs += SETTLE_MS + 12 * HOUR_MS;
      const onDay = ({ error }: { readonly error: unknown }) => {
        if (error !== undefined) throw error;
      };
      const clock = () => gateway.nowMs++;
      const options = {
        clock,
        randomBytes,
        retentionOf: () => 0,
        deadlineMs: Number.POSITIVE_INFINITY,
        isEager: true,
        onDay,
      };
      await compact(gateway.table, options);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

function formOf(question: Question): [path: string, form: URLSearchParams] {
  const { query, startMs, endMs, stepMs, lookbackMs, limit } = question;
  const seconds = (ms: number) => String(ms / 1000);
  const form = new URLSearchParams({ query, stats: "all" });
  if (lookbackMs !== undefined) form.set("lookback_delta", seconds(lookbackMs));
  if (limit !== undefined) form.set("limit", String(limit));
  if (stepMs === undefined) {
    form.set("time", seconds(startMs));
    return ["/api/v1/query", form];
  }
  for (const [name, ms] of Object.entries({ start: startMs, end: endMs, step: stepMs }))
    form.set(name, seconds(ms));
  return ["/api/v1/query_range", form];
}
