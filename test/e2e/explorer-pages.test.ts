/**
 * The explorer's pages about metrics, cost, rules, status and start in a headless Chromium: in both schemes, on a phone, by
 * keyboard, with texts that would be code if they were not shown as text. Pictures are kept in .cache/screenshots, for people.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { HOSTILE, HOSTILE_METRIC, openPagesWorld } from "../helpers/pages-world.ts";
import { series } from "../helpers/write-requests.ts";
import { startBrowser } from "./browser/browser.ts";
import { accessibilityProblems, complaintsOf, signIn, tabTo, watchPolicy } from "./browser/explorer-page.ts";
import { pressKey, typeText } from "./browser/keyboard.ts";
import { whyMissing } from "./programs.ts";

const SCREENSHOTS = join(import.meta.dirname, "../../.cache/screenshots");
const missing = await whyMissing("chromium");

const WIDE = { width: 1320, height: 900, deviceScaleFactor: 1, mobile: false };
const PHONE = { width: 390, height: 844, deviceScaleFactor: 1, mobile: false };
/** By the hash of each page: when it shows all that it loads. */
const PAGES: Readonly<Record<string, string>> = {
  "#/metrics": `document.querySelectorAll(".metric").length >= 6 && !document.querySelector(".metric-curve:empty")`,
  [`#/metrics?metric=${encodeURIComponent(HOSTILE_METRIC)}`]: `document.querySelector(".chip")`,
  "#/metrics?list=fresh": `document.querySelectorAll(".metric").length === 1`,
  "#/cost": `document.querySelectorAll(".card table").length === 3`,
  "#/cost?by=metrics": `document.querySelector("tbody tr")`,
  "#/cost?by=labels": `document.querySelector("tbody tr")`,
  "#/cost?by=queries": `document.querySelector("tbody tr")`,
  "#/rules?costs=1": `document.querySelectorAll(".rule").length === 4`,
  "#/status": `document.querySelector("tbody tr") && document.querySelector(".limits-unset")`,
  "#/start": `document.querySelector(".arrival .badge-good")`,
  "#/start?with=grafana": `document.querySelector(".code")`,
};

it("shows metrics, cost, rules, status and start", {
  timeout: 240_000,
  skip: missing ?? false,
}, async (t) => {
  await using world = await openPagesWorld();
  await using browser = await startBrowser();
  const { page } = browser;
  const open = async (hash: string) => {
    // Within the page, as its links do.
    await page.value(`location.hash = ${JSON.stringify(hash)}`);
    await page.until(`showing ${hash}`, PAGES[hash] ?? `document.querySelector("h1")`);
  };
  await watchPolicy(page);
  await page.show(world.url);
  await signIn(page, { url: world.url, accessKeyId: world.key.id, secret: world.key.secret });
  await page.until("signed in", `document.querySelector(".nav-link")`);

  for (const [name, size, scheme, hashes] of [
    ["wide-light", WIDE, "light", Object.keys(PAGES)],
    ["phone-dark", PHONE, "dark", Object.keys(PAGES)],
  ] as const) {
    await t.test(`every page, ${name}: accessible, within its width, hostile text as text`, async () => {
      await page.tools.call("Emulation.setDeviceMetricsOverride", size);
      await page.prefer(scheme);
      for (const hash of hashes) {
        await open(hash);
        const file = hash.replace(/\W+/g, "-").slice(1, 40);
        await page.screenshot(join(SCREENSHOTS, `pages/${file}-${name}.png`));
        assert.deepEqual(await accessibilityProblems(page), [], hash);
        assert.equal(await page.value("document.documentElement.scrollWidth > innerWidth"), false, hash);
        assert.equal(await page.value("window.hacked"), undefined, hash);
      }
    });
  }
  await page.tools.call("Emulation.setDeviceMetricsOverride", WIDE);

  await t.test(
    "a metric is found by its labels and its help text, by keyboard, and its labels open",
    async () => {
      await open("#/metrics");
      assert.ok((await page.texts(".metric-link")).includes(HOSTILE_METRIC));
      await tabTo(page, "type", "search");
      await typeText(page.tools, "served job=api");
      await page.until("found", `document.querySelectorAll(".metric").length === 1`);
      assert.deepEqual(await page.texts(".metric-link"), ["http_requests_total"]);
      await tabTo(page, "innerText", "http_requests_total");
      await pressKey(page.tools, "Enter");
      await page.until("open", `document.querySelector(".chip")`);
      assert.deepEqual(await page.texts(".chip .mono"), ["path", "instance", "job"]);
      await page.value("history.back()");
      await page.until("closed", `!document.querySelector(".chip")`);
      assert.deepEqual(await page.texts(".metric-link"), ["http_requests_total"]);
    },
  );

  await t.test("what began today and what stopped", async () => {
    await open("#/metrics?list=fresh");
    assert.deepEqual(await page.texts(".metric-link"), [HOSTILE_METRIC]);
    await tabTo(page, "role", "tab");
    await pressKey(page.tools, "ArrowRight");
    await page.until(
      "stopped",
      `document.querySelector("[role=tab][aria-selected=true]").innerText.startsWith("Stopped")`,
    );
    assert.deepEqual(await page.texts(".metric-link"), ["legacy_queue_depth"]);
  });

  await t.test("what is dropped becomes rules to copy, with what they save", async () => {
    await open("#/cost?by=metrics");
    await tabTo(page, "ariaLabel", "Drop http_requests_total");
    await pressKey(page.tools, "Enter");
    await page.until("chosen", `document.querySelector(".drop")`);
    await page.until("priced", `/\\$/.test(document.querySelector(".drop").innerText)`);
    assert.match(await page.text(".drop"), /http_requests_total\n+18 series, about \$0\.0+\d+ a month/);
    await open("#/cost?by=labels");
    await page.until("labels", `document.querySelector("[aria-label='Drop label path']")`);
    await tabTo(page, "ariaLabel", "Drop label path");
    await pressKey(page.tools, "Enter");
    await page.until("counted", `document.querySelector(".drops .note-warn")`);
    // Of 18 paths and instances 3 instances are left, of requests and of each bucket.
    assert.match(await page.text(".drops .note-warn"), /60 of 72 series would be equal to others/);
    assert.equal(
      await page.text(".code"),
      "write_relabel_configs:\n  - source_labels: [__name__]\n    regex: http_requests_total\n    action: drop\n  - regex: path\n    action: labeldrop\n",
    );
  });

  await t.test("a value of a label has its share of the month's dollars", async () => {
    await open("#/cost?by=labels&metric=http_requests_total&label=path");
    await page.until("values", `document.querySelectorAll("#cost-panel .card").length === 2`);
    const values = "#cost-panel .card:last-of-type";
    const at = (await page.texts(`${values} th`)).findIndex((title) => title.startsWith("$ a month"));
    const shares = await page.texts(`${values} tbody tr > :nth-child(${at + 1})`);
    assert.ok(shares.length > 1 && shares.every((text) => /^\$0\.0+[1-9]/.test(text)), shares.join());
  });

  await t.test("what is stored of a metric is shown as it was measured", async () => {
    await open("#/cost?by=metrics");
    await page.value(`[...document.querySelectorAll(".segment input")].at(-1).click()`);
    await page.until("bytes", `document.querySelector(".cost-about")`);
    assert.deepEqual(await page.texts("#cost-panel tbody td:nth-child(4)"), ["8.789 KiB"]);
  });

  await t.test("rules in trouble come first; costs are those of the server", async () => {
    await open("#/rules?costs=1");
    assert.deepEqual(await page.texts(".rule-name"), [
      HOSTILE,
      "TargetDown",
      "QueueGrows",
      "job:http_requests:rate5m",
    ]);
    assert.deepEqual(await page.texts(".rule-head .badge"), ["error", "firing", "pending", "ok"]);
    assert.match(await page.text(".rule-error"), /many-to-many matching not allowed/);
    await page.until(
      "priced",
      `document.querySelectorAll(".rule").length === 4 && /read units an evaluation if asked alone/.test(document.querySelector("main").innerText)`,
    );
  });

  await t.test("a key that may not see the store is told so in a sentence", async () => {
    const readMatch = [{ type: "=", name: "job", value: "worker" }] as const;
    await world.gateway.addKey({ id: "HKNARROW", scopes: ["read"], readMatch });
    const other = { url: world.url, accessKeyId: "HKNARROW", secret: world.key.secret };
    await tabTo(page, "ariaLabel", "Sign out");
    await pressKey(page.tools, "Enter");
    await signIn(page, other);
    await page.until("signed in", `document.querySelector(".nav-link")`);
    await page.value(`location.hash = "#/cost"`);
    await page.until(
      "refused",
      `/This key may not see what the store costs/.test(document.querySelector("main").innerText)`,
    );
    await page.value(`location.hash = "#/status"`);
    await page.until(
      "refused",
      `/This key may not see the state of the store/.test(document.querySelector("main").innerText)`,
    );
    assert.equal(await page.value(`document.querySelector("[role=alert]")`), null);
  });

  await t.test("the test of arrival says when data arrive", async () => {
    await page.value(`location.hash = "#/start?with=collector"`);
    await page.until("waiting", `document.querySelector(".arrival .badge-info")`);
    const now = world.gateway.nowMs;
    const sent = await world.gateway.write([series("target_info", { job: "worker" }, [now, 1])]);
    assert.equal(sent.status, 200);
    await page.until("arrived", `document.querySelector(".arrival .badge-good")`);
    assert.match(
      await page.text(".arrival-text"),
      /^1 series of target_info from worker; the newest sample is \d+ s old\.$/,
    );
  });

  await t.test("nothing was refused by the policy, nothing failed", async () => {
    assert.deepEqual(await complaintsOf(page), []);
    assert.ok(page.requests.every((url) => url.startsWith(world.url) || url.startsWith("data:")));
  });
});
