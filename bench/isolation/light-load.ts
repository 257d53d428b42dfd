/** Writes of 500 samples, small queries and health checks, each ten times a second, and how long they wait. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { seriesBody } from "../tenants/series-body.ts";
import { AUTHORIZATION } from "./server.ts";

export const SERIES = 500;
const INTERVAL_MS = 100;
export const KINDS = ["write", "query", "ready"] as const;
export type Kind = (typeof KINDS)[number];
const BODY_HEADERS = { "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy" };

export interface Waits {
  /** In ms. */
  readonly latencies: Readonly<Record<Kind, number[]>>;
  readonly failures: number;
  /** The longest that this process kept its own requests waiting, in ms: part of the latencies. */
  readonly ownDelayMs: number;
}

export async function measureLight(url: string, durationMs: number): Promise<Waits> {
  const latencies: Record<Kind, number[]> = { write: [], query: [], ready: [] };
  let failures = 0;
  const timed = async (kind: Kind, path: string, init: RequestInit = {}) => {
    const began = performance.now();
    const isGood = await fetch(url + path, init).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status === 200;
      },
      () => false,
    );
    latencies[kind].push(performance.now() - began);
    if (!isGood) failures++;
  };
  const headers = { Authorization: AUTHORIZATION };
  const sent: Promise<void>[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const endMs = performance.now() + durationMs;
  for (let i = 0; performance.now() < endMs; i++) {
    const body = seriesBody("m", 0, SERIES, Date.now());
    const write = { method: "POST", body, headers: { ...headers, ...BODY_HEADERS } };
    sent.push(timed("write", "/api/v1/write", write));
    const query = new URLSearchParams({ query: `m{instance="host-${i % SERIES}"}` });
    sent.push(timed("query", `/api/v1/query?${query}`, { headers }));
    sent.push(timed("ready", "/-/ready"));
    await sleep(INTERVAL_MS);
  }
  await Promise.all(sent);
  delay.disable();
  return { latencies, failures, ownDelayMs: delay.max / 1e6 };
}
