/** `npm start` beside requests that compute for long, take much memory, or whose clients go away. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { pushSeries, type Target } from "../../helpers/remote-client.ts";
import { startPeerHearth } from "../../peers/peer-hearth.ts";

/** Takes minutes unless it is ended; no data are needed for it. */
const ENDLESS = "quantile_over_time(0.5, (vector(time() * 7919) % 104729)[1000000s:1s])";

function ask(target: Target, path: string, form: Record<string, string>, signal?: AbortSignal) {
  const authorization = `Basic ${Buffer.from(`${target.accessKeyId}:${target.secret}`).toString("base64")}`;
  return fetch(`${target.url}${path}`, {
    method: "POST",
    body: new URLSearchParams(form),
    headers: { authorization },
    signal: signal ?? null,
  });
}

const range = (query: string) => ({ query, start: "1796000000", end: "1796030000", step: "10" });

it("goes on while heavy queries run, and after their clients have gone", { timeout: 240_000 }, async (t) => {
  await using hearth = await startPeerHearth("isolation");
  const { target } = hearth;
  const gone = new AbortController();
  // One thread fewer than there are.
  let running = 3;
  const heavy = Array.from({ length: 3 }, () =>
    ask(target, "/api/v1/query_range", range(ENDLESS), gone.signal)
      .then((response) => response.text())
      .catch(() => {})
      .finally(() => running--),
  );

  await t.test("writes, small queries and health checks are answered before them", async () => {
    for (let i = 0; i < 5; i++) {
      const sample = { timestamp: Date.now(), value: i };
      assert.equal(
        await pushSeries(target, [{ labels: { __name__: "up", i: String(i) }, samples: [sample] }]),
        200,
      );
      const response = await ask(target, "/api/v1/query", { query: `up{i="${i}"}` });
      assert.equal(response.status, 200);
      const answer = (await response.json()) as { data: { result: unknown[] } };
      assert.equal(answer.data.result.length, 1);
      assert.equal((await fetch(`${target.url}/-/ready`)).status, 200);
    }
    assert.equal(running, 3, "all three still run");
  });

  await t.test("small queries are answered beside more heavy ones than there are threads", async () => {
    const more = Array.from({ length: 6 }, () => {
      running++;
      return ask(target, "/api/v1/query_range", range(ENDLESS), gone.signal)
        .then((response) => response.text())
        .catch(() => {})
        .finally(() => running--);
    });
    heavy.push(...more);
    // All of them have begun, or wait.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const began = performance.now();
    for (let i = 0; i < 5; i++) {
      const response = await ask(target, "/api/v1/query", { query: `up{i="${i}"}` });
      assert.equal(response.status, 200);
      assert.equal(((await response.json()) as { data: { result: unknown[] } }).data.result.length, 1);
    }
    // Each heavy one runs for 25 s: without a thread for short ones all of them would have ended first.
    assert.ok(running >= 6, `${running} heavy queries left after ${performance.now() - began} ms`);
  });

  await t.test("threads whose clients are gone take other queries", async () => {
    gone.abort();
    await Promise.all(heavy);
    // More at once than there are threads.
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => ask(target, "/api/v1/query", { query: "count(up)" })),
    );
    for (const answer of answers) assert.equal(answer.status, 200);
  });
  await hearth.stop();
});
