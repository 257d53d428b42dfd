/** Grafana's dashboard of Hearth itself: it asks for nothing that `npm start` does not tell, at the prices of the benchmark. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { API_REQUESTS_MILLION, LAMBDA_REQUESTS_MILLION, TABLE_PRICES } from "../../lib/cost/aws-prices.ts";
import { parseExpr } from "../../lib/promql/parse/parse-expr.ts";
import { dashboard, filledIn, RATE_INTERVAL } from "../helpers/dashboard.ts";
import { startHearth, stopCleanly } from "../helpers/hearth-process.ts";
import { pushSeries, readSeries } from "../helpers/remote-client.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";

const provisioned = readFileSync(new URL("../../grafana/hearth.yaml", import.meta.url), "utf8");
const SCRAPE_SECONDS = Number(/timeInterval: (\d+)s/.exec(provisioned)![1]);

const targets = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map((target) => ({ title, ...target })),
);

/** With everything chosen. */
const queries = targets.map(({ title, expr }) => ({ title, expr: filledIn(expr) }));

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values?: readonly (readonly [time: number, value: string])[];
}

const KEY = { accessKeyId: "ak", secret: "s3cret-of-a-test" };
const Authorization = `Basic ${btoa(`${KEY.accessKeyId}:${KEY.secret}`)}`;

test("every query parses, and no variable is left in it", () => {
  assert.equal(RATE_INTERVAL, `${(4 * SCRAPE_SECONDS) / 60}m`);
  assert.ok(queries.length >= 15);
  for (const { title, expr } of queries) {
    assert.doesNotMatch(expr, /\$/, title);
    assert.doesNotThrow(() => parseExpr(expr), title);
  }
});

test("prices are those of the benchmark", () => {
  const priced = queries.map(({ expr }) => expr).filter((expr) => expr.includes("1e6"));
  const millionCosts = {
    hearth_write_units_total: `${TABLE_PRICES.STANDARD.writeUnitsMillion}`,
    hearth_read_units_total: `${TABLE_PRICES.STANDARD.readUnitsMillion}`,
    hearth_requests_total: `(${API_REQUESTS_MILLION} + ${LAMBDA_REQUESTS_MILLION})`,
  };
  for (const [metric, price] of Object.entries(millionCosts)) {
    const found = priced.filter((expr) => expr.includes(metric));
    // In sums of everything and by tenant, and by itself.
    assert.ok(found.length >= 3, metric);
    for (const expr of found) {
      const [, factor] =
        new RegExp(`${metric}{[^}]*}\\[1m\\]\\)+ \\* (\\([^)]*\\)|[\\d.]+)`).exec(expr) ?? [];
      assert.equal(factor, price, expr);
    }
  }
});

test("panels have names, numbers and places of their own", () => {
  const { panels } = dashboard;
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  );
  assert.equal(new Set(cells).size, cells.length);
  assert.ok(panels.every(({ gridPos: { x, w } }) => x + w <= 24));
});

test("every query and variable has an answer from npm start, after some traffic and a compaction", async () => {
  await using root = await newTemporaryDirectory("dashboard");
  const env = {
    HEARTH_DATA_DIR: join(root.path, "data"),
    PORT: "0",
    HEARTH_ACCESS_KEY_ID: KEY.accessKeyId,
    HEARTH_SECRET_ACCESS_KEY: KEY.secret,
  };
  const { child, url } = await startHearth(env, "node", []);
  await using _child = child;
  const ask = async (path: string, form: Record<string, string> = {}) => {
    const response = await fetch(`${url}/api/v1/${path}`, {
      method: "POST",
      body: new URLSearchParams(form),
      headers: { Authorization },
    });
    const { data } = (await response.json()) as { data?: { result?: Series[] } };
    return data?.result ?? [];
  };
  const target = { url, ...KEY };
  const now = Date.now();
  const labels = { __name__: "test" };
  assert.equal(await pushSeries(target, [{ labels, samples: [{ timestamp: now, value: 1 }] }]), 200);
  const early = [{ timestamp: now + 3_600_000, value: 1 }];
  assert.equal(await pushSeries(target, [{ labels, samples: early }]), 400);
  assert.equal(await pushSeries({ ...target, secret: "wrong" }, []), 401);
  await readSeries(target, { name: "__name__", value: "test" }, now, now);
  assert.equal((await ask("query", { query: "test" })).length, 1);
  await ask("labels");

  // Two scrapes after what they tell of: the second comes five seconds after the start, the third fifteen later.
  let waiting = queries;
  await child.until("an answer to every query", async () => {
    const answers = await Promise.all(waiting.map(({ expr }) => ask("query", { query: expr })));
    waiting = waiting.filter((_, i) => answers[i].length === 0);
    return waiting.length === 0;
  });
  const values: Record<string, readonly string[]> = {};
  for (const { name, query: asked } of dashboard.templating.list) {
    if (typeof asked === "string") continue; // The data source itself.
    const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(asked.query) ?? [];
    const query = new URLSearchParams({ "match[]": metric });
    const response = await fetch(`${url}/api/v1/label/${label}/values?${query}`, {
      headers: { Authorization },
    });
    const { data } = (await response.json()) as { data: string[] };
    assert.ok(data.length > 0, name);
    values[name] = data;
  }
  assert.deepEqual(Object.keys(values).sort(), ["instance", "tenant"]);
  // As Grafana draws the last half an hour: everything chosen, each value by name, and these one by one.
  const [instance] = values.instance;
  const choices = [{}, values, { instance: [instance], tenant: ["default"] }, { instance: ["no", instance] }];
  const end = Date.now() / 1000;
  const span = { start: String(end - 1800), end: String(end), step: String(SCRAPE_SECONDS) };
  for (const { title, refId, expr, legendFormat } of targets) {
    for (const chosen of choices) {
      const query = filledIn(expr, chosen);
      const series = await ask("query_range", { query, ...span });
      // Between two scrapes no run has ended yet, so there is nothing to take a quantile of.
      const mayBeNaN = query.includes('source="compaction"');
      const isDrawn = ({ values }: Series) =>
        values!.some(([, value]) => mayBeNaN || Number.isFinite(Number(value)));
      assert.ok(series.some(isDrawn), `${title} ${refId}: ${query}`);
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
        assert.ok(
          series.some(({ metric }) => Object.hasOwn(metric, label)),
          `${title} ${refId}: ${label}`,
        );
    }
  }
  const none = await ask("query_range", { query: filledIn(targets[0].expr, { tenant: ["no"] }), ...span });
  assert.deepEqual(none, []);
  const errors = await ask("query", {
    query: 'sum by (status, error) (hearth_requests_total{status=~"4.."})',
  });
  const kinds = errors.map(({ metric }) => metric);
  assert.deepEqual(kinds.map(({ status, error }) => `${status} ${error}`).sort(), [
    "400 invalid",
    "401 unauthenticated",
  ]);
  await stopCleanly(child);
});
