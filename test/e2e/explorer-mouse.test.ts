/** The explorer in a headless Chromium, by a real mouse: hover, zoom, legend; and a refresh beside a slow query. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startPeerHearth } from "../peers/peer-hearth.ts";
import { labelsOf, writeQueryData, ZONES } from "../peers/query-data.ts";
import { type Page, startBrowser } from "./browser/browser.ts";
import { clickAt, drag, moveTo, type Point } from "./browser/mouse.ts";
import { whyMissing } from "./programs.ts";

const SCREENSHOTS = join(import.meta.dirname, "../../.cache/screenshots");
const missing = await whyMissing("chromium");
const { __name__: METRIC } = labelsOf(ZONES[0]);

/** How much faster the page's intervals are: it refreshes every 15 s. */
const FASTER = 50;

it("is used by mouse", { timeout: 240_000, skip: missing ?? false }, async (t) => {
  await using hearth = await startPeerHearth("explorer-mouse");
  const { target } = hearth;
  await writeQueryData(target);
  await using browser = await startBrowser();
  const { page } = browser;
  const { tools } = page;
  await tools.call("Page.addScriptToEvaluateOnNewDocument", {
    source: `const interval = setInterval; window.setInterval = (run, ms) => interval(run, ms / ${FASTER});`,
  });
  await page.show(`${target.url}/#expr=${METRIC}&range=15m`);
  await page.until("asking for a key", `document.activeElement?.name === "id"`);
  await page.value(`{
    const form = document.querySelector("#log-in");
    form.elements.id.value = ${JSON.stringify(target.accessKeyId)};
    form.elements.secret.value = ${JSON.stringify(target.secret)};
    form.requestSubmit();
  }`);
  await page.until("plotted", `document.querySelectorAll(".legend li").length === ${ZONES.length}`);

  await t.test("the pointer shows the nearest series' value", async () => {
    const { x, y, width, height } = await boxOf(page, ".u-over");
    // Ten of the fifteen minutes have samples. The pointer comes down until it is near a curve.
    const isShown = () =>
      page.value<boolean>(`document.querySelector(".tooltip")?.checkVisibility() ?? false`);
    for (let down = 0; down < height && !(await isShown()); down += 15) {
      await moveTo(tools, { x: x + width * 0.8, y: y + down });
      await setTimeout(30);
    }
    assert.ok(await isShown(), "a tooltip");
    assert.match(await page.text(".tooltip"), new RegExp(`${METRIC}\\{job="shop", zone=.*\\n\\d+`, "s"));
    const tooltip = await boxOf(page, ".tooltip");
    assert.ok(tooltip.x >= x && tooltip.x + tooltip.width <= x + width, "beside the pointer, on the plot");
    await page.screenshot(join(SCREENSHOTS, "mouse-tooltip.png"));
  });

  await t.test("dragging zooms", async () => {
    const { x, y, width, height } = await boxOf(page, ".u-over");
    const before = await pixels(page);
    await drag(tools, { x: x + width * 0.5, y: y + height / 2 }, { x: x + width * 0.7, y: y + height / 2 });
    await setTimeout(200);
    const zoomed = await pixels(page);
    assert.notEqual(zoomed, before);
    await page.screenshot(join(SCREENSHOTS, "mouse-zoomed.png"));
  });

  await t.test("a click on the legend leaves one series, another shows all", async () => {
    const entry = await centerOf(page, ".legend button");
    await clickAt(tools, entry);
    assert.equal(await page.value(`document.querySelector(".legend button").ariaPressed`), "true");
    await clickAt(tools, entry);
    assert.equal(await page.value(`document.querySelector(".legend button").ariaPressed`), "false");
  });

  await t.test("a refresh waits for a query that takes longer than its interval", async () => {
    await page.value(`{
      const real = window.fetch;
      window.asked = 0;
      window.fetch = async (url, init) => {
        if (!String(url).includes("query_range")) return real(url, init);
        window.asked++;
        await new Promise((resolve, reject) => {
          setTimeout(resolve, 2000);
          init.signal?.addEventListener("abort", () => reject(init.signal.reason));
        });
        return real(url, init);
      };
      const refresh = document.querySelector("[name=refresh]");
      if (!refresh.checked) refresh.click();
      else document.querySelector("#query").requestSubmit();
    }`);
    await page.until("asked", "window.asked > 0");
    await page.until("answered", `/series/.test(document.querySelector("#status").innerText)`);
    // The interval is 300 ms here, so a query that is restarted each time would have been asked some six times by now.
    assert.ok((await page.value<number>("window.asked")) <= 2);
  });

  assert.deepEqual(page.complaints, []);
  await hearth.stop();
});

interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

function boxOf(page: Page, selector: string): Promise<Box> {
  return page.value(`(() => {
    const element = document.querySelector(${JSON.stringify(selector)});
    element.scrollIntoView({ block: "nearest" });
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x, y, width, height };
  })()`);
}

async function centerOf(page: Page, selector: string): Promise<Point> {
  const { x, y, width, height } = await boxOf(page, selector);
  return { x: x + width / 2, y: y + height / 2 };
}

/** What the plot looks like. */
function pixels(page: Page): Promise<string> {
  return page.value(`document.querySelector("#graph canvas").toDataURL()`);
}
