/** A query that passes the time limit of its own request is the request's, not an error of Hearth's. */
import assert from "node:assert/strict";
import test from "node:test";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import { basic, TestGateway } from "../helpers/test-gateway.ts";

/** Its clock goes on a millisecond each time it is read. */
async function openGateway(): Promise<TestGateway> {
  const gateway = await TestGateway.open();
  addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS));
  return gateway;
}

const PATHS = [
  "/api/v1/query?query=vector(1)%2B1&timeout=1ms",
  "/api/v1/query_range?query=vector(1)&start=0&end=60&step=1&timeout=1ms",
];

for (const path of PATHS) {
  for (const method of ["GET", "HEAD"]) {
    test(`${method} ${path} is 503, and a warning in the log`, async () => {
      const gateway = await openGateway();
      const response = await gateway.fetch(path, { method, headers: { Authorization: basic("HKA") } });
      assert.equal(response.status, 503);
      const text = await response.text();
      if (method === "GET") assert.match(text, /"errorType":"timeout".*more than 1 ms/);
      assert.equal(gateway.lastLine.level, "warn");
      assert.equal(gateway.lastLine.fields.errorKind, "timed out");
      assert.ok(!("ServerErrors" in gateway.metrics.at(-1)!), JSON.stringify(gateway.metrics.at(-1)));
    });
  }
}
