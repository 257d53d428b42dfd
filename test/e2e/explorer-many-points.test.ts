/**
 * The explorer draws 100 series of 10,000 points in a headless Chromium. What holds up the page is printed, not judged: a machine may
 * be busy. What it looks like is kept in .cache/screenshots, for people.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { startPeerHearth } from "../peers/peer-hearth.ts";
import { type Page, startBrowser } from "./browser/browser.ts";
import { boxOf, complaintsOf, signIn, watchPolicy } from "./browser/explorer-page.ts";
import { moveTo } from "./browser/mouse.ts";
import { whyMissing } from "./programs.ts";

const SCREENSHOT = join(import.meta.dirname, "../../.cache/screenshots/query-many.png");
const missing = await whyMissing("chromium");

it("draws 100 series of 10,000 points", { timeout: 120_000, skip: missing ?? false }, async (t) => {
  await using hearth = await startPeerHearth("explorer-many-points");
  const { target } = hearth;
  await using browser = await startBrowser();
  const { page } = browser;
  const { tools } = page;
  await watchPolicy(page);
  await page.show(`${target.url}/#/query?g0.expr=1`);
  await signIn(page, target);
  await page.until("answered", `document.querySelector(".facts")`);
  await page.value(MANY_POINTS);
  await page.value(`location.hash = "#/query?g0.expr=many&range=9999s&g0.step=1s"`);
  await page.until(
    "plotted",
    `/1000000 points|999\\d\\d\\d points/.test(document.querySelector(".facts").innerText)`,
  );
  const drawn = await longTasks(page);
  const { x, y, width, height } = await boxOf(page, ".u-over");
  for (let i = 0; i < 40; i++) {
    await moveTo(tools, { x: x + (width * (i + 1)) / 42, y: y + height / 2 });
  }
  await page.until("all are sorted", `document.querySelectorAll(".tooltip-row").length > 5`);
  const hovered = await longTasks(page);
  const sum = (all: readonly number[]) => Math.round(all.reduce((total, one) => total + one, 0));
  t.diagnostic(
    `loading and drawing: ${drawn.length} long tasks, ${sum(drawn)} ms, the longest ${Math.round(Math.max(0, ...drawn))} ms`,
  );
  t.diagnostic(`40 moves of the pointer: ${hovered.length} long tasks, ${sum(hovered)} ms`);
  await page.screenshot(SCREENSHOT);
  assert.deepEqual(await complaintsOf(page), []);
  await hearth.stop();
});

/** Answers `query_range` with 100 series of 10,000 points, whose text is ready before, and notes tasks of more than 50 ms. */
const MANY_POINTS = `{
  const real = window.fetch;
  const start = Math.floor(Date.now() / 1000) - 9999;
  const result = Array.from({ length: 100 }, (_, s) => ({
    metric: { __name__: "many", s: String(s) },
    values: Array.from({ length: 10000 }, (_, i) => [start + i, String(s + Math.sin(i / 300 + s))]),
  }));
  const bytes = new TextEncoder().encode(
    JSON.stringify({ status: "success", data: { resultType: "matrix", result } }),
  );
  window.fetch = async (url, init) => {
    const isMany = String(url).includes("query_range") && init.body.get("query") === "many";
    return isMany ? new Response(bytes) : real(url, init);
  };
  window.tasks = [];
  new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ entryTypes: ["longtask"] });
}`;

/** In ms, since the last call. */
function longTasks(page: Page): Promise<number[]> {
  return page.value("window.tasks.splice(0)");
}
