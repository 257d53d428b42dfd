/**
 * The explorer in a headless Chromium, by keyboard alone: log in, what is arriving, PromQL with completion, curve and table, errors.
 * What it looks like is kept in .cache/screenshots, for people.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import type { Target } from "../helpers/remote-client.ts";
import { startPeerHearth } from "../peers/peer-hearth.ts";
import { labelsOf, type QueryData, valueAt, writeQueryData, ZONES } from "../peers/query-data.ts";
import { type Page, startBrowser } from "./browser/browser.ts";
import { contrastOf, MIN_CONTRAST } from "./browser/contrast.ts";
import { pressKey, selectAll, typeText } from "./browser/keyboard.ts";
import { whyMissing } from "./programs.ts";

const SCREENSHOTS = join(import.meta.dirname, "../../.cache/screenshots");
/** More steps of the Tab key than lead around the page. */
const MAX_TABS = 80;

const missing = await whyMissing("chromium");

const { __name__: METRIC } = labelsOf(ZONES[0]);

it("is used by keyboard alone", { timeout: 240_000, skip: missing ?? false }, async (t) => {
  await using hearth = await startPeerHearth("explorer");
  const { target } = hearth;
  const data = await writeQueryData(target);
  await using browser = await startBrowser();
  const { page } = browser;
  const screenshot = (name: string) => page.screenshot(join(SCREENSHOTS, `${name}.png`));

  await t.test("a wrong key is told so", async () => {
    await page.show(target.url);
    await page.until("asking for a key", `document.activeElement?.name === "id"`);
    await logIn(page, { ...target, secret: "guessed" });
    await page.until("refused", `document.querySelector("#log-in .error").innerText`);
    await screenshot("1-refused");
    assert.match(await page.text("#log-in .error"), /the access key id or the secret is wrong/);
    assert.equal(await page.value("sessionStorage.length"), 0);
  });

  await t.test("with the key it shows what is arriving", async () => {
    await logIn(page, target);
    await page.until("listing metrics", `document.querySelector("#arriving li")`);
    await page.until("done", `/series/.test(document.querySelector("#status").innerText)`);
    await screenshot("2-arriving");
    // Nothing scrapes here, so the first question has no answer, and there is nothing to plot.
    assert.match(await page.text("#status"), /^0 series/);
    assert.equal(await page.value(`document.querySelector("#graph").checkVisibility()`), false);
    assert.deepEqual(await page.texts("#arriving .link"), [METRIC]);
    assert.deepEqual(await page.texts("#arriving .value"), [`${ZONES.length} series`]);
  });

  await t.test("metrics are completed as they are typed, and plotted", async () => {
    await askFor(page, METRIC.slice(0, 8), async () => {
      await page.until("offering names", `document.querySelector(".cm-tooltip-autocomplete")`);
      await page.until(
        "offering the metric",
        `document.querySelector("[aria-selected=true]")?.innerText.includes("${METRIC}")`,
      );
      await screenshot("3-completion");
      await pressKey(page.tools, "Enter");
      await page.until("completed", `document.querySelector(".cm-content").innerText === "${METRIC}"`);
    });
    await page.until("plotted", `document.querySelectorAll(".legend li").length === ${ZONES.length}`);
    await screenshot("4-graph");
    const names = ZONES.map((zone) => `${METRIC}{job="shop", zone=${JSON.stringify(zone)}}`);
    assert.deepEqual(await page.texts(".legend li"), names);
    assert.match(
      await page.text("#status"),
      /^2 series · \d+ points · step \d+ s · \d.* read units · \d+ ms$/,
    );
    assert.equal(await colorsDrawn(page), ZONES.length);
  });

  await t.test("a table says the values", async () => {
    await tabTo(page, "name", "view");
    await pressKey(page.tools, "ArrowRight");
    await page.until("a table", `document.querySelectorAll("tbody tr").length === ${ZONES.length}`);
    await screenshot("5-table");
    assert.deepEqual(await page.texts("tbody .value"), lastValues(data));
  });

  await t.test("an error says where it is", async () => {
    await askFor(page, "sum(rate(");
    await page.until("an error", `document.querySelector("#status.error")`);
    await screenshot("6-error");
    assert.match(await page.text("#status"), /parse error/);
    assert.equal(await page.value(`document.querySelector("tbody")?.checkVisibility() ?? false`), false);
  });

  await t.test("light and dark can be read", async () => {
    for (const scheme of ["light", "dark"] as const) {
      await page.prefer(scheme);
      await startAsking(page, "sum by (");
      await page.until("offering labels", `document.querySelector(".cm-tooltip-autocomplete")`);
      await screenshot(`7-${scheme}`);
      for (const selector of [
        "#status",
        ".cm-tooltip-autocomplete li",
        "#arriving .link",
        "#who",
        "legend",
        "#query button",
        ".cm-content",
      ]) {
        const contrast = await contrastOf(page, selector);
        assert.ok(
          contrast >= MIN_CONTRAST,
          `${scheme}: ${selector} has a contrast of ${contrast.toFixed(2)}`,
        );
      }
    }
  });

  await t.test("it asks nobody else, and nothing is amiss", () => {
    const elsewhere = page.requests.filter(
      (url) => !url.startsWith(`${target.url}/`) && !url.startsWith("data:"),
    );
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(page.complaints, []);
  });
  await hearth.stop();
});

/** Types both into the form, whose first field has the focus. */
async function logIn(page: Page, { accessKeyId, secret }: Target): Promise<void> {
  for (const [name, text] of [
    ["id", accessKeyId],
    ["secret", secret],
  ]) {
    await tabTo(page, "name", name);
    await selectAll(page.tools);
    await typeText(page.tools, text);
  }
  await pressKey(page.tools, "Enter");
}

/** Types an expression in place of the one that is there, does something with it, and runs it. */
async function askFor(page: Page, text: string, then = async () => {}): Promise<void> {
  await startAsking(page, text);
  await then();
  // The first takes away what is offered, if anything is.
  await pressKey(page.tools, "Escape");
  await pressKey(page.tools, "Enter");
}

async function startAsking(page: Page, text: string): Promise<void> {
  await tabTo(page, "ariaLabel", "PromQL expression");
  await selectAll(page.tools);
  await typeText(page.tools, text);
}

/** Presses Tab until the element that has the focus has a property. */
async function tabTo(page: Page, property: string, value: string): Promise<void> {
  for (let i = 0; i < MAX_TABS; i++) {
    if ((await page.value(`document.activeElement.${property}`)) === value) return;
    await pressKey(page.tools, "Tab");
  }
  assert.fail(`Tab, pressed ${MAX_TABS} times, did not lead to ${property}=${value}`);
}

/** How many of the legend's colors are in the plot. */
function colorsDrawn(page: Page): Promise<number> {
  return page.value(`(() => {
    const canvas = document.querySelector("#graph canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const drawn = new Set();
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) drawn.add("rgb(" + data.slice(i, i + 3).join(", ") + ")");
    const colors = Array.from(document.querySelectorAll(".swatch"), (one) => getComputedStyle(one).backgroundColor);
    return colors.filter((color) => drawn.has(color)).length;
  })()`);
}

function lastValues(data: QueryData): string[] {
  return ZONES.map((zone) => String(valueAt(data, zone, data.end)));
}
