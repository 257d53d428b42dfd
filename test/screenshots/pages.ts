/**
 * Pictures of the explorer's pages: each in both schemes, wide and as on a phone, in .cache/screenshots/pages; the best of them in
 * docs/images. An hour of the recorded series and rules in every state are behind them.
 */
import { join } from "node:path";
import { SCRAPE_INTERVAL_MS } from "../../bench/workload.ts";
import { HOUR_MS } from "../../lib/model/time.ts";
import { type Page, startBrowser } from "../e2e/browser/browser.ts";
import { signIn } from "../e2e/browser/explorer-page.ts";
import { openPagesWorld, type PagesWorld } from "../helpers/pages-world.ts";
import { basic } from "../helpers/test-gateway.ts";
import { drawPicture } from "./picture.ts";
import { recordedScrapes } from "./recorded-hearth.ts";

const ROOT = join(import.meta.dirname, "../..");
const SIZES = {
  wide: { width: 1200, height: 860, deviceScaleFactor: 1, mobile: false },
  phone: { width: 390, height: 844, deviceScaleFactor: 1, mobile: false },
} as const;
const SCHEMES = ["light", "dark"] as const;

const LOADED = `!document.querySelector(".spinner") && [...document.querySelectorAll(".metric-curve:empty")].every((one) => one.getBoundingClientRect().top > innerHeight)`;
/** By name: the address, and what the page shows then. */
const PAGES: Readonly<Record<string, readonly [hash: string, isShown: string]>> = {
  query: ["#/query", `/series ·/.test(document.querySelector(".facts")?.innerText ?? "")`],
  metrics: ["#/metrics?q=http_request&metric=http_requests_total", `document.querySelector(".chip")`],
  cost: ["#/cost", `document.querySelectorAll(".card table").length === 3`],
  "cost-metrics": ["#/cost?by=metrics", `document.querySelector("tbody tr")`],
  "cost-labels": ["#/cost?by=labels", `document.querySelector("tbody tr")`],
  "cost-queries": ["#/cost?by=queries", `document.querySelector("tbody tr")`],
  rules: ["#/rules?costs=1", `/read units an evaluation/.test(document.querySelector("main").innerText)`],
  status: ["#/status", `document.querySelector("tbody tr")`],
  start: ["#/start", `document.querySelector(".arrival .badge-good")`],
};
/** Those for the documentation, wide and light. */
const IN_DOCS = ["metrics", "cost-metrics"];
/** Chooses two metrics that are not worth their price. */
const CHOOSE = `for (const button of [...document.querySelectorAll("tbody .button")].slice(0, 2)) button.click()`;

export async function drawPages(): Promise<void> {
  await using world = await openPagesWorld();
  await sendRecorded(world);
  await using browser = await startBrowser();
  const { page } = browser;
  await page.show(world.url);
  await signIn(page, { url: world.url, accessKeyId: world.key.id, secret: world.key.secret });
  await page.until("signed in", `document.querySelector(".nav-link")`);
  for (const [name, [hash, isShown]] of Object.entries(PAGES)) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      for (const scheme of SCHEMES) {
        await page.tools.call("Emulation.setDeviceMetricsOverride", viewport);
        await page.prefer(scheme);
        await open(page, hash, isShown);
        await page.screenshot(join(ROOT, `.cache/screenshots/pages/${name}-${size}-${scheme}.png`));
      }
    }
  }
  await page.tools.call("Emulation.setDeviceMetricsOverride", SIZES.wide);
  await page.prefer("light");
  for (const name of IN_DOCS) {
    await open(page, ...PAGES[name]);
    if (name === "cost-metrics") {
      await page.value(CHOOSE);
      await page.until("priced", `document.querySelectorAll(".drop").length === 2 && ${LOADED}`);
      await page.until("dollars", `/a month/.test(document.querySelector(".drops").innerText)`);
    }
    await drawPicture(page, `${name}.png`);
  }
}

async function open(page: Page, hash: string, isShown: string): Promise<void> {
  await page.value(`location.hash = "#/none"`);
  await page.value(`location.hash = ${JSON.stringify(hash)}`);
  await page.until(`showing ${hash}`, `${isShown} && ${LOADED}`);
}

async function sendRecorded({ url, gateway, key }: PagesWorld): Promise<void> {
  const send = recordedScrapes(gateway.nowMs - HOUR_MS, "t", undefined, basic(key.id, key.secret));
  for (let scrape = 0; scrape < HOUR_MS / SCRAPE_INTERVAL_MS; scrape++) await send(url, scrape);
}
