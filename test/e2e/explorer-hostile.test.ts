/**
 * Texts that would be code in some place of the explorer, as names, labels, values, help, rules, annotations and expressions:
 * in a headless Chromium each is text in each view, and the page has no element, address or handler by it.
 */
import assert from "node:assert/strict";
import { it } from "node:test";
import { newRuleRunner } from "../../lib/http/compose-rules.ts";
import { MINUTE_MS } from "../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import { parseRuleFile } from "../../lib/rules/parse-rule-file.ts";
import { DEFAULT_RULE_SETTINGS } from "../../lib/rules/settings.ts";
import { newRuleStore } from "../../lib/rules/table-rule-store.ts";
import { HOSTILE_TEXTS } from "../helpers/hostile-texts.ts";
import { openPagesWorld, type PagesWorld } from "../helpers/pages-world.ts";
import { series } from "../helpers/write-requests.ts";
import { type Page, startBrowser } from "./browser/browser.ts";
import { boxOf, complaintsOf, signIn, watchPolicy } from "./browser/explorer-page.ts";
import { moveTo } from "./browser/mouse.ts";
import { whyMissing } from "./programs.ts";

const missing = await whyMissing("chromium");

/** Without what alerts record. */
const SELECTOR = `{job="hostile", __name__=~"hostile.*"}`;
/** Of so few labels that each is a column. */
const FEW = `{__name__=~"hostile (__proto__|constructor)"}`;
const ANSWERED = `document.querySelector(".panel-body[aria-busy=false] :is(.facts, .error-box, .explain)") && !document.querySelector(".progress-row")`;
/** Elements and attributes that nothing but a text taken as HTML would make. */
const INJECTED = `[...document.querySelectorAll("*")].flatMap((element) => [
  ...(["img", "iframe", "object", "embed", "base", "form[action]"].some((name) => element.matches(name)) ? [element.outerHTML] : []),
  ...(element.localName === "script" && element.getAttribute("src") !== "page.mjs" ? [element.outerHTML] : []),
  ...[...element.attributes].filter(({ name, value }) => /^on/i.test(name) || (/href|src|action/.test(name) && /^\\s*javascript:/i.test(value))).map(({ name, value }) => name + "=" + value),
])`;

it("hostile texts are text in every view", { timeout: 120_000, skip: missing ?? false }, async () => {
  await using world = await openPagesWorld();
  await fill(world);
  await using browser = await startBrowser();
  const { page } = browser;
  await watchPolicy(page);
  await page.show(world.url);
  await signIn(page, { url: world.url, accessKeyId: world.key.id, secret: world.key.secret });
  await page.until("signed in", `document.querySelector(".nav-link")`);
  const query = async (parameters: Record<string, string>) => {
    await page.value(`location.hash = ${JSON.stringify(`#/query?${new URLSearchParams(parameters)}`)}`);
    const expr = JSON.stringify(parameters["g0.expr"]);
    const tab = JSON.stringify(parameters["g0.tab"] ?? "graph");
    await page.until(
      "the tab",
      `document.querySelector(".tab[aria-selected=true]")?.innerText.toLowerCase() === ${tab}`,
    );
    await page.until(
      "answered",
      `document.querySelector(".panel-body")?.dataset.shows === ${expr} && ${ANSWERED}`,
    );
  };

  await query({ "g0.expr": SELECTOR, range: "15m" });
  await page.until(
    "a legend",
    `document.querySelectorAll(".legend-name").length === ${HOSTILE_TEXTS.length}`,
  );
  const { x, y, width, height } = await boxOf(page, ".u-over");
  await moveTo(page.tools, { x: x + width * 0.97, y: y + height / 2 });
  await page.until("a tooltip", `document.querySelector(".tooltip-row")`);
  await expectText(
    page,
    "the legend",
    `[...document.querySelectorAll(".legend-name")].map(({ innerText }) => innerText).join("\\n")`,
  );
  await expectText(
    page,
    "titles",
    `[...document.querySelectorAll(".legend-name")].map(({ title }) => title).join("\\n")`,
  );
  await expectText(page, "the tooltip", `document.querySelector(".tooltip").innerText`);
  for (const view of ["table", "explain"]) {
    await query({ "g0.expr": SELECTOR, "g0.tab": view, range: "15m" });
    if (view === "table") await page.until("a table", `document.querySelector(".table")`);
    if (view === "table") await expectText(page, view, `document.querySelector(".table").innerText`);
    await expectNothingRan(page, view);
  }
  await query({ "g0.expr": FEW, "g0.tab": "table", range: "15m" });
  assert.deepEqual(await page.texts(".table tbody td:not(.right)"), [
    ...["hostile __proto__", "__proto__", "__proto__", "–"],
    ...["hostile constructor", "–", "constructor", "constructor"],
  ]);
  for (const [i, text] of HOSTILE_TEXTS.entries()) {
    await query({
      "g0.expr": i % 2 === 0 ? text : `sum({${JSON.stringify(text)}="nothing", a=}`,
      range: "15m",
    });
    await expectNothingRan(page, `the query ${text}`);
  }

  for (const [hash, isShown] of [
    ["#/metrics?q=hostile", `document.querySelectorAll(".metric").length > ${HOSTILE_TEXTS.length}`],
    [
      `#/metrics?q=${encodeURIComponent(HOSTILE_TEXTS[0])}`,
      `document.body.innerText.includes(${JSON.stringify(HOSTILE_TEXTS[0])})`,
    ],
    ["#/cost?by=metrics", `document.querySelector("tbody tr")`],
    ["#/cost?by=labels", `document.querySelector("tbody tr")`],
    ["#/cost?by=queries", `document.querySelector("tbody tr")`],
    ["#/rules", `document.querySelectorAll(".rule").length > ${HOSTILE_TEXTS.length}`],
    ["#/status", `document.querySelector("tbody tr")`],
    ...HOSTILE_TEXTS.map((text) => [
      `#/metrics?metric=${encodeURIComponent(`hostile ${text}`)}`,
      `document.querySelector(".chip")`,
    ]),
  ]) {
    await page.value(`location.hash = ${JSON.stringify(hash)}`);
    await page.until(`showing ${hash}`, isShown);
    await page.value(
      `for (const closed of document.querySelectorAll("main [aria-expanded=false]")) closed.click()`,
    );
    await expectNothingRan(page, hash);
    if (hash === "#/rules") await expectText(page, hash, `document.querySelector("main").innerText`);
  }
  // Prometheus' addresses lead here.
  for (const text of HOSTILE_TEXTS) {
    await page.show(
      `${world.url}/graph?${new URLSearchParams({ "g0.expr": text, "g0.tab": text, "g0.range_input": text })}`,
    );
    await page.until(
      "the query page",
      `location.hash.startsWith("#/query") && document.querySelector(".panel")`,
    );
    await expectNothingRan(page, `/graph of ${text}`);
  }
  // The test turns pages faster than a person can.
  const complaints = (await complaintsOf(page)).filter((text) => !text.includes("Throttling navigation"));
  assert.deepEqual(complaints, []);
  assert.ok(page.requests.every((url) => url.startsWith(world.url) || url.startsWith("data:")));
});

/** Line breaks and spaces are the browser's. */
const PLAIN = (text: string) => text.replaceAll(/[\s\u200b]+/g, "");

async function expectText(page: Page, where: string, shown: string): Promise<void> {
  const text = PLAIN(await page.value<string>(shown));
  for (const one of HOSTILE_TEXTS) {
    const forms = [one, JSON.stringify(one).slice(1, -1)].map(PLAIN);
    assert.ok(
      forms.some((form) => text.includes(form)),
      `${where} lacks ${one}: ${text.slice(0, 4000)}`,
    );
  }
}

async function expectNothingRan(page: Page, where: string): Promise<void> {
  assert.equal(await page.value("window.hacked"), undefined, where);
  assert.deepEqual(await page.value(INJECTED), [], where);
}

async function fill({ gateway }: PagesWorld): Promise<void> {
  const { nowMs } = gateway;
  const times = Array.from({ length: 10 }, (_, i) => nowMs - (9 - i) * MINUTE_MS);
  const sent = HOSTILE_TEXTS.map((text, i) =>
    series(
      `hostile ${text}`,
      { job: "hostile", [text]: text, value: text },
      ...times.map((time): [number, number] => [time, i]),
    ),
  );
  const response = await gateway.write(sent);
  assert.equal(response.status, 200, await response.text());
  const rules = HOSTILE_TEXTS.map((text) => ({
    alert: `alert ${text}`,
    expr: `{${JSON.stringify(`hostile ${text}`)}} >= 0`,
    labels: { [`${text} `]: text.replaceAll("{{", "") },
    annotations: { summary: text.replaceAll("{{", ""), runbook_url: "javascript:window.hacked=1" },
  }));
  const { file, problems } = parseRuleFile(JSON.stringify({ groups: [{ name: HOSTILE_TEXTS[0], rules }] }));
  assert.ok(file !== undefined, JSON.stringify(problems));
  await newRuleStore(gateway.services.table).put("t", HOSTILE_TEXTS[1], file.groups[0]);
  const settings = { promql: DEFAULT_PROMQL_SETTINGS, rules: DEFAULT_RULE_SETTINGS };
  const runner = newRuleRunner(gateway.services, settings);
  await runner.run({ deadlineMs: Number.POSITIVE_INFINITY });
}
