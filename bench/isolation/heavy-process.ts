/**
 * Sends heavy requests in a process of its own: ten at a time, each again as soon as it has ended. The argument says which.
 * Prints a line when they are on their way; runs until its standard input ends, then prints how many ended.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type HeavyRequest, heavyBodies, heavyQueries } from "./heavy.ts";
import { AUTHORIZATION } from "./server.ts";

export type Heavy = "queries" | "bodies";

const AT_ONCE = 10;
/** The server has begun them by then. */
const BEGIN_MS = 1000;

const [url, which] = process.argv.slice(2) as [url: string, which: Heavy];
const nowMs = Date.now();
const queries = heavyQueries(nowMs);
const requests = [...queries, ...(which === "queries" ? queries : heavyBodies(nowMs))].slice(0, AT_ONCE);
let ended = 0;

async function repeat({ path, headers, body }: HeavyRequest): Promise<never> {
  for (;;)
    try {
      const init = { method: "POST", headers: { ...headers, Authorization: AUTHORIZATION }, body };
      await (await fetch(url + path, init)).arrayBuffer();
      ended++;
    } catch {
      await sleep(10);
    }
}

for (const request of requests) void repeat(request);
await sleep(BEGIN_MS);
console.log("begun");
await once(process.stdin.resume(), "end");
console.log(ended);
process.exit(0);
