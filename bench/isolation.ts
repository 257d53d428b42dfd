/**
 * `npm run bench:isolation`: latency of writes, small queries and health checks in `npm start`, alone and beside ten heavy
 * requests at a time. Each heavy request is sent again as soon as it has ended. What the operating system allows at best is
 * measured too: beside as many busy processes as there are processors, of the lowest priority. A query reads more as
 * samples arrive, so each phase is compared with the ones alone before and after it.
 *
 * `--seconds N` for each phase, 20 by default; with `--json` the figures as JSON.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ProtobufWriter } from "../lib/wire/protobuf-writer.ts";
import { compress } from "../lib/wire/snappy.ts";
import { writeSampleV1 } from "./hostile/write-bodies.ts";
import { startBusyProcesses } from "./isolation/busy.ts";
import { type HeavyRequest, heavyBodies, heavyQueries } from "./isolation/heavy.ts";
import { AUTHORIZATION, startServer } from "./isolation/server.ts";

const SERIES = 500;
/** Between two requests of a kind: ten a second. */
const INTERVAL_MS = 100;
const ALONE = "alone";
const BUSY = "beside busy processes of the lowest priority";
const KINDS = ["write", "query", "ready"] as const;
type Kind = (typeof KINDS)[number];

interface Phase {
  readonly name: string;
  readonly heavyDone: number;
  readonly latencies: Readonly<Record<Kind, readonly number[]>>;
  readonly failures: number;
}

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "20" }, json: { type: "boolean", default: false } },
});
const phaseMs = Number(values.seconds) * 1000;

async function main(): Promise<void> {
  await using server = await startServer();
  const nowMs = Date.now();
  const [queries, bodies] = [heavyQueries(nowMs), heavyBodies(nowMs)];
  const phases: Phase[] = [];
  await measure(server.url, "warm-up", []);
  for (const [name, heavy] of [
    [ALONE, []],
    [BUSY, []],
    [ALONE, []],
    ["beside ten heavy queries", [...queries, ...queries].slice(0, 10)],
    [ALONE, []],
    ["beside six heavy queries and four heavy bodies", [...queries, ...bodies]],
    [ALONE, []],
  ] as const) {
    using _ = name === BUSY ? startBusyProcesses() : undefined;
    phases.push(await measure(server.url, name, heavy));
  }
  console.log(values.json ? JSON.stringify(phases.map(figuresOf)) : print(phases));
}

async function measure(url: string, name: string, heavy: readonly HeavyRequest[]): Promise<Phase> {
  const ended = new AbortController();
  let heavyDone = 0;
  const repeat = async (request: HeavyRequest) => {
    while (!ended.signal.aborted) {
      try {
        const init = { method: "POST", headers: { ...request.headers, Authorization: AUTHORIZATION } };
        const response = await fetch(url + request.path, {
          ...init,
          body: request.body,
          signal: ended.signal,
        });
        await response.arrayBuffer();
        heavyDone++;
      } catch {
        await sleep(10);
      }
    }
  };
  const running = heavy.map(repeat);
  if (heavy.length > 0) await sleep(1000);
  const latencies: Record<Kind, number[]> = { write: [], query: [], ready: [] };
  let failures = 0;
  const timed = async (kind: Kind, send: () => Promise<Response>) => {
    const began = performance.now();
    const status = await send().then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 0,
    );
    latencies[kind].push(performance.now() - began);
    if (status !== 200) failures++;
  };
  const headers = { Authorization: AUTHORIZATION };
  const sent: Promise<void>[] = [];
  const endMs = performance.now() + phaseMs;
  for (let i = 0; performance.now() < endMs; i++) {
    const body = new Uint8Array(writeBody(Date.now()));
    const write = {
      method: "POST",
      body,
      headers: { ...headers, "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy" },
    };
    sent.push(timed("write", () => fetch(`${url}/api/v1/write`, write)));
    const query = new URLSearchParams({ query: `m{instance="host-${i % SERIES}"}` });
    sent.push(timed("query", () => fetch(`${url}/api/v1/query?${query}`, { headers })));
    sent.push(timed("ready", () => fetch(`${url}/-/ready`)));
    await sleep(INTERVAL_MS);
  }
  await Promise.all(sent);
  ended.abort();
  await Promise.all(running);
  await sleep(500);
  return { name, heavyDone, latencies, failures };
}

function writeBody(timeMs: number): Uint8Array {
  const writer = new ProtobufWriter();
  for (let i = 0; i < SERIES; i++) {
    const series = writer.begin(1);
    for (const [name, value] of [
      ["__name__", "m"],
      ["instance", `host-${i}`],
    ]) {
      const label = writer.begin(1);
      writer.writeStringField(1, name);
      writer.writeStringField(2, value);
      writer.end(label);
    }
    writeSampleV1(writer, timeMs);
    writer.end(series);
  }
  return compress(writer.copy());
}

function figuresOf({ name, heavyDone, latencies, failures }: Phase) {
  const of = (kind: Kind) => {
    const sorted = latencies[kind].toSorted((a, b) => a - b);
    const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)]);
    return { count: sorted.length, p50: at(0.5), p99: at(0.99), most: at(1) };
  };
  return { name, heavyDone, failures, write: of("write"), query: of("query"), ready: of("ready") };
}

function print(phases: readonly Phase[]): string {
  const all = phases.map(figuresOf);
  const rows = all.map(({ name, heavyDone, failures, ...kinds }, i) => {
    const cells = KINDS.map((kind) => {
      const { p50, p99, most } = kinds[kind];
      const ratio = name === ALONE ? "" : ` (${(p99 / p99Alone(all, i, kind)).toFixed(1)} times)`;
      return `${p50} / ${p99}${ratio} / ${most}`;
    });
    return `| ${[name, ...cells, failures, heavyDone].join(" | ")} |`;
  });
  return [
    `p50 / p99 (times those alone, before and after) / most, in ms; ${SERIES} samples a write, each kind ten times a second`,
    "| | write | small query | health | failures | heavy requests ended |",
    "| --- | --: | --: | --: | --: | --: |",
    ...rows,
  ].join("\n");
}

/** The mean of the two phases beside one. */
function p99Alone(all: readonly ReturnType<typeof figuresOf>[], i: number, kind: Kind): number {
  return Math.max(1, (all[i - 1][kind].p99 + all[i + 1][kind].p99) / 2);
}

await main();
