/**
 * Pictures of the explorer's query page, of a quarter of an hour of the recorded series: in docs/images, and for people in
 * .cache/screenshots/pages.
 */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { SCRAPE_INTERVAL_MS } from "../../bench/workload.ts";
import { MINUTE_MS } from "../../lib/model/time.ts";
import { type Page, startBrowser } from "../e2e/browser/browser.ts";
import { type Box, signIn } from "../e2e/browser/explorer-page.ts";
import { moveTo } from "../e2e/browser/mouse.ts";
import { stopCleanly } from "../helpers/hearth-process.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";
import { drawPicture } from "./picture.ts";
import { KEY, recordedScrapes, startForPictures } from "./recorded-hearth.ts";

const FOR_PEOPLE = join(import.meta.dirname, "../../.cache/screenshots/pages");
/** As long as the recording is: after that its values repeat. */
const SPAN_MS = 15 * MINUTE_MS;
const CPU = 'sum by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[1m]))';
const LATENCY = "sum by (le) (rate(demo_api_request_duration_seconds_bucket[1m]))";
const QUERY = {
  "g0.expr": CPU,
  "g0.mode": "stacked",
  "g1.expr": LATENCY,
  "g1.mode": "heatmap",
  range: "14m",
};
const EXPLAIN = { "g0.expr": `${CPU} / 2`, "g0.tab": "explain", range: "14m" };
const WIDE = { width: 1280, height: 1220, deviceScaleFactor: 1, mobile: false };
const PHONE = { width: 390, height: 844, deviceScaleFactor: 1, mobile: true };
const SCHEMES = ["light", "dark"] as const;
/** Curves of lists arrive one after the other. */
const SETTLE_MS = 1500;

export async function drawExplorer(): Promise<void> {
  await using root = await newTemporaryDirectory("screenshots");
  const hearth = await startForPictures(root.path);
  await using _hearth = hearth.child;
  const send = recordedScrapes(Date.now() - SPAN_MS);
  for (let scrape = 0; scrape < SPAN_MS / SCRAPE_INTERVAL_MS; scrape++) await send(hearth.url, scrape);
  await using browser = await startBrowser();
  const { page } = browser;
  await page.show(hearth.url);
  await signIn(page, { url: hearth.url, accessKeyId: KEY.id, secret: KEY.secret });
  const show = async (parameters: Record<string, string>) => {
    await page.until("signed in", `document.querySelector("#main")`);
    // A page that is loaded with its question does not list what is arriving.
    await page.show("about:blank");
    await page.show(`${hearth.url}/#/query?${new URLSearchParams(parameters)}`);
    await page.until("loaded", `document.querySelector(".panel")`);
    const panels = Object.keys(parameters).filter((name) => name.endsWith(".expr")).length;
    await page.until(
      "answered",
      `document.querySelectorAll("[aria-busy=false] :is(.facts, .explain)").length === ${panels}`,
    );
    await setTimeout(SETTLE_MS);
  };
  for (const scheme of SCHEMES) {
    await page.prefer(scheme);
    await size(page, WIDE);
    await show(QUERY);
    const plot = `document.querySelector(".u-over").getBoundingClientRect()`;
    const { x, y, width, height } = await page.value<Box>(
      `(({ x, y, width, height }) => ({ x, y, width, height }))(${plot})`,
    );
    await moveTo(page.tools, { x: x + width * 0.6, y: y + height * 0.5 });
    await setTimeout(300);
    await drawPicture(page, scheme === "light" ? "explorer.png" : "explorer-dark.png");
    await show(EXPLAIN);
    await page.screenshot(join(FOR_PEOPLE, `explain-${scheme}.png`));
    await size(page, PHONE);
    await show(QUERY);
    await page.screenshot(join(FOR_PEOPLE, `query-panels-${scheme}-phone.png`));
  }
  if (page.complaints.length > 0) throw new Error(page.complaints.join("\n"));
  await stopCleanly(hearth.child);
}

async function size(page: Page, metrics: typeof WIDE): Promise<void> {
  await page.tools.call("Emulation.setDeviceMetricsOverride", metrics);
}
