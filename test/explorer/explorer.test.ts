import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_QUESTION, printAddress, readAddress } from "../../explorer/address.ts";
import { chooseStep, parseDuration } from "../../explorer/durations.ts";
import { addExplorerRoutes } from "../../lib/http/explorer-route.ts";
import { buildExplorer } from "../../local/explorer-files.ts";
import { TestGateway } from "../helpers/test-gateway.ts";

test("durations as people write them", () => {
  const cases = { "15s": 15, "5m": 300, "1h30m": 5400, "250ms": 0.25, "30": 30, " 1d ": 86_400 };
  for (const [text, seconds] of Object.entries(cases)) assert.equal(parseDuration(text), seconds, text);
  for (const text of ["", "auto", "0", "0s", "-5m", "5 m", "1x"])
    assert.equal(parseDuration(text), undefined, text);
});

test("a step is round, and a range has no more points than it may", () => {
  for (const [range, points, step] of [
    [300, 400, 1],
    [3600, 400, 10],
    [86_400, 400, 300],
    [90 * 86_400, 400, 21_600],
    [4000 * 86_400, 400, 10 * 86_400],
  ])
    assert.equal(chooseStep(range, points), step);
});

test("an address says the question, and nothing of what would be so anyway", () => {
  assert.equal(printAddress(NO_QUESTION), "#");
  const question = {
    expr: 'rate(up{a="b c#&"}[5m])',
    range: "6h",
    end: "",
    step: "1m",
    view: "table",
  } as const;
  assert.deepEqual(readAddress(printAddress(question)), question);
  assert.deepEqual(readAddress("#nonsense"), NO_QUESTION);
});

test("the page and what it loads come from the gateway, whole, compressed or not at all", async () => {
  const gateway = await TestGateway.open();
  let builds = 0;
  addExplorerRoutes(gateway.app, () => {
    builds++;
    return buildExplorer();
  });
  const page = await gateway.fetch("/");
  assert.equal(page.status, 200);
  assert.match(page.headers.get("Content-Security-Policy") ?? "", /default-src 'none'; script-src 'self';/);
  const html = await page.text();
  const files = Array.from(html.matchAll(/(?:src|href)="([\w.]+)"/g), ([, file]) => file);
  assert.deepEqual(files, ["explorer.css", "explorer.mjs"]);
  assert.doesNotMatch(html, /https?:/);
  for (const file of files) {
    const plain = await gateway.fetch(`/${file}`);
    const gzipped = await gateway.fetch(`/${file}`, { headers: { "Accept-Encoding": "br, gzip" } });
    assert.equal(gzipped.headers.get("Content-Encoding"), "gzip");
    const stream = gzipped.body!.pipeThrough(new DecompressionStream("gzip"));
    assert.equal(await new Response(stream).text(), await plain.text());
    const headers = { "If-None-Match": plain.headers.get("ETag")! };
    assert.equal((await gateway.fetch(`/${file}`, { headers })).status, 304);
  }
  assert.equal(builds, 1);
});

test("an explorer that does not build is tried again", async () => {
  const gateway = await TestGateway.open();
  let builds = 0;
  addExplorerRoutes(gateway.app, async () => {
    if (++builds === 1) throw new Error("no esbuild");
    return buildExplorer();
  });
  assert.deepEqual([(await gateway.fetch("/")).status, (await gateway.fetch("/")).status], [500, 200]);
});
