/**
 * Sends heavy requests in a process of its own: ten at a time, each again as soon as it has ended. The argument says which.
 * Prints a line when they are on their way; runs until its standard input ends, then prints how many ended.
 */
import { once } from "node:events";
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
const BEGIN_MS = 1000;

const [url, which] = process.argv.slice(2) as [url: string, which: Heavy];
const nowMs = Date.now();
const requests = requestsOf(which).slice(0, AT_ONCE);
let ended = 0;

function requestsOf(which: Heavy): HeavyRequest[] {
  if (which === "ending") return endingQueries(nowMs);
  if (which === "routes") return heavyRoutes(nowMs);
  const queries = heavyQueries(nowMs);
  return [...queries, ...(which === "queries" ? queries : heavyBodies(nowMs))];
}

async function send({ method = "POST", path, headers, body }: HeavyRequest): Promise<Response> {
  const init = { method, headers: { Authorization: AUTHORIZATION, ...headers }, body };
  return fetch(url + path, init);
}

/** Reads the response without keeping it. */
async function repeat(request: HeavyRequest): Promise<never> {
  for (;;)
    try {
      const response = await send(request);
      for await (const _ of response.body ?? []);
      ended++;
    } catch {
      await sleep(10);
    }
}

if (which === "routes") await send(heavyRules());
for (const request of requests) void repeat(request);
await sleep(BEGIN_MS);
console.log("begun");
await once(process.stdin.resume(), "end");
if (which === "routes") await send({ ...heavyRules(), method: "DELETE", body: null });
console.log(ended);
process.exit(0);
