/** The two that are compared: a real Prometheus, and Hearth's handlers in this process; each behind the same two calls. */
import { addQueryRoutes } from "../../lib/http/query-routes.ts";
import { newQueryServices } from "../../lib/http/query-source.ts";
import { HOUR_MS } from "../../lib/model/time.ts";
import type { PromqlSettings } from "../../lib/promql/settings.ts";
import { compact } from "../../lib/storage/compactor.ts";
import { SETTLE_MS } from "../../lib/storage/plan-compaction.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { Prometheus } from "../e2e/prometheus.ts";
import { encodeMixedV1, type MixedSeries } from "../helpers/mixed-requests.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";
import { basic, TestGateway } from "../helpers/test-gateway.ts";
import type { Answer } from "./answer.ts";

/** A query at `startMs`, or, with a step, to `endMs`. */
export interface Question {
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number | undefined;
}

export interface Peer extends AsyncDisposable {
  /** Stores what one request carries. */
  write(request: readonly MixedSeries[]): Promise<void>;
  ask(question: Question): Promise<Answer>;
}

/** Hearth's, and below what they are of Prometheus'. */
const SETTINGS: PromqlSettings = { takesExperiments: true, useStartTimestamps: false };
const FEATURES = [
  "promql-experimental-functions",
  "promql-duration-expr",
  "promql-extended-range-selectors",
  "promql-binop-fill-modifiers",
];

export async function startPrometheus(path: string): Promise<Peer> {
  const root = await newTemporaryDirectory("promql-fuzz");
  const flags = [
    `--enable-feature=${FEATURES.join(",")}`,
    "--web.enable-remote-write-receiver",
    "--log.level=error",
    // It takes samples that are half a block older than the latest: series come one after another.
    "--storage.tsdb.min-block-duration=1d",
    "--storage.tsdb.max-block-duration=1d",
  ];
  const prometheus = await Prometheus.start(root.path, {}, { command: path, flags });
  const url = `http://${prometheus.address}`;
  return {
    async write(request) {
      const headers = { "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy" };
      const body = compress(encodeMixedV1(request)) as Uint8Array<ArrayBuffer>;
      const response = await fetch(`${url}/api/v1/write`, { method: "POST", headers, body });
      if (!response.ok)
        throw new Error(`prometheus refused: status=${response.status} ${await response.text()}`);
    },
    async ask(question) {
      const [path, form] = formOf(question);
      const response = await fetch(`${url}${path}`, { method: "POST", body: form });
      return (await response.json()) as Answer;
    },
    async [Symbol.asyncDispose]() {
      await prometheus.child[Symbol.asyncDispose]();
      await root[Symbol.asyncDispose]();
    },
  };
}

/** `endMs`: where its data end, so that its clock is right. */
export async function startHearth(endMs: number): Promise<Peer & { compact(): Promise<void> }> {
  const gateway = await TestGateway.open();
  gateway.nowMs = endMs;
  addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, SETTINGS));
  return {
    async write(request) {
      const response = await gateway.post("/api/v1/write", compress(encodeMixedV1(request)));
      if (!response.ok) throw new Error(`hearth refused: status=${response.status} ${await response.text()}`);
    },
    async ask(question) {
      const [path, form] = formOf(question);
      const headers = { Authorization: basic("HKA") };
      const response = await gateway.fetch(path, { method: "POST", body: form, headers });
      return (await response.json()) as Answer;
    },
    /** From here on it reads runs and chunks, not the log. */
    async compact() {
      gateway.nowMs += SETTLE_MS + 12 * HOUR_MS;
      const onDay = ({ error }: { readonly error: unknown }) => {
        if (error !== undefined) throw error;
      };
      const clock = () => gateway.nowMs++;
      const options = {
        clock,
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

function formOf({ query, startMs, endMs, stepMs }: Question): [path: string, form: URLSearchParams] {
  const seconds = (ms: number) => String(ms / 1000);
  if (stepMs === undefined) return ["/api/v1/query", new URLSearchParams({ query, time: seconds(startMs) })];
  const times = { start: seconds(startMs), end: seconds(endMs), step: seconds(stepMs) };
  return ["/api/v1/query_range", new URLSearchParams({ query, ...times })];
}
