/** A tenant that sends and asks little, ten times a second, and how long it waits. */
import { setTimeout as sleep } from "node:timers/promises";
import { AUTHORIZATION } from "../isolation/server.ts";
import { seriesBody } from "./series-body.ts";

const SERIES = 50;
const INTERVAL_MS = 100;
export const QUIET_SAMPLES_PER_SECOND = (SERIES * 1000) / INTERVAL_MS;
const HEADERS = { Authorization: AUTHORIZATION, "X-Scope-OrgID": "quiet" };
const BODY_HEADERS = { "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy" };

/** In ms. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

export interface QuietFigures {
  readonly write: Latency;
  readonly query: Latency;
  /** Requests with any status but 200. */
  readonly failures: number;
}

/** In ms. */
export interface Waits {
  readonly writes: readonly number[];
  readonly queries: readonly number[];
  readonly failures: number;
}

export async function measureQuiet(
  url: string,
  durationMs: number,
  until?: Promise<unknown>,
): Promise<Waits> {
  const [writes, queries]: [number[], number[]] = [[], []];
  let failures = 0;
  let isOver = false;
  void until?.then(() => (isOver = true));
  const timed = async (latencies: number[], send: () => Promise<Response>) => {
    const began = performance.now();
    const isGood = await send().then(
      async (response) => {
        await response.arrayBuffer();
        return response.status === 200;
      },
      () => false,
    );
    latencies.push(performance.now() - began);
    if (!isGood) failures++;
  };
  const sent: Promise<void>[] = [];
  const endMs = performance.now() + durationMs;
  for (let i = 0; !isOver && performance.now() < endMs; i++) {
    const body = seriesBody("m", 0, SERIES, Date.now());
    const write = { method: "POST", body, headers: { ...HEADERS, ...BODY_HEADERS } };
    sent.push(timed(writes, () => fetch(`${url}/api/v1/write`, write)));
    const query = new URLSearchParams({ query: `m{instance="host-${i % SERIES}"}` });
    sent.push(timed(queries, () => fetch(`${url}/api/v1/query?${query}`, { headers: HEADERS })));
    await sleep(INTERVAL_MS);
  }
  await Promise.all(sent);
  return { writes, queries, failures };
}

/** Of several measurements together. */
export function figuresOf(all: readonly Waits[]): QuietFigures {
  return {
    write: latencyOf(all.flatMap(({ writes }) => writes)),
    query: latencyOf(all.flatMap(({ queries }) => queries)),
    failures: all.reduce((sum, { failures }) => sum + failures, 0),
  };
}

function latencyOf(all: readonly number[]): Latency {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)]);
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), most: at(1) };
}
