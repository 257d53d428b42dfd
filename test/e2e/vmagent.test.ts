/** Another sender: VictoriaMetrics' vmagent. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { Child } from "../helpers/child.ts";
import { freePort } from "../helpers/free-port.ts";
import { startHearth, stopCleanly } from "../helpers/hearth-process.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";
import { HARD_SAMPLES, printHardSamples } from "./hard-samples.ts";
import { whyMissing } from "./programs.ts";
import { Prometheus, remoteRead, scrape } from "./prometheus.ts";

const KEY = { accessKeyId: "ak", secret: "s3cret:with/all+of=it" };
const SCRAPES = 8;

const missing = await whyMissing("vmagent", "prometheus");

/** A target that counts its scrapes, so that the test knows what each of them said. */
interface CountingTarget extends AsyncDisposable {
  readonly address: string;
  readonly scrapeCount: number;
  /** From now on it fails. */
  fail(): void;
}

async function startCountingTarget(): Promise<CountingTarget> {
  let scrapeCount = 0;
  let failing = false;
  const server: Server = createServer((_, response) => {
    response.statusCode = failing ? 503 : 200;
    if (!failing) scrapeCount++;
    response.end(failing ? "" : `scrapes_total ${scrapeCount}\n${printHardSamples()}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get scrapeCount() {
      return scrapeCount;
    },
    fail: () => {
      failing = true;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

it("keeps what vmagent sends", { timeout: 120_000, skip: missing ?? false }, async (t) => {
  await using root = await newTemporaryDirectory("vmagent");
  const hearth = await startHearth({
    PORT: "0",
    HEARTH_DATA_DIR: join(root.path, "hearth"),
    HEARTH_ACCESS_KEY_ID: KEY.accessKeyId,
    HEARTH_SECRET_ACCESS_KEY: KEY.secret,
  });
  await using _hearth = hearth.child;
  await using target = await startCountingTarget();
  const configFile = join(root.path, "scrape.yml");
  await writeFile(configFile, JSON.stringify(scrape({ counting: target.address })));
  const start = Date.now() / 1000;
  await using vmagent = new Child("vmagent", [
    `-promscrape.config=${configFile}`,
    `-httpListenAddr=127.0.0.1:${await freePort()}`,
    `-remoteWrite.url=${hearth.url}/api/v1/write`,
    `-remoteWrite.basicAuth.username=${KEY.accessKeyId}`,
    `-remoteWrite.basicAuth.password=${KEY.secret}`,
    `-remoteWrite.tmpDataPath=${join(root.path, "vmagent")}`,
    "-remoteWrite.flushInterval=200ms",
  ]);
  await vmagent.until(`${SCRAPES} scrapes`, async () => target.scrapeCount >= SCRAPES);
  target.fail();

  const reader = await Prometheus.start(join(root.path, "reader"), remoteRead({ url: hearth.url, ...KEY }));
  await using _reader = reader.child;
  const ask = (query: string) => reader.ask({ query, start, end: Math.ceil(Date.now() / 1000) });
  await vmagent.until("sent a failed scrape", async () => (await ask("up == 0")).length > 0);
  await stopCleanly(vmagent);

  const [scrapes] = await ask("scrapes_total[5m]");
  assert.deepEqual(
    scrapes.points.map(([, value]) => value),
    Array.from({ length: target.scrapeCount }, (_, i) => String(i + 1)),
  );
  const now = Date.now() / 1000;
  assert.ok(scrapes.points.every(([time], i, all) => time > (all[i - 1]?.[0] ?? start - 1) && time < now));
  assert.deepEqual(await ask("scrapes_total"), [], "the staleness marker of a failed scrape ends the series");

  const hard = await ask('{__name__=~"hard_.*"}[5m]');
  assert.equal(hard.length, HARD_SAMPLES.length);
  for (const { name, labels, value } of HARD_SAMPLES) {
    const metric = { __name__: name, instance: target.address, job: "counting", ...labels };
    const found = hard.find((series) => isDeepStrictEqual(series.metric, metric));
    // vmagent itself reads -0 as 0.
    const values = scrapes.points.map(() => (value === "-0" ? "0" : value));
    assert.deepEqual(
      found?.points.map(([, text]) => text),
      values,
      JSON.stringify(metric),
    );
  }
  t.diagnostic(
    `${hard.length + 1} series with ${(hard.length + 1) * scrapes.points.length} samples came back the same`,
  );
  await stopCleanly(reader.child);
  await stopCleanly(hearth.child);
});
