import assert from "node:assert/strict";
import { test } from "node:test";
import { findKey } from "../../lib/auth/key-store.ts";
import { newMatcher } from "../../lib/model/matcher.ts";
import { Reader } from "../../lib/storage/reader.ts";
import { newSelfScrape } from "../../local/self-scrape.ts";
import { ALL_TIME, selectAll } from "../helpers/naive-store.ts";
import { TestGateway } from "../helpers/test-gateway.ts";

test("what a Hearth tells of itself is stored through the write route, for tenant default", async () => {
  const gateway = await TestGateway.open();
  const lines: unknown[] = [];
  const scrape = newSelfScrape((_level, message, fields) => lines.push([message, fields]));
  scrape.observe("request")({ Requests: 1, Samples: 500, WriteUnits: 2 });
  scrape.observe("request")({ Requests: 1 });
  scrape.observe("compaction")({ LagMs: 90_000, Samples: 7 });
  await scrape.start(gateway.app, gateway.services, "127.0.0.1:9201");
  scrape.stop();
  assert.deepEqual(lines, []);
  const { clock, limits } = gateway.services;
  const reader = new Reader(gateway.table, { tenant: "default", clock, limits, retentionMs: 0 });
  const found = new Map<string, number>();
  for (const { labels, samples } of await selectAll(reader, {
    matchers: [newMatcher("=", "job", "hearth"), newMatcher("=", "instance", "127.0.0.1:9201")],
    ...ALL_TIME,
  })) {
    const { __name__: name, source = "" } = Object.fromEntries(labels);
    found.set(`${name} ${source}`, new Float64Array(BigUint64Array.of(samples[0][1]).buffer)[0]);
  }
  assert.equal(found.get("hearth_requests_total request"), 2);
  assert.equal(found.get("hearth_samples_total request"), 500);
  assert.equal(found.get("hearth_samples_total compaction"), 7);
  assert.equal(found.get("hearth_compaction_lag_seconds "), 90);
  assert.ok(found.get("process_resident_memory_bytes ")! > 10_000_000);
  const key = await findKey(gateway.table, "HKSELFSCRAPE");
  assert.deepEqual(key?.scopes, ["write"]);
});

test("a table that is away is a line in the log, and nothing else", async () => {
  const gateway = await TestGateway.open();
  const lines: string[] = [];
  const scrape = newSelfScrape((level, message) => lines.push(`${level} ${message}`));
  gateway.table.failOnce(4);
  await scrape.start(gateway.app, gateway.services, "127.0.0.1:9201");
  scrape.stop();
  assert.deepEqual(lines, ["warn self-scrape"]);
});
