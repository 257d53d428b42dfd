/** `hearthdb estimate --prometheus` against the installed Prometheus, which scrapes itself. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { estimateCommand } from "../../cli/estimate/command.ts";
import { freePort } from "../helpers/free-port.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";
import { Prometheus, scrape } from "./prometheus.ts";

/** It scrapes each second; a new configuration counts from 5 s later on. */
const RATE = "rate(prometheus_tsdb_head_samples_appended_total[5s])";

test("series and samples a second are those of a real Prometheus", { timeout: 60_000 }, async () => {
  await using directory = await newTemporaryDirectory("estimate");
  const prometheus = await Prometheus.start(join(directory.path, "prometheus"), scrape({}));
  await using _child = prometheus.child;
  await prometheus.reload(scrape({ prometheus: prometheus.address, other: `127.0.0.1:${await freePort()}` }));
  while ((await prometheus.value(RATE)) === undefined) await sleep(500);
  // The estimate is of all of its life, in whose first seconds it had nothing to scrape.
  await sleep(12_000);
  let printed = "";
  const before = await prometheus.ownMetric("prometheus_tsdb_head_series");
  await estimateCommand({ prometheus: `http://${prometheus.address}`, json: true }, (text) => {
    printed = text;
  });
  const found = JSON.parse(printed);
  // It still gets series of its own, a few at a time.
  const after = await prometheus.ownMetric("prometheus_tsdb_head_series");
  assert.ok(before <= found.series && found.series <= after, `${before} <= ${found.series} <= ${after}`);
  const appended = await prometheus.value(RATE);
  assert.ok(appended !== undefined && appended > 100, `appended=${appended}`);
  const ratio = found.samples_per_second / appended;
  assert.ok(ratio > 0.6 && ratio < 1.4, `${found.samples_per_second} and ${appended} samples a second`);
  assert.equal(found.new_series_per_day, 0);
});
