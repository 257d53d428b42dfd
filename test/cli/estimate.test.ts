/** `hearthdb estimate`: its numbers from flags and from a server that responds as Prometheus does. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { type EstimateOptions, estimateCommand } from "../../cli/estimate/command.ts";

async function estimate(options: EstimateOptions): Promise<string> {
  let printed = "";
  await estimateCommand(options, (text) => {
    printed += text;
  });
  return printed;
}

const asJson = async (options: EstimateOptions) => JSON.parse(await estimate({ ...options, json: true }));

test("a load in flags: series and interval, or samples a second", async () => {
  const byInterval = await asJson({ series: "10000", interval: "15s" });
  assert.equal(Math.round(byInterval.samples_per_month / 1e6), 1728);
  assert.equal(byInterval.samples_per_request, 10_000);
  const byRate = await asJson({ series: "10000", "samples-per-second": String(10_000 / 15) });
  assert.deepEqual(byRate.hearth, byInterval.hearth);
  const small = await asJson({ series: "100", interval: "30s" });
  assert.equal(small.samples_per_request, 50);
});

test("four modes and three services, each the sum of its parts", async () => {
  const { hearth, services } = await asJson({ series: "100000" });
  assert.deepEqual(
    hearth.map((mode: Record<string, string>) => `${mode.capacity} ${mode.table_class}`),
    [
      "on-demand STANDARD",
      "provisioned STANDARD",
      "on-demand STANDARD_INFREQUENT_ACCESS",
      "provisioned STANDARD_INFREQUENT_ACCESS",
    ],
  );
  assert.equal(services.length, 3);
  for (const { usd_per_month, usd_by_part } of [...hearth, ...services]) {
    const sum = Object.values<number>(usd_by_part).reduce((all, one) => all + one, 0);
    assert.ok(Math.abs(sum - usd_per_month) < 1e-9 && sum > 0);
  }
  // Units a second are what provisioned capacity saves on, from some size on.
  assert.ok(hearth[1].usd_by_part.dynamodbWrite < hearth[0].usd_by_part.dynamodbWrite / 2);
});

test("longer retention and more panels cost more, larger requests less", async () => {
  const dollars = async (options: EstimateOptions) =>
    (await asJson({ series: "10000", ...options })).hearth[0].usd_per_month;
  const usual = await dollars({});
  assert.ok((await dollars({ "retention-days": "365" })) > usual);
  assert.ok((await dollars({ "panels-per-day": "100000" })) > usual);
  assert.ok((await dollars({ "samples-per-request": "500" })) > usual);
  assert.ok((await dollars({ "new-series-per-day": "50000" })) > usual);
  assert.ok((await dollars({ "write-function-url": true })) < usual);
});

test("for people: what is assumed, a line for each part, sums, others", async () => {
  const text = await estimate({ series: "10000" });
  assert.match(text, /^10,000 series, 667 samples a second \(1,728 million a month\), 0 new series a day/);
  assert.match(text, /^\$ a month with Hearth +on demand +provisioned +on demand, IA +provisioned, IA$/m);
  assert.match(text, /^point-in-time recovery +\d/m);
  assert.match(text, /^Amazon Managed Service for Prometheus +155\.52 /m);
});

test("what cannot be is refused with the option's name", async () => {
  const CASES: readonly (readonly [EstimateOptions, RegExp])[] = [
    [{}, /^estimate: expected --prometheus URL, or --series N/],
    [{ series: "many" }, /^--series many: expected a number from 1$/],
    [{ series: "0" }, /^--series 0: expected a number from 1$/],
    [{ series: "10", interval: "fast" }, /^--interval fast: expected a duration above 0/],
    [{ series: "10", interval: "15s", "samples-per-second": "3" }, /^--interval: --samples-per-second/],
    [{ series: "10", "retention-days": "0" }, /^--retention-days 0: expected a number from 1$/],
    [{ series: "10", "samples-per-second": "0" }, /^--samples-per-second 0: expected a number above 0$/],
    [{ prometheus: "localhost" }, /^--prometheus localhost: expected an http or https URL/],
    [{ prometheus: "http://127.0.0.1:9", series: "3" }, /^--series: --prometheus reads it/],
  ];
  for (const [options, message] of CASES)
    await assert.rejects(
      estimate(options),
      { name: "HearthError", kind: "invalid", message },
      String(message),
    );
});

/** Responds to queries by what they begin with; counts nothing else as Prometheus. */
async function withPrometheus(
  answers: Readonly<Record<string, unknown>>,
  work: (url: string, asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url!, "http://localhost");
    const query = url.searchParams.get("query") ?? url.pathname;
    asked.push(`${request.headers.authorization ?? ""} ${query}`.trim());
    const key = Object.keys(answers).find((one) => query.startsWith(one));
    const data = key === undefined ? { resultType: "vector", result: [] } : answers[key];
    if (data === "error") response.statusCode = 422;
    const body =
      data === "error" ? { status: "error", error: "too many samples" } : { status: "success", data };
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked);
  } finally {
    await new Promise((resolve) => void server.close(resolve));
  }
}

const vector = (value: number, metric = {}) => ({
  resultType: "vector",
  result: [{ metric, value: [0, String(value)] }],
});

const SELF = { __name__: "prometheus_tsdb_head_series", instance: "a:9090", job: "prometheus" };
const SERVER = {
  "/api/v1/status/tsdb": { headStats: { numSeries: 5000 } },
  prometheus_tsdb_head_series: {
    resultType: "vector",
    result: [
      { metric: { ...SELF, instance: "b:9090" }, value: [0, "90000"] },
      { metric: SELF, value: [0, "4990"] },
    ],
  },
  "sum(rate(prometheus_tsdb_head_samples_appended_total": vector(333),
  "time() - process_start_time_seconds": vector(1e7),
  "increase(prometheus_tsdb_head_series_created_total": vector(700),
};

test("a server's series, samples and new series, of its own metrics among others'", async () => {
  await withPrometheus(SERVER, async (url, asked) => {
    const found = await asJson({ prometheus: `${url}/` });
    assert.equal(found.series, 5000);
    assert.equal(found.samples_per_second, 333);
    assert.equal(found.new_series_per_day, 700);
    assert.ok(
      asked.includes(
        'increase(prometheus_tsdb_head_series_created_total{instance="a:9090",job="prometheus"}[86400s])',
      ),
    );
  });
});

test("a server that does not scrape itself: samples by its scrapes; new series are unknown, or said", async () => {
  const { prometheus_tsdb_head_series: _, ...others } = SERVER;
  const scraped = {
    ...others,
    "sum(sum_over_time(scrape_samples_post_metric_relabeling[300s])": vector(3000),
  };
  await withPrometheus(scraped, async (url) => {
    const unknown = await asJson({ prometheus: url });
    assert.equal(unknown.samples_per_second, 10);
    assert.equal(unknown.new_series_per_day, 0);
    assert.match(unknown.notes[1], /^new series a day: taken for 0/);
    assert.equal((await asJson({ prometheus: url, "new-series-per-day": "30" })).new_series_per_day, 30);
  });
  await withPrometheus(others, async (url) => {
    await assert.rejects(estimate({ prometheus: url }), { kind: "invalid", message: /has scraped nothing/ });
  });
});

test("a server that started within the day: the series of its start are not new", async () => {
  const young = { ...SERVER, "time() - process_start_time_seconds": vector(3900) };
  await withPrometheus(young, async (url, asked) => {
    const found = await asJson({ prometheus: url });
    assert.equal(found.new_series_per_day, (700 * 86_400) / 3600);
    assert.ok(asked.some((one) => one.endsWith("[3600s])")));
  });
  const newborn = { ...SERVER, "time() - process_start_time_seconds": vector(20) };
  await withPrometheus(newborn, async (url, asked) => {
    assert.equal((await asJson({ prometheus: url })).notes.length, 2);
    assert.ok(asked.some((one) => one.includes("[20s]")));
  });
});

test("credentials go to the server, and nothing that is not a Prometheus passes for one", async () => {
  await withPrometheus(SERVER, async (url, asked) => {
    await estimate({ prometheus: url.replace("//", "//user:secret@") });
    assert.ok(
      asked.every((one) => one.startsWith(`Basic ${Buffer.from("user:secret").toString("base64")} `)),
    );
  });
  await withPrometheus({ "/api/v1/status/tsdb": {} }, async (url) => {
    await assert.rejects(estimate({ prometheus: url }), {
      kind: "invalid",
      message: /no headStats\.numSeries/,
    });
  });
  await assert.rejects(estimate({ prometheus: "http://127.0.0.1:9" }), {
    kind: "unavailable",
    message: /^--prometheus: http:\/\/127\.0\.0\.1:9\/api\/v1\/status\/tsdb: no response: /,
  });
});
