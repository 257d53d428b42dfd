import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { findKey } from "../../lib/auth/key-store.ts";
import { newMatcher } from "../../lib/model/matcher.ts";
import { Reader } from "../../lib/storage/read/reader.ts";
import { newSelfScrape } from "../../local/self-scrape.ts";
import { ALL_TIME, selectAll } from "../helpers/storage/naive-store.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";
import { TestGateway } from "../helpers/test-gateway.ts";

test("what a Hearth tells of itself is stored through the write route, for tenant default", async () => {
  const gateway = await TestGateway.open();
  const lines: unknown[] = [];
  await using data = await newTemporaryDirectory("self-scrape");
  await mkdir(join(data.path, "dynamodb"));
  await writeFile(join(data.path, "first"), "12345");
  await writeFile(join(data.path, "dynamodb", "second"), "1234567");
  const scrape = newSelfScrape((_level, message, fields) => lines.push([message, fields]), data.path);
  const write = { route: "/api/v1/write", tenant: "shop" };
  const request = scrape.observe("request");
  request(
    { Requests: 1, Samples: 500, WriteUnits: 2 },
    { labels: { ...write, status: "200" }, durationMs: 30, seriesToday: 42 },
  );
  request({ Requests: 1 }, { labels: { ...write, status: "400", error: "invalid" }, durationMs: 2 });
  request({ Requests: 1 }, { labels: { status: "404" }, durationMs: 1 });
  scrape.observe("compaction")({ LagMs: 90_000, Samples: 7 }, { labels: {}, durationMs: 2000 });
  await scrape.start(gateway.app.fetch, gateway.services, "127.0.0.1:9201");
  scrape.stop();
  assert.deepEqual(lines, []);
  const { clock, limits } = gateway.services;
  const reader = new Reader(gateway.table, { tenant: "default", clock, limits, retentionMs: 0 });
  const found = new Map<string, number>();
  for (const { labels, samples } of await selectAll(reader, {
    matchers: [newMatcher("=", "job", "hearth"), newMatcher("=", "instance", "127.0.0.1:9201")],
    ...ALL_TIME,
  })) {
    const { __name__: name, source = "", route, status, error, le, ...others } = Object.fromEntries(labels);
    if (source !== "")
      assert.deepEqual(
        Object.keys(others).filter((label) => label !== "tenant"),
        ["instance", "job"],
      );
    const key = [name, source, route, status, error, le].filter((part) => part !== undefined).join(" ");
    found.set(key, new Float64Array(BigUint64Array.of(samples[0][1]).buffer)[0]);
  }
  const expected = {
    "up ": 1,
    "hearth_requests_total request /api/v1/write 200": 1,
    "hearth_requests_total request /api/v1/write 400 invalid": 1,
    "hearth_requests_total request 404": 1,
    "hearth_samples_total request /api/v1/write 200": 500,
    "hearth_write_units_total request /api/v1/write 200": 2,
    "hearth_samples_total compaction": 7,
    "hearth_compaction_lag_seconds ": 90,
    "hearth_data_bytes ": 12,
    "hearth_series_today ": 42,
    "hearth_duration_seconds_bucket request /api/v1/write 0.005": 1,
    "hearth_duration_seconds_bucket request /api/v1/write 0.05": 2,
    "hearth_duration_seconds_sum request /api/v1/write": 0.032,
    "hearth_duration_seconds_count compaction": 1,
  };
  for (const [key, value] of Object.entries(expected)) assert.equal(found.get(key), value, key);
  assert.ok(found.get("process_resident_memory_bytes ")! > 10_000_000);
  const metadata = await reader.metadata();
  const typeOf = (metric: string) => metadata.get(metric)?.map(({ type }) => type);
  assert.deepEqual(typeOf("hearth_requests_total"), ["counter"]);
  assert.deepEqual(typeOf("hearth_compaction_lag_seconds"), ["gauge"]);
  assert.deepEqual(typeOf("hearth_duration_seconds"), ["histogram"]);
  const key = await findKey(gateway.table, "HKSELFSCRAPE");
  assert.deepEqual(key?.scopes, ["write"]);
});

test("a table that is away is a line in the log, and nothing else", async () => {
  const gateway = await TestGateway.open();
  const lines: string[] = [];
  const scrape = newSelfScrape((level, message) => lines.push(`${level} ${message}`));
  gateway.table.failOnce(4);
  await scrape.start(gateway.app.fetch, gateway.services, "127.0.0.1:9201");
  scrape.stop();
  assert.deepEqual(lines, ["warn self-scrape"]);
});
