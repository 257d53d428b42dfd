/** Places of queries that wait for a thread: one tenant never has all of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_WAITING, QueryPool } from "../../../local/workers/query-pool.ts";
import type { ThreadOptions } from "../../../local/workers/route-thread.ts";

/** Threads that never start: what comes waits. */
const NO_THREADS = {
  data: {
    role: "query",
    settings: {},
    env: {},
    endpoint: undefined,
    readerMemoryBytes: 1,
    niceness: 0,
    urgency: "urgent",
  },
  heapMiB: 64,
  onMessage: () => {},
} as unknown as Omit<ThreadOptions, "onDeath">;

const tenantOf = async ({ headers }: Request) => headers.get("X-Scope-OrgID") ?? "";

test("however many queries of one tenant wait, another's finds a place, until all are taken", async () => {
  const pool = new QueryPool(1, NO_THREADS, tenantOf);
  const refused: string[] = [];
  const ask = (tenant: string, count: number) => {
    for (let i = 0; i < count; i++) {
      const request = new Request(`http://h.test/api/v1/query?query=${i}`, {
        headers: { "X-Scope-OrgID": tenant },
      });
      pool.fetch(request).catch((error: Error) => refused.push(`${tenant}: ${error.message}`));
    }
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const half = MAX_WAITING / 2;
  ask("noisy", half + 50);
  await settled();
  // The one that came before any waited is nobody's.
  const whole = `noisy: query: ${half} requests of the tenant wait already; retry`;
  assert.deepEqual(refused, Array(49).fill(whole));
  refused.length = 0;
  ask("quiet", half - 1);
  await settled();
  assert.deepEqual(refused, []);
  ask("third", 1);
  await settled();
  assert.deepEqual(refused, [`third: query: ${MAX_WAITING} requests wait already; retry`]);
  await pool.close();
});
