/**
 * `npm run screenshots`: the picture of the explorer in docs/images. Starts Hearth on loopback, sends it a quarter of an
 * hour of the recorded series, opens the page in a headless Chromium and writes a PNG. Needs Debian's package `chromium`.
 */
import { stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { loadRecording } from "../../bench/recorded-series.ts";
import { newWorkload, SCRAPE_INTERVAL_MS } from "../../bench/workload.ts";
import { MINUTE_MS } from "../../lib/model/time.ts";
import { type Page, startBrowser } from "../e2e/browser/browser.ts";
import { pressKey, typeText } from "../e2e/browser/keyboard.ts";
import { whyMissing } from "../e2e/programs.ts";
import { startHearth, stopCleanly } from "../helpers/hearth-process.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";

const ROOT = join(import.meta.dirname, "../..");
const IMAGES = join(ROOT, "docs/images");
/** What a picture may weigh in the repository. */
const MAX_BYTES = 200_000;
/** As long as the recording is: after that its values repeat. */
const SPAN_MS = 15 * MINUTE_MS;

const KEY = { id: "HKSCREENSHOT", secret: "only-for-the-pictures" };
const EXPR = 'sum by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[1m]))';

async function main(): Promise<void> {
  const missing = await whyMissing("chromium");
  if (missing !== undefined) throw new Error(`${missing}; nothing is drawn`);
  await using root = await newTemporaryDirectory("screenshots");
  const env = {
    PORT: "0",
    HEARTH_DATA_DIR: join(root.path, "hearth"),
    HEARTH_ACCESS_KEY_ID: KEY.id,
    HEARTH_SECRET_ACCESS_KEY: KEY.secret,
    LOG_LEVEL: "warn",
  };
  const hearth = await startHearth(env, "node");
  await using _hearth = hearth.child;
  await sendRecording(hearth.url);
  await using browser = await startBrowser();
  const { page } = browser;
  await page.show(`${hearth.url}/#${new URLSearchParams({ expr: EXPR, range: "15m" })}`);
  await logIn(page);
  await page.until("plotted", `document.querySelectorAll(".legend li").length > 1`);
  await page.until("done", `/points/.test(document.querySelector("#status").innerText)`);
  await draw(page, "explorer.png");
  await stopCleanly(hearth.child);
}

/** All recorded series, as a Prometheus would have sent it until now. */
async function sendRecording(url: string): Promise<void> {
  const { title, series } = loadRecording();
  console.log(`${series.length} series of ${title}`);
  const workload = newWorkload(series, series.length, Date.now() - SPAN_MS);
  const headers = {
    Authorization: `Bearer ${KEY.id}:${KEY.secret}`,
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
  };
  for (let interval = 0; interval < SPAN_MS / SCRAPE_INTERVAL_MS; interval++) {
    for (const body of workload.requests(interval)) {
      const response = await fetch(`${url}/api/v1/write`, { method: "POST", headers, body });
      if (!response.ok) throw new Error(`write: status ${response.status}: ${await response.text()}`);
    }
  }
}

/** Types the key into the form, whose first field has the focus. */
async function logIn(page: Page): Promise<void> {
  await page.until("asking for a key", `document.activeElement?.name === "id"`);
  await typeText(page.tools, KEY.id);
  await pressKey(page.tools, "Tab");
  await typeText(page.tools, KEY.secret);
  await pressKey(page.tools, "Enter");
}

async function draw(page: Page, name: string): Promise<void> {
  const file = join(IMAGES, name);
  await page.screenshot(file);
  const { size } = await stat(file);
  console.log(`${relative(ROOT, file)}: ${size} bytes`);
  if (size > MAX_BYTES)
    throw new Error(`${name} has ${size} bytes, at most ${MAX_BYTES} belong into the repository`);
}

await main();
