/**
 * The explorer's query page in a headless Chromium: histograms, exemplars, exports, empty results that explain themselves, hostile
 * names, two tabs and a phone. What it looks like is kept in .cache/screenshots, for people.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Target } from "../helpers/remote-client.ts";
import { compressedV2, type V2Series } from "../helpers/write-v2-requests.ts";
import { basicAuth, startPeerHearth } from "../peers/peer-hearth.ts";
import { startBrowser } from "./browser/browser.ts";
import {
  accessibilityProblems,
  boxOf,
  centerOf,
  complaintsOf,
  signIn,
  watchPolicy,
} from "./browser/explorer-page.ts";
import { clickAt, moveTo } from "./browser/mouse.ts";
import { whyMissing } from "./programs.ts";

const SCREENSHOTS = join(import.meta.dirname, "../../.cache/screenshots");
const missing = await whyMissing("chromium");
const INTERVAL_MS = 15_000;
const SAMPLES = 20;
const HOSTILE = `<img src=x onerror="window.hacked = 1">`;
const WIDE = { width: 1300, height: 900, deviceScaleFactor: 1, mobile: false };
const PHONE = { width: 390, height: 844, deviceScaleFactor: 1, mobile: true };

it("shows every kind of result", { timeout: 240_000, skip: missing ?? false }, async (t) => {
  await using hearth = await startPeerHearth("explorer-query");
  const { target } = hearth;
  const end = await writeEverything(target);
  await using browser = await startBrowser();
  const { page } = browser;
  const { tools } = page;
  const screenshot = (name: string) => page.screenshot(join(SCREENSHOTS, `query-${name}.png`));
  await watchPolicy(page);
  await tools.call("Emulation.setDeviceMetricsOverride", WIDE);
  await page.show(`${target.url}/#/query?g0.expr=plain_bytes`);
  await signIn(page, target);
  const ready = `document.querySelector(".panel-body[aria-busy=false] :is(.facts, .error-box, .explain)") && !document.querySelector(".progress-row")`;
  const open = async (parameters: Record<string, string>) => {
    await page.value(`location.hash = ${JSON.stringify(`#/query?${new URLSearchParams(parameters)}`)}`);
    const expr = JSON.stringify(parameters["g0.expr"]);
    const tab = JSON.stringify(`${parameters["g0.tab"] ?? "graph"}`);
    await page.until(
      "the tab",
      `document.querySelector(".tab[aria-selected=true]").innerText.toLowerCase() === ${tab}`,
    );
    await page.until(
      "answered",
      `document.querySelector(".panel-body").dataset.shows === ${expr} && ${ready}`,
    );
  };
  const isAccessible = async () => assert.deepEqual(await accessibilityProblems(page), []);

  await t.test("bytes are bytes, on the axis and in the legend", async () => {
    await page.until("answered", ready);
    assert.match((await page.texts(".legend-table td.right"))[3], /^\d+(\.\d+)? KiB$/);
  });

  await t.test("native histograms are a heatmap, and bars in the table", async () => {
    await open({ "g0.expr": "native_seconds", range: "15m" });
    assert.equal(await page.value(`document.querySelectorAll(".legend").length`), 0);
    const { x, y, width, height } = await boxOf(page, ".u-over");
    await moveTo(tools, { x: x + width * 0.95, y: y + height * 0.5 });
    await page.until("a cell", `/ to /.test(document.querySelector(".tooltip")?.innerText ?? "")`);
    await screenshot("heatmap");
    await isAccessible();
    await open({ "g0.expr": "native_seconds", "g0.tab": "table" });
    assert.ok((await page.value<number>(`document.querySelectorAll(".histogram-bars rect").length`)) >= 3);
    assert.match(await page.text(".histogram p"), /^count \d+ · sum /);
    await isAccessible();
  });

  await t.test("classic histograms are a heatmap when they are asked to be one", async () => {
    await open({ "g0.expr": "classic_seconds_bucket", "g0.mode": "heatmap", range: "15m" });
    assert.match(await page.value(`document.querySelector(".plot").ariaLabel`), /heatmap of 3 buckets/);
  });

  await t.test("exemplars are marks that link to their traces", async () => {
    await page.value(
      `localStorage.setItem("hearth-trace-link", JSON.stringify("https://tempo.test/trace/\${trace_id}"))`,
    );
    await page.value(`dispatchEvent(new StorageEvent("storage", { key: "hearth-trace-link" }))`);
    await open({ "g0.expr": "traced_total", "g0.exemplars": "1", range: "15m" });
    const href = await page.value(`document.querySelector("a.exemplar").href`);
    assert.equal(href, "https://tempo.test/trace/4bf92f3577b34da6");
    await moveTo(tools, await centerOf(page, "a.exemplar"));
    await page.until("its labels", `document.querySelector(".tooltip dd")?.innerText === "4bf92f3577b34da6"`);
    await screenshot("exemplars");
    await isAccessible();
  });

  await t.test("scalars, strings and range vectors have their tables", async () => {
    for (const [expr, shown] of [
      ["1 + 1", /^2\b/],
      [`"text"`, /^text\b/],
      ["plain_bytes[10m]", /4096 @ \d{4}-/],
    ] as const) {
      await open({ "g0.expr": expr, "g0.tab": "table" });
      assert.match(await page.text(".single-value, .table td.right"), shown, expr);
    }
  });

  await t.test("an empty result says why, and a click mends it", async () => {
    await open({ "g0.expr": "plain_bites", range: "15m" });
    await page.until("a reason", `document.querySelector(".reasons li")`);
    assert.match(await page.text(".reasons"), /No metric is called plain_bites/);
    await isAccessible();
    await clickAt(tools, await centerOf(page, ".reasons button"));
    await page.until("found", `document.querySelector(".legend-table")`);
    await open({ "g0.expr": `plain_bytes{job="sho"}`, range: "15m" });
    await page.until("a reason", `document.querySelector(".reasons li")`);
    assert.match(await page.text(".reasons"), /No series of .* has job "sho".*shop/s);
    const [from, to] = [end - 7200, end - 3600].map((seconds) => new Date(seconds * 1000).toISOString());
    await open({ "g0.expr": "plain_bytes", from, to });
    await page.until("a reason", `document.querySelector(".reasons li")`);
    assert.match(await page.text(".reasons"), /has no samples in this range/);
    assert.match(await page.text(".reasons button"), /Next after/);
    await screenshot("other-time");
    await clickAt(tools, await centerOf(page, ".reasons button"));
    await page.until("found", `document.querySelector(".legend-table")`);
    await open({ "g0.expr": "plain_bytes > 1e12", range: "15m" });
    await page.until("a reason", `document.querySelector(".reasons li")`);
    assert.match(await page.text(".reasons"), /has samples here: a function, a comparison/);
  });

  await t.test("explain shows the steps with what each took", async () => {
    await open({ "g0.expr": "sum by (job) (rate(traced_total[1m])) / 2", "g0.tab": "explain", range: "15m" });
    await clickAt(tools, await centerOf(page, ".explain .row button"));
    await page.until("measured", `document.querySelectorAll(".steps tbody td:last-child").length === 4`);
    await page.until(
      "measured",
      `/^\\d+ ms$/.test(document.querySelector(".steps tbody tr:last-child td:last-child").innerText)`,
    );
    const steps = await page.texts(".steps tbody td:first-child");
    assert.deepEqual(
      steps.map((text) => text.trim()),
      ["/", "sum by (job)", "rate()", "traced_total[1m]"],
    );
    assert.match(await page.text(".reads"), /traced_total.*samples.*1 series/s);
    await screenshot("explain");
    await isAccessible();
  });

  await t.test("hostile names, labels, help and errors are text", async () => {
    const selector = `{__name__=~"hostile.*"}`;
    for (const view of ["graph", "table", "explain"]) {
      await open({ "g0.expr": selector, "g0.tab": view, range: "15m" });
      const where = { graph: ".legend-table", table: ".table", explain: ".reads" }[view]!;
      if (view !== "explain") assert.ok((await page.text(where)).includes(HOSTILE), view);
      await isAccessible();
    }
    await screenshot("hostile");
    await open({ "g0.expr": `sum(${HOSTILE})` });
    assert.ok((await page.text(".error-place")).includes(HOSTILE));
    assert.deepEqual(
      await page.value("[window.hacked ?? 0, document.querySelectorAll('img').length]"),
      [0, 0],
    );
  });

  await t.test(
    "lines, areas, points and a logarithm are drawn differently, and kept in the address",
    async () => {
      const pictures = new Set<string>();
      for (const more of [{}, { "g0.mode": "stacked" }, { "g0.mode": "points" }, { "g0.log": "1" }]) {
        await open({ "g0.expr": "classic_seconds_bucket + 1", range: "15m", ...more });
        pictures.add(await page.value(`document.querySelector(".plot canvas").toDataURL()`));
      }
      assert.equal(pictures.size, 4);
      assert.equal(
        await page.value(`document.querySelector(".panel-options [type=checkbox]").checked`),
        true,
      );
    },
  );

  await t.test("a result leaves as CSV, PNG, curl and a link, without the key", async () => {
    await page.value(`{
      window.saved = [];
      const create = URL.createObjectURL;
      URL.createObjectURL = (blob) => {
        blob.arrayBuffer().then((bytes) => window.saved.push([blob.type, new TextDecoder().decode(bytes)]));
        return create(blob);
      };
      HTMLAnchorElement.prototype.click = function () { window.savedAs = this.download; };
      navigator.clipboard.writeText = async (text) => { window.copied = text; };
    }`);
    await open({ "g0.expr": "plain_bytes", range: "15m" });
    const share = async (item: string) => {
      await clickAt(tools, await centerOf(page, "[title='Share and export']"));
      await page.until("a menu", `document.querySelector(".menu-item")`);
      await page.value(
        `Array.from(document.querySelectorAll(".menu-item")).find(({ innerText }) => innerText.includes(${JSON.stringify(item)})).click()`,
      );
    };
    await share("CSV");
    await page.until("a CSV", "window.saved.length === 1");
    const [type, csv] = await page.value<string[]>("window.saved[0]");
    assert.equal(type, "text/csv");
    assert.match(csv, /^__name__,job,time,value\r\nplain_bytes,shop,\d{4}-.*Z,4096\r\n/);
    await share("PNG");
    await page.until("a PNG", "window.saved.length === 2");
    const [picture, png] = await page.value<string[]>("window.saved[1]");
    assert.deepEqual([picture, png.slice(1, 4)], ["image/png", "PNG"]);
    assert.equal(await page.value("window.savedAs"), "plain_bytes.png");
    await share("link");
    await page.until("a link", "window.copied");
    const link = await page.value<string>("window.copied");
    assert.match(link, /#\/query\?g0\.expr=plain_bytes&from=.*Z&to=.*Z$/);
    await share("curl");
    await page.until("a command", `document.querySelector("dialog .code")`);
    await isAccessible();
    const taken = [csv, link, await page.text("dialog .code")].join();
    assert.ok(taken.includes("query_range") && !taken.includes(target.secret));
    await clickAt(tools, await centerOf(page, "dialog .button-icon"));
    await page.until("closed", `!document.querySelector("dialog")`);
  });

  await t.test("the history has what ran, and a star keeps it on top", async () => {
    await clickAt(tools, await centerOf(page, "[aria-label='Star the expression']"));
    await clickAt(tools, await centerOf(page, "[aria-label='History']"));
    await page.until("a list", `document.querySelectorAll(".history").length === 2`);
    assert.deepEqual(await page.texts(".history:first-of-type .link"), ["plain_bytes"]);
    await isAccessible();
    await page.value(
      `Array.from(document.querySelectorAll(".history .link")).find(({ innerText }) => innerText === "1 + 1").click()`,
    );
    await page.until("asked", `document.querySelector(".panel-body").dataset.shows === "1 + 1"`);
    assert.equal(await page.value(`document.querySelector("dialog")`), null);
  });

  await t.test("another tab of the browser has no key, and no store holds the secret for it", async () => {
    const { targetId } = await tools.call("Target.createTarget", { url: `${target.url}/#/query` });
    const titleOf = async () => {
      const { targetInfos } = await tools.call("Target.getTargets");
      return targetInfos.find((one: { targetId: string }) => one.targetId === targetId)?.title;
    };
    let title = await titleOf();
    for (let i = 0; i < 100 && title !== "Hearth"; i++) {
      await setTimeout(50);
      title = await titleOf();
    }
    // A page that is signed in calls itself "Query · Hearth".
    await setTimeout(500);
    assert.equal(await titleOf(), "Hearth");
    await tools.call("Target.closeTarget", { targetId });
    assert.equal(await page.value("document.title"), "Query · Hearth");
    const kept = await page.value<string>("JSON.stringify(localStorage)");
    assert.ok(kept.includes("native_seconds"));
    assert.ok(
      !kept.includes(target.secret) && !kept.includes(btoa(`${target.accessKeyId}:${target.secret}`)),
    );
  });

  await t.test("a phone shows all of it without scrolling sideways, in the dark too", async () => {
    await tools.call("Emulation.setDeviceMetricsOverride", PHONE);
    for (const scheme of ["light", "dark"] as const) {
      await page.prefer(scheme);
      await open({
        "g0.expr": "plain_bytes",
        "g1.expr": "native_seconds",
        range: scheme === "dark" ? "15m" : "30m",
      });
      assert.ok(
        await page.value(`document.documentElement.scrollWidth <= innerWidth`),
        "no sideways scrolling",
      );
      await clickAt(tools, await centerOf(page, ".page-head .menu .button"));
      await page.until("a picker", `document.querySelector(".time-popup")`);
      const box = await boxOf(page, ".popup:has(.time-popup)");
      assert.ok(box.x >= 0 && box.x + box.width <= PHONE.width, JSON.stringify(box));
      await screenshot(`phone-${scheme}`);
      await isAccessible();
      await clickAt(tools, await centerOf(page, ".page-head .menu .button"));
    }
    await tools.call("Emulation.setDeviceMetricsOverride", WIDE);
  });

  assert.deepEqual(await complaintsOf(page), []);
  await hearth.stop();
});

/** Series of every kind over five minutes. Returns the time of the last sample, in seconds. */
async function writeEverything(target: Target): Promise<number> {
  const last = Math.floor(Date.now() / INTERVAL_MS) * INTERVAL_MS;
  const times = Array.from({ length: SAMPLES }, (_, i) => last - (SAMPLES - 1 - i) * INTERVAL_MS);
  const floats = (value: (i: number) => number) =>
    times.map((timestamp, i) => ({ timestamp, value: value(i) }));
  const bucket = (le: string, share: number): V2Series => ({
    labels: [
      ["__name__", "classic_seconds_bucket"],
      ["le", le],
    ],
    samples: floats((i) => i * share),
  });
  const series: V2Series[] = [
    {
      labels: [
        ["__name__", "plain_bytes"],
        ["job", "shop"],
      ],
      samples: floats(() => 4096),
    },
    {
      labels: [
        ["__name__", "traced_total"],
        ["job", "shop"],
      ],
      samples: floats((i) => i * 10),
      exemplars: [{ labels: [["trace_id", "4bf92f3577b34da6"]], value: 70, timestamp: times[10] + 1 }],
    },
    {
      labels: [
        ["__name__", "native_seconds"],
        ["job", "shop"],
      ],
      histograms: times.map((timestamp, i) => ({
        countInt: 10 + i,
        sum: 3,
        schema: 0,
        zeroThreshold: 1e-128,
        zeroCountInt: 0,
        positiveSpans: [{ offset: -2, length: 3 }],
        positiveDeltas: [2, 1, 2 + i],
        timestamp,
      })),
    },
    bucket("0.1", 2),
    bucket("0.5", 5),
    bucket("+Inf", 6),
    {
      labels: [
        ["__name__", "hostile_total"],
        ["label", HOSTILE],
      ],
      samples: floats((i) => i),
      metadata: { type: 1, help: HOSTILE, unit: HOSTILE } as never,
    },
    { labels: [["__name__", `hostile ${HOSTILE}`]], samples: floats((i) => i) },
  ];
  const response = await fetch(`${target.url}/api/v1/write`, {
    method: "POST",
    headers: {
      Authorization: basicAuth(target),
      "Content-Encoding": "snappy",
      "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
    },
    body: new Uint8Array(compressedV2(series)),
  });
  assert.equal(response.status, 204, await response.text());
  return last / 1000;
}
