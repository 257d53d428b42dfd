/** A tenant that sends far more than it may: samples, new series and expensive queries. It repeats at once, as no sender should. */
import { setTimeout as sleep } from "node:timers/promises";
import { heavyQueries } from "../isolation/heavy.ts";
import { AUTHORIZATION } from "../isolation/server.ts";
import { seriesBody } from "./series-body.ts";

const HEADERS = { Authorization: AUTHORIZATION, "X-Scope-OrgID": "noisy" };
/** A million different series. */
const BODIES = 100;
const SERIES = 10_000;

export interface Told {
  readonly count: number;
  /** The first line of one response. */
  readonly text: string;
}

export interface Noise {
  /** Resolves with the first response to a write. */
  readonly begun: Promise<void>;
  /** Ends it. Returns what the tenant was told, by status. */
  end(): Promise<Readonly<Record<string, Told>>>;
}

export function newNoise(url: string, samplesPerSecond: number): Noise {
  const nowMs = Date.now();
  const bodies = Array.from({ length: BODIES }, (_, i) => seriesBody("n", i * SERIES, SERIES, nowMs));
  const ended = new AbortController();
  const { signal } = ended;
  const told: Record<string, { count: number; text: string }> = {};
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const send = async (kind: string, path: string, init: RequestInit) => {
    try {
      const response = await fetch(url + path, { method: "POST", ...init, signal });
      const text = response.status < 300 ? "" : (await response.text()).split("\n")[0].slice(0, 300);
      if (response.status < 300) await response.arrayBuffer();
      const name = `${kind} ${response.status}`;
      told[name] ??= { count: 0, text };
      told[name].count++;
      if (kind === "write") begin();
    } catch {
      // It was ended.
    }
  };
  const writes = (async () => {
    const sent: Promise<void>[] = [];
    for (let i = 0; !signal.aborted; i++) {
      const headers = {
        ...HEADERS,
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "snappy",
      };
      sent.push(send("write", "/api/v1/write", { headers, body: bodies[i % BODIES] }));
      await sleep((SERIES * 1000) / samplesPerSecond);
    }
    await Promise.all(sent);
  })();
  const queries = heavyQueries(nowMs).map(async ({ path, headers, body }) => {
    while (!signal.aborted) {
      await send("query", path, { headers: { ...HEADERS, ...headers }, body });
      await sleep(10);
    }
  });
  return {
    begun,
    async end() {
      ended.abort();
      await Promise.all([writes, ...queries]);
      return told;
    },
  };
}
