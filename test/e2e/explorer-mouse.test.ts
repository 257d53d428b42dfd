/** The explorer in a headless Chromium, by a real mouse: hover, drag, wheel, legend, the back button; and a refresh beside a slow query. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startPeerHearth } from "../peers/peer-hearth.ts";
import { labelsOf, writeQueryData, ZONES } from "../peers/query-data.ts";
import { type Page, startBrowser } from "./browser/browser.ts";
import {
  accessibilityProblems,
  boxOf,
  centerOf,
  complaintsOf,
  signIn,
  watchPolicy,
} from "./browser/explorer-page.ts";
import { CONTROL, pressKey, typeText } from "./browser/keyboard.ts";
import { clickAt, drag, moveTo, wheelAt } from "./browser/mouse.ts";
import { whyMissing } from "./programs.ts";

const SCREENSHOTS = join(import.meta.dirname, "../../.cache/screenshots");
const missing = await whyMissing("chromium");
const { __name__: METRIC } = labelsOf(ZONES[0]);

/** How much faster the page's refresh is: it waits for 15 s. */
const FASTER = 50;
const REFRESH_MS = 15_000;

it("is used by mouse", { timeout: 240_000, skip: missing ?? false }, async (t) => {
  await using hearth = await startPeerHearth("explorer-mouse");
  const { target } = hearth;
  const data = await writeQueryData(target);
  await using browser = await startBrowser();
  const { page } = browser;
  const { tools } = page;
  await watchPolicy(page);
  await tools.call("Page.addScriptToEvaluateOnNewDocument", {
    source: `const wait = window.setTimeout;
      window.setTimeout = (run, ms, ...more) => wait(run, ms === ${REFRESH_MS} ? ms / ${FASTER} : ms, ...more);`,
  });
  const plotted = `document.querySelectorAll(".legend tbody tr").length === ${ZONES.length}`;
  await page.show(`${target.url}/#expr=${METRIC}&range=15m`);
  await signIn(page, target);
  await page.until("plotted", plotted);
  // The interval of a query that Cancel ended is not waited for.
  const quiet = () => page.until("quiet", `document.querySelector("[aria-busy=false] .facts")`);

  await t.test("the crosshair shows all series, the largest first", async () => {
    const { x, y, width, height } = await boxOf(page, ".u-over");
    // Ten of the fifteen minutes have samples.
    await moveTo(tools, { x: x + width * 0.8, y: y + height * 0.6 });
    await page.until("a tooltip", `document.querySelector(".tooltip-row")`);
    assert.deepEqual(await page.texts(".tooltip-name"), [...ZONES].reverse());
    assert.equal(await page.value(`document.querySelectorAll(".tooltip-row.nearest").length`), 1);
    const tooltip = await boxOf(page, ".tooltip");
    assert.ok(tooltip.x >= x && tooltip.x + tooltip.width <= x + width, "beside the pointer, on the plot");
    await page.screenshot(join(SCREENSHOTS, "mouse-tooltip.png"));
    await moveTo(tools, { x: 5, y: 5 });
    await page.until("no tooltip", `!document.querySelector(".tooltip")`);
  });

  await t.test(
    "dragging asks for the times that were dragged over, and the back button returns",
    async () => {
      const { x, y, width, height } = await boxOf(page, ".u-over");
      const queries = () => page.requests.filter((url) => url.endsWith("/query_range")).length;
      const before = queries();
      await drag(tools, { x: x + width * 0.5, y: y + height / 2 }, { x: x + width * 0.7, y: y + height / 2 });
      await page.until("zoomed", `location.hash.includes("from=")`);
      await quiet();
      assert.equal(queries(), before + 1);
      const { from, to } = await page.value<{ from: string; to: string }>(
        `Object.fromEntries(new URLSearchParams(location.hash.split("?")[1]))`,
      );
      const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
      assert.ok(Math.abs(seconds - 180) < 10, `${seconds} s of 900`);
      assert.ok(Date.parse(from) / 1000 > data.start && Date.parse(to) / 1000 < data.end + 60);
      await page.screenshot(join(SCREENSHOTS, "mouse-zoomed.png"));
      await page.value("history.back()");
      await page.until("back", `document.querySelector("#range").innerText === "Last 15m"`);
      await quiet();
      assert.equal(queries(), before + 2);
    },
  );

  await t.test("Ctrl with the wheel zooms around the pointer, a double click zooms out", async () => {
    const { x, y, width, height } = await boxOf(page, ".u-over");
    const at = { x: x + width * 0.75, y: y + height / 2 };
    await moveTo(tools, at);
    for (let i = 0; i < 3; i++) await wheelAt(tools, at, -1, CONTROL);
    await page.until("zoomed", `location.hash.includes("from=")`);
    await quiet();
    const zoomed = await rangeOf(page);
    assert.ok(zoomed > 400 && zoomed < 500, `${zoomed} s: 900 times 0.8, three times`);
    for (const clickCount of [1, 2])
      for (const type of ["mousePressed", "mouseReleased"])
        await tools.call("Input.dispatchMouseEvent", { type, ...at, button: "left", clickCount });
    await page.until("zoomed out", `location.hash.includes("from=") && (${RANGE}) > ${zoomed * 1.5}`);
    // Without Ctrl the wheel scrolls.
    const hash = await page.value("location.hash");
    await wheelAt(tools, at, 1);
    await setTimeout(400);
    assert.equal(await page.value("location.hash"), hash);
    await page.value("history.go(-2)");
    await page.until("back", `document.querySelector("#range").innerText === "Last 15m"`);
    await quiet();
  });

  await t.test(
    "a click on the legend leaves one series, a Ctrl-click hides one, a refresh keeps both",
    async () => {
      const hidden = `document.querySelectorAll(".legend-hidden").length`;
      const entry = await centerOf(page, ".legend-name");
      await clickAt(tools, entry);
      assert.equal(await page.value(hidden), 1);
      await clickAt(
        tools,
        await centerOf(page, ".page-head [title^='Run all'], .page-head .button-group:last-of-type .button"),
      );
      await quiet();
      assert.equal(await page.value(hidden), 1);
      assert.equal(await page.value(`document.querySelector(".legend-name").ariaPressed`), "true");
      await clickAt(tools, entry);
      assert.equal(await page.value(hidden), 0);
      await clickAt(tools, entry, CONTROL);
      assert.equal(await page.value(hidden), 1);
      assert.equal(await page.value(`document.querySelector(".legend-name").ariaPressed`), "false");
      await clickAt(tools, entry, CONTROL);
      assert.equal(await page.value(hidden), 0);
    },
  );

  await t.test("panels are added, asked and removed, and share their times", async () => {
    await clickAt(tools, await centerOf(page, ".stack > .row .button"));
    await page.until(
      "a second one",
      `document.querySelectorAll(".editor")[1]?.shadowRoot?.querySelector(".cm-content")`,
    );
    await page.value(
      `document.querySelectorAll(".editor")[1].shadowRoot.querySelector(".cm-content").focus()`,
    );
    await typeText(tools, "1 + 1");
    await pressKey(tools, "Escape");
    await pressKey(tools, "Enter");
    await page.until("asked", `document.querySelectorAll(".panel-body")[1].dataset.shows === "1 + 1"`);
    assert.match(await page.value("location.hash"), /g0\.expr=.*&g1\.expr=1(\+|%20)%2B(\+|%20)1&.*range=15m/);
    await clickAt(tools, await centerOf(page, "[aria-label='Remove panel 2']"));
    await page.until("one left", `document.querySelectorAll(".panel").length === 1`);
    assert.doesNotMatch(await page.value("location.hash"), /g1\./);
  });

  await t.test(
    "a refresh waits for a query that takes longer than its interval, and Cancel ends one",
    async () => {
      await page.value(`{
      const real = window.fetch;
      window.asked = 0;
      window.aborted = 0;
      window.fetch = async (url, init) => {
        if (!String(url).includes("query_range")) return real(url, init);
        window.asked++;
        let isOver = false;
        await new Promise((resolve, reject) => {
          const wait = setTimeout(() => { isOver = true; resolve(); }, window.asked > 1 ? 60_000 : 2000);
          init.signal?.addEventListener("abort", () => {
            if (!isOver) window.aborted++;
            clearTimeout(wait);
            reject(init.signal.reason);
          });
        });
        return real(url, init);
      };
      const refresh = Array.from(document.querySelectorAll("select")).find(({ value }) => value === "off");
      refresh.value = "15s";
      refresh.dispatchEvent(new Event("change", { bubbles: true }));
    }`);
      await page.until("asked", "window.asked === 1");
      await page.until("answered", `document.querySelector("[aria-busy=false] .facts")`);
      // The interval is 300 ms here: restarted each time, the query would never end.
      assert.deepEqual(await page.value("[window.asked, window.aborted]"), [1, 0]);
      await page.until("asked again", "window.asked === 2");
      await page.until("a way out", `document.querySelector(".progress-row button")`);
      assert.deepEqual(await accessibilityProblems(page), []);
      await clickAt(tools, await centerOf(page, ".progress-row button"));
      await page.until("cancelled", "window.aborted === 1");
      await page.until("still shown", plotted);
    },
  );

  assert.deepEqual(await complaintsOf(page), []);
  await hearth.stop();
});

/** Seconds that the address names. */
const RANGE = `(() => {
  const given = new URLSearchParams(location.hash.split("?")[1]);
  return (Date.parse(given.get("to")) - Date.parse(given.get("from"))) / 1000;
})()`;

function rangeOf(page: Page): Promise<number> {
  return page.value(RANGE);
}
