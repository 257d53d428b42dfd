/** The log line of a query says what was asked, and what it cost. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { QueryGateway } from "../../helpers/query-gateway.ts";

test("the expression, shortened, with its range, units and time", async () => {
  const api = await QueryGateway.open();
  const fields = async (path: string) => {
    await api.fetch(path);
    return api.gateway.lastLine.fields;
  };
  const instant = await fields("/api/v1/query?query=up&time=1");
  assert.equal(instant.query, "up");
  assert.deepEqual([typeof instant.readUnits, typeof instant.durationMs], ["number", "number"]);
  assert.deepEqual([instant.start, instant.end], ["1970-01-01T00:00:01Z", "1970-01-01T00:00:01Z"]);
  const { query, rangeMs, stepMs, start, end } = await fields(
    "/api/v1/query_range?query=up&start=0&end=60&step=15",
  );
  assert.deepEqual([query, rangeMs, stepMs], ["up", 60_000, 15_000]);
  assert.deepEqual([start, end], ["1970-01-01T00:00:00Z", "1970-01-01T00:01:00Z"]);
  const long = await fields(`/api/v1/query?query=${"a".repeat(10_000)}`);
  assert.equal(String(long.query).length, 501);
  const wrong = await fields("/api/v1/query?query=up(");
  assert.deepEqual([wrong.query, wrong.status], ["up(", 400]);
  assert.equal((await fields("/api/v1/query_exemplars?query=up")).query, "up");
  assert.equal((await fields("/api/v1/format_query?query=up")).query, "up");
  const { match } = await fields("/api/v1/series?match[]=a&match[]=b&match[]=c&match[]=d");
  assert.deepEqual(match, ["a", "b", "c"]);
});
