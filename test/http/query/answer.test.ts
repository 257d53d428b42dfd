/** Printing a response has a time limit of its own, whatever its size, and ends when its client is gone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MatrixSeries } from "../../../lib/promql/engine-interface.ts";
import { QueryGateway, series } from "../../helpers/query-gateway.ts";

const RANGE = "query=up&start=0&end=60&step=15&timeout=50ms";

/** about 27 MB as JSON. Columns are shared, so it takes no memory. */
function largeMatrix(): MatrixSeries[] {
  const one = series(
    {},
    Array.from({ length: 1000 }, (_, i) => [i * 1000, i + 0.5]),
  );
  return Array.from({ length: 2000 }, (_, i) => ({ ...one, labels: [["i", String(i)]] }));
}

for (const encoding of ["identity", "gzip"]) {
  test(`a response that takes longer than the timeout to print is cut, ${encoding}`, async () => {
    const api = await QueryGateway.open();
    api.value = { type: "matrix", series: largeMatrix() };
    // The clock moves a millisecond with each reading.
    const response = await api.fetch(`/api/v1/query_range?${RANGE}`, {
      headers: { "Accept-Encoding": encoding },
    });
    assert.equal(response.status, 200);
    await assert.rejects(response.arrayBuffer());
    const { level, fields } = api.gateway.lastLine;
    assert.deepEqual([level, fields.outcome, fields.errorKind], ["warn", "broken", "timed out"]);
    assert.match(String(fields.error), /timed out in printing its result: it took more than 50 ms/);
  });
}

test("waiting for a client that reads slowly is no time of printing", async () => {
  const api = await QueryGateway.open();
  api.value = { type: "matrix", series: largeMatrix() };
  const response = await api.fetch("/api/v1/query_range?query=up&start=0&end=60&step=15");
  let bytes = 0;
  for await (const piece of response.body!) {
    bytes += piece.length;
    api.gateway.nowMs += 1_000_000;
  }
  assert.ok(bytes > 20e6, `${bytes}`);
  assert.equal(api.gateway.lastLine.fields.outcome, "complete");
});

test("a client that goes away ends the printing, and the log line says so", async () => {
  const api = await QueryGateway.open();
  api.value = { type: "matrix", series: largeMatrix() };
  const response = await api.fetch("/api/v1/query_range?query=up&start=0&end=60&step=15");
  const before = api.gateway.lines.length;
  await response.body!.cancel();
  assert.equal(api.gateway.lines.length, before + 1);
  assert.equal(api.gateway.lastLine.fields.outcome, "client went away");
});

test("HEAD of a large result has its log line", async () => {
  const api = await QueryGateway.open();
  api.value = { type: "matrix", series: largeMatrix() };
  const before = api.gateway.lines.length;
  const response = await api.fetch("/api/v1/query_range?query=up&start=0&end=60&step=15", { method: "HEAD" });
  assert.deepEqual([response.status, await response.text()], [200, ""]);
  assert.equal(api.gateway.lines.length, before + 1);
});
