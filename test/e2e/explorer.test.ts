/**
 * The explorer in a headless Chromium, by keyboard alone: sign in, what is arriving, PromQL with completion, graph, legend and table,
 * errors. What it looks like is kept in .cache/screenshots, for people.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { startPeerHearth } from "../peers/peer-hearth.ts";
import { labelsOf, type QueryData, valueAt, writeQueryData, ZONES } from "../peers/query-data.ts";
import { type Page, startBrowser } from "./browser/browser.ts";
import { contrastOf, MIN_CONTRAST } from "./browser/contrast.ts";
import {
  accessibilityProblems,
  askFor,
  complaintsOf,
  FOCUSED,
  inEditor,
  signIn,
  tabTo,
  typeExpression,
  watchPolicy,
} from "./browser/explorer-page.ts";
import { pressKey } from "./browser/keyboard.ts";
import { whyMissing } from "./programs.ts";

const SCREENSHOTS = join(import.meta.dirname, "../../.cache/screenshots");
const missing = await whyMissing("chromium");
const { __name__: METRIC } = labelsOf(ZONES[0]);
const SHOWS = `document.querySelector(".panel-body").dataset.shows`;
const DONE = `/series · .* ms$/.test(document.querySelector(".facts")?.innerText ?? "")`;

it("is used by keyboard alone", { timeout: 240_000, skip: missing ?? false }, async (t) => {
  await using hearth = await startPeerHearth("explorer");
  const { target } = hearth;
  const data = await writeQueryData(target);
  await using browser = await startBrowser();
  const { page } = browser;
  const screenshot = (name: string) => page.screenshot(join(SCREENSHOTS, `${name}.png`));
  const isAccessible = async () => assert.deepEqual(await accessibilityProblems(page), []);

  await t.test("a wrong key is refused, and not kept", async () => {
    await watchPolicy(page);
    await page.show(target.url);
    await signIn(page, { ...target, secret: "guessed" });
    await page.until("refused", `document.querySelector("#sign-in .field-error")`);
    await screenshot("1-refused");
    assert.match(await page.text("#sign-in .field-error"), /the access key id or the secret is wrong/);
    assert.equal(await page.value("sessionStorage.length + localStorage.length"), 0);
    await isAccessible();
  });

  await t.test("with the key it shows what is arriving", async () => {
    await signIn(page, target);
    await page.until("listing metrics", `document.querySelector("#arriving li")`);
    // Nothing scrapes here, so the first question has no answer, and the largest metric's takes its place.
    await page.until("done", `${SHOWS} === "rate(${METRIC}[5m])" && ${DONE}`);
    await screenshot("2-arriving");
    assert.match(await page.text(".facts"), /^2 series/);
    assert.deepEqual(await page.texts("#arriving .link"), [METRIC]);
    assert.deepEqual(await page.texts("#arriving .right"), [`${ZONES.length} series`]);
    await isAccessible();
  });

  await t.test("metrics are completed as they are typed, and plotted", async () => {
    await typeExpression(page, METRIC.slice(0, 8));
    const selected = inEditor("[aria-selected=true]");
    await page.until("offering the metric", `${selected}?.innerText.includes("${METRIC}")`);
    await screenshot("3-completion");
    await pressKey(page.tools, "Enter");
    await page.until("completed", `${inEditor(".cm-content")}.innerText === "${METRIC}"`);
    await pressKey(page.tools, "Escape");
    await pressKey(page.tools, "Enter");
    // The panel of before had as many series.
    await page.until("plotted", `${SHOWS} === "${METRIC}" && ${DONE}`);
    await screenshot("4-graph");
    assert.deepEqual(await page.texts(".legend-name"), ZONES);
    assert.equal(await page.text(".legend-common"), `${METRIC}{job="shop"}`);
    assert.match(
      await page.text(".facts"),
      /^2 series · \d+ points · step \d+ s · [\d,]+ samples read · \d.* read units · \d+ ms$/,
    );
    assert.equal(await colorsDrawn(page), ZONES.length);
    await isAccessible();
  });

  await t.test("arrows move the crosshair, and the legend hides a series", async () => {
    await tabTo(page, "className", "plot");
    await pressKey(page.tools, "End");
    await page.until("a tooltip", `document.querySelector(".tooltip")`);
    const values = await page.texts(".tooltip-value");
    assert.equal(values.length, ZONES.length);
    await screenshot("5-crosshair");
    await tabTo(page, "className", "legend-name");
    await pressKey(page.tools, "Space");
    await page.until("hidden", `document.querySelectorAll(".legend-hidden").length === 1`);
    await pressKey(page.tools, "ArrowDown");
    await pressKey(page.tools, "Enter");
    assert.equal(await page.value(`${FOCUSED}.innerText.trim()`), ZONES[1]);
    assert.equal(await page.value(`document.querySelectorAll(".legend-hidden").length`), 0);
    await pressKey(page.tools, "Enter");
    assert.equal(await page.value(`document.querySelectorAll(".legend-hidden").length`), 1);
    await isAccessible();
  });

  await t.test("a table says the values, and sorts", async () => {
    await tabTo(page, "role", "tab");
    await pressKey(page.tools, "ArrowRight");
    await page.until("a table", `document.querySelectorAll(".table tbody tr").length === ${ZONES.length}`);
    await screenshot("6-table");
    const values = `.table tbody td.right`;
    assert.deepEqual(await page.texts(values), lastValues(data));
    // What all series have in common is above them.
    assert.deepEqual(await page.texts(".table tbody .link"), ZONES);
    assert.equal(await page.text(".table-common"), `${METRIC}{job="shop"}`);
    await tabTo(page, "innerText", "Value");
    await pressKey(page.tools, "Enter");
    assert.deepEqual(
      await page.texts(values),
      lastValues(data).toSorted((a, b) => Number(b) - Number(a)),
    );
    assert.equal(await page.value(`document.querySelector("th.right").ariaSort`), "descending");
    await isAccessible();
  });

  await t.test("an error says where it is", async () => {
    await askFor(page, "sum(rate(");
    await page.until("an error", `document.querySelector(".error-box")`);
    await screenshot("7-error");
    assert.match(await page.text(".error-box"), /parse error/);
    // Brackets close themselves: it is sum(rate()).
    assert.equal(await page.text(".error-place mark"), "rate");
    assert.equal(await page.value(`document.querySelector(".table")`), null);
    await isAccessible();
  });

  await t.test("light and dark can be read", async () => {
    for (const scheme of ["light", "dark"] as const) {
      await page.prefer(scheme);
      await askFor(page, METRIC);
      await page.until("a table", `document.querySelector(".table tbody tr")`);
      await screenshot(`8-${scheme}`);
      await isAccessible();
      for (const selector of [".facts", "#arriving .link", "#who", ".tab", ".panel-query button"]) {
        const contrast = await contrastOf(page, selector);
        assert.ok(
          contrast >= MIN_CONTRAST,
          `${scheme}: ${selector} has a contrast of ${contrast.toFixed(2)}`,
        );
      }
    }
  });

  await t.test("it asks nobody else, and nothing is amiss", async () => {
    const elsewhere = page.requests.filter(
      (url) => !url.startsWith(`${target.url}/`) && !url.startsWith("data:"),
    );
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(await complaintsOf(page), []);
  });
  await hearth.stop();
});

/** How many of the legend's colors are in the plot. */
function colorsDrawn(page: Page): Promise<number> {
  return page.value(`(() => {
    const canvas = document.querySelector(".plot canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const drawn = new Set();
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) drawn.add("rgb(" + data.slice(i, i + 3).join(", ") + ")");
    const colors = Array.from(document.querySelectorAll(".legend .swatch"), (one) => getComputedStyle(one).backgroundColor);
    return colors.filter((color) => drawn.has(color)).length;
  })()`);
}

function lastValues(data: QueryData): string[] {
  return ZONES.map((zone) => String(valueAt(data, zone, data.end)));
}
