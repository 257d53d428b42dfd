/**
 * Sends heavy requests in a process of its own: ten at a time, each again as soon as it has ended. The argument says which.
 * The line `begin` on standard input starts them, and `pause` closes their connections. Prints `begun` once the server has
 * them, then how many ended. The process is started before anything is measured, so that a slice costs no start.
 */
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import {
  endingQueries,
  type HeavyRequest,
  heavyBodies,
  heavyQueries,
  heavyRoutes,
  heavyRules,
} from "./heavy.ts";
import { AUTHORIZATION } from "./server.ts";

export type Heavy = "queries" | "ending" | "bodies" | "routes";

const AT_ONCE = 10;
/** The server has begun them by then. */
const BEGIN_MS = 500;
/** Between two failures of one request. */
const RETRY_MS = 10;

const [url, which] = process.argv.slice(2) as [url: string, which: Heavy];
const bodies = which === "bodies" ? heavyBodies(Date.now()) : [];

function requestsAt(nowMs: number): HeavyRequest[] {
  if (which === "ending") return endingQueries(nowMs);
  if (which === "routes") return heavyRoutes(nowMs);
  const queries = heavyQueries(nowMs);
  return [...queries, ...(which === "queries" ? queries : bodies)].slice(0, AT_ONCE);
}

async function send(request: HeavyRequest, signal?: AbortSignal): Promise<Response> {
  const { method = "POST", path, headers, body } = request;
  const init = { method, headers: { Authorization: AUTHORIZATION, ...headers }, body };
  return fetch(url + path, { ...init, signal: signal ?? null });
}

/** Throws if they are refused: nothing else would show that they are not evaluated. */
async function changeRules(change: HeavyRequest): Promise<void> {
  const response = await send(change);
  if (!response.ok) throw new Error(`rules: status ${response.status}: ${await response.text()}`);
}

/** Reads each response without keeping it. Resolves to how many ended before `signal` aborted. */
async function repeat(request: HeavyRequest, signal: AbortSignal): Promise<number> {
  for (let ended = 0; ; ) {
    if (signal.aborted) return ended;
    try {
      const response = await send(request, signal);
      for await (const _ of response.body ?? []);
      ended++;
    } catch {
      await sleep(RETRY_MS);
    }
  }
}

/** Resolves to what ends them, which resolves to how many ended by themselves. */
async function begin(): Promise<() => Promise<number>> {
  const gone = new AbortController();
  if (which === "routes") await changeRules(heavyRules());
  const all = requestsAt(Date.now()).map((request) => repeat(request, gone.signal));
  await sleep(BEGIN_MS);
  return async () => {
    gone.abort();
    if (which === "routes") await changeRules({ ...heavyRules(), method: "DELETE", body: null });
    return (await Promise.all(all)).reduce((sum, one) => sum + one, 0);
  };
}

let pause = async () => 0;
for await (const line of createInterface(process.stdin))
  if (line === "begin") {
    pause = await begin();
    console.log("begun");
  } else console.log(await pause());
process.exit(0);
