/**
 * `npm run bench:gone`: what `npm start` computes for a client that has gone. Each request runs until its thread has taken
 * 60 ms of CPU; then its connection is closed. Printed: how long after that a thread still worked, and its CPU time.
 *
 * `--only TEXT` measures requests whose names have it; `--json` prints the figures as JSON. Linux only.
 */
import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type LongRequest, longRequests, METRIC } from "./gone/requests.ts";
import { busiest, cpuSince, readThreadCpu } from "./gone/thread-cpu.ts";
import type { HeavyRequest } from "./isolation/heavy.ts";
import { sendHistory } from "./isolation/history.ts";
import { AUTHORIZATION, type Server, startServer } from "./isolation/server.ts";
import { seriesBody } from "./tenants/series-body.ts";

/** As many as a query may find. */
const SERIES = 100_000;
/** Samples of each. */
const SAMPLES = 2;
const BODY_SERIES = 5000;
/** CPU time after which a client goes away, in ms. */
const LEAVES_AFTER_CPU_MS = 60;
/** A request whose threads have been idle for this long has ended. */
const ENDED_MS = 1500;
const SAMPLING_MS = 4;
const WARM_UPS = 3;
/** A thread that took less CPU in this time is idle. */
const IDLE = { windowMs: 200, cpuMs: 4 } as const;
const LONGEST_WATCH_MS = 10_000;

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, json: { type: "boolean", default: false } },
});

interface Figure {
  readonly name: string;
  /** Of the busiest thread until the client left, in ms. */
  readonly beforeCpuMs: number;
  /** Undefined: the request ended before. */
  readonly after?: { readonly wallMs: number; readonly cpuMs: number };
}

async function main(): Promise<void> {
  await using server = await startServer();
  const nowMs = Date.now();
  await sendHistory(server.url, nowMs);
  for (let i = SAMPLES; i > 0; i--)
    for (let first = 0; first < SERIES; first += BODY_SERIES)
      await write(server, seriesBody(METRIC, first, BODY_SERIES, nowMs - i * 15_000));
  await idle(server.pid);
  const requests = longRequests(nowMs);
  // Threads of the long lane, and the second one that stores, start when they are first needed; each is kept.
  for (let i = 0; i < WARM_UPS; i++) await measure(server, requests[0]);
  await measure(server, requests.find(({ name }) => name === "delete_series")!);
  const figures: Figure[] = [];
  for (const request of requests) {
    if (!request.name.includes(values.only)) continue;
    const figure = await measure(server, request);
    figures.push(figure);
    const { name, after } = figure;
    const figureText =
      after === undefined
        ? `ended by itself after ${figure.beforeCpuMs.toFixed(0)} CPU ms`
        : `${after.wallMs.toFixed(0)} ms, ${after.cpuMs.toFixed(0)} CPU ms`;
    if (!values.json) console.log(`${name.padEnd(40)} ${figureText}`);
  }
  if (values.json) console.log(JSON.stringify(figures));
}

async function write(server: Server, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const headers = {
    Authorization: AUTHORIZATION,
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
  };
  const response = await fetch(`${server.url}/api/v1/write`, { method: "POST", headers, body });
  if (!response.ok) throw new Error(`write: status ${response.status}: ${await response.text()}`);
}

async function measure({ url, pid }: Server, { name, request }: LongRequest): Promise<Figure> {
  await idle(pid);
  const { port, hostname } = new URL(url);
  const before = readThreadCpu(pid);
  const socket = net.connect({ port: Number(port), host: hostname });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  for (const part of messageOf(request)) socket.write(part);
  // Responses are not read: a slow reader must not look like a long request.
  let movedMs = performance.now();
  let beforeCpuMs = 0;
  do {
    await sleep(SAMPLING_MS);
    const [, cpuMs] = busiest(cpuSince(before, readThreadCpu(pid)));
    if (cpuMs > beforeCpuMs + 1) movedMs = performance.now();
    beforeCpuMs = Math.max(beforeCpuMs, cpuMs);
  } while (beforeCpuMs < LEAVES_AFTER_CPU_MS && performance.now() - movedMs < ENDED_MS);
  socket.destroy();
  return beforeCpuMs < LEAVES_AFTER_CPU_MS
    ? { name, beforeCpuMs }
    : { name, beforeCpuMs, after: await watch(pid) };
}

function messageOf({ method = "POST", path, headers, body }: HeavyRequest): (string | Uint8Array)[] {
  const length = body === null ? 0 : Buffer.byteLength(body);
  const all = { Host: "x", Authorization: AUTHORIZATION, "Content-Length": String(length), ...headers };
  const lines = Object.entries(all).map(([header, value]) => `${header}: ${value}\r\n`);
  return [`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, ...(body === null ? [] : [body])];
}

/** From now until all threads are idle: the last time at which one worked, and the most CPU that one took. */
async function watch(pid: number): Promise<{ readonly wallMs: number; readonly cpuMs: number }> {
  const beganMs = performance.now();
  const before = readThreadCpu(pid);
  let [lastMs, lastCpu] = [beganMs, before];
  let wallMs = 0;
  for (;;) {
    await sleep(SAMPLING_MS);
    const nowMs = performance.now();
    const cpu = readThreadCpu(pid);
    if (busiest(cpuSince(lastCpu, cpu))[1] >= IDLE.cpuMs) {
      [lastMs, lastCpu] = [nowMs, cpu];
      wallMs = nowMs - beganMs;
    } else if (nowMs - lastMs > IDLE.windowMs || nowMs - beganMs > LONGEST_WATCH_MS)
      return { wallMs, cpuMs: busiest(cpuSince(before, lastCpu))[1] };
  }
}

/** Waits until no thread works. */
async function idle(pid: number): Promise<void> {
  for (let { wallMs } = await watch(pid); wallMs > 0; { wallMs } = await watch(pid));
}

await main();
