/** Cardinality in Mimir's shapes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { forEachCounted } from "../../lib/http/cardinality/counted-series.ts";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import { DAY_MS } from "../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import { Engine, MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { basic, TestGateway } from "../helpers/test-gateway.ts";
import { compressedBody, series } from "../helpers/write-requests.ts";

async function openGateway() {
  const gateway = await TestGateway.open();
  gateway.nowMs = MIDNIGHT_MS - DAY_MS;
  addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS));
  const write = async (...all: Parameters<typeof compressedBody>[0]) =>
    assert.equal((await gateway.post("/api/v1/write", compressedBody(all))).status, 200);
  await write(series("old", { job: "gone" }, [MIDNIGHT_MS - DAY_MS, 1]));
  gateway.nowMs = MIDNIGHT_MS;
  const instances = ["a", "b", "c"].map((instance) =>
    series("up", { job: "api", instance }, [MIDNIGHT_MS, 1]),
  );
  await write(
    ...instances,
    series("up", { job: "db" }, [MIDNIGHT_MS, 1]),
    series("load", { job: "db" }, [MIDNIGHT_MS, 1]),
  );
  return async (path: string) => {
    const response = await gateway.fetch(`/api/v1/cardinality/${path}`, {
      headers: { Authorization: basic("HKA") },
    });
    return [response.status, await response.json()] as const;
  };
}

test("label names with their numbers of values, most first, of today", async () => {
  const ask = await openGateway();
  assert.deepEqual(await ask("label_names?limit=2"), [
    200,
    {
      label_values_count_total: 7,
      label_names_count: 3,
      cardinality: [
        { label_name: "instance", label_values_count: 3 },
        { label_name: "__name__", label_values_count: 2 },
      ],
    },
  ]);
  const [, ofSelector] = await ask(
    `label_names?selector=${encodeURIComponent('{job="db"}')}&count_method=active`,
  );
  assert.deepEqual(ofSelector, {
    label_values_count_total: 3,
    label_names_count: 2,
    cardinality: [
      { label_name: "__name__", label_values_count: 2 },
      { label_name: "job", label_values_count: 1 },
    ],
  });
  const [, yesterday] = await ask(`label_names?start=${(MIDNIGHT_MS - DAY_MS) / 1000}`);
  assert.equal((yesterday as { label_values_count_total: number }).label_values_count_total, 9);
});

test("values of labels with their numbers of series", async () => {
  const ask = await openGateway();
  assert.deepEqual(
    await ask("label_values?label_names[]=job&label_names[]=instance&label_names[]=none&limit=1"),
    [
      200,
      {
        series_count_total: 5,
        labels: [
          {
            label_name: "job",
            label_values_count: 2,
            series_count: 5,
            cardinality: [{ label_value: "api", series_count: 3 }],
          },
          {
            label_name: "instance",
            label_values_count: 3,
            series_count: 3,
            cardinality: [{ label_value: "a", series_count: 1 }],
          },
          { label_name: "none", label_values_count: 0, series_count: 0, cardinality: [] },
        ],
      },
    ],
  );
});

test("active series of a selector", async () => {
  const ask = await openGateway();
  assert.deepEqual(await ask(`active_series?selector=${encodeURIComponent('up{job="db"}')}`), [
    200,
    { data: [{ __name__: "up", job: "db" }] },
  ]);
});

test("bad parameters are refused", async () => {
  const ask = await openGateway();
  for (const [path, error] of [
    ["label_names?limit=501", /cannot be greater than '500'/],
    ["label_names?limit=-1", /cannot be less than '0'/],
    ["label_names?limit=x", /strconv.Atoi/],
    ["label_names?count_method=guess", /invalid 'count_method' param "guess"/],
    ["label_names?selector={", /parse error/],
    ["label_values", /'label_names\[\]' param is required/],
    ["active_series", /missing required parameter "selector"/],
  ] as const) {
    const [status, body] = await ask(path);
    assert.equal(status, 400, path);
    assert.match((body as { error: string }).error, error);
  }
});

test("more series than are counted end the reading, and say so", async () => {
  const engine = new Engine();
  const names = Array.from({ length: 6000 }, (_, i) => series("m", { i: String(i) }, [MIDNIGHT_MS, 1]));
  await engine.append(engine.newWriters(), names);
  const request = { source: engine.reader(), signal: new AbortController().signal, setPhase: () => {} };
  const everything = { matchers: [], minTime: MIDNIGHT_MS, maxTime: MIDNIGHT_MS };
  let counted = 0;
  assert.equal(await forEachCounted(request, everything, () => counted++, 5500), true);
  assert.equal(counted, 5500);
  counted = 0;
  assert.equal(await forEachCounted(request, everything, () => counted++, 6000), false);
  assert.equal(counted, 6000);
});
