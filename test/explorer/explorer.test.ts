import assert from "node:assert/strict";
import { test } from "node:test";
import { readAddress } from "../../explorer/app/address.ts";
import { readQuestion } from "../../explorer/pages/query/question.ts";
import { addExplorerRoutes, EXPLORER_PATHS } from "../../lib/http/explorer-route.ts";
import { buildExplorer } from "../../local/explorer-files.ts";
import { filesOfPage } from "../helpers/page-files.ts";
import { TestGateway } from "../helpers/test-gateway.ts";

test("the page and what it loads come from the gateway, whole, compressed or not at all", async () => {
  const gateway = await TestGateway.open();
  let builds = 0;
  addExplorerRoutes(gateway.app, () => {
    builds++;
    return buildExplorer();
  });
  const page = await gateway.fetch("/");
  assert.equal(page.status, 200);
  assert.match(
    page.headers.get("Content-Security-Policy") ?? "",
    /default-src 'none'; script-src 'self'; style-src 'self';/,
  );
  assert.doesNotMatch(page.headers.get("Content-Security-Policy") ?? "", /unsafe/);
  const html = await page.text();
  assert.deepEqual(filesOfPage(html), ["page.css", "page.mjs"]);
  // The icon in its data: address names its namespace, which nobody asks for.
  assert.doesNotMatch(html.replace("http://www.w3.org/2000/svg", ""), /https?:|<base/);
  for (const path of EXPLORER_PATHS) {
    const plain = await gateway.fetch(path, { headers: { "Accept-Encoding": "identity" } });
    assert.match(plain.headers.get("Content-Type") ?? "", /^text\/(html|css|javascript); charset=utf-8$/);
    const gzipped = await gateway.fetch(path, { headers: { "Accept-Encoding": "br, gzip" } });
    assert.equal(gzipped.headers.get("Content-Encoding"), "gzip");
    // 519 KB are too much for whoever does not say.
    const unnamed = await gateway.fetch(path);
    assert.ok((await unnamed.bytes()).length < 250_000, path);
    const stream = gzipped.body!.pipeThrough(new DecompressionStream("gzip"));
    assert.equal(await new Response(stream).text(), await plain.text());
    const headers = { "If-None-Match": plain.headers.get("ETag")! };
    assert.equal((await gateway.fetch(path, { headers })).status, 304);
    const head = await gateway.fetch(path, { method: "HEAD" });
    assert.deepEqual([head.status, head.body], [200, null]);
    assert.equal(head.headers.get("ETag"), plain.headers.get("ETag"));
    const posted = await gateway.fetch(path, { method: "POST" });
    assert.deepEqual([posted.status, posted.headers.get("Allow")], [405, "GET, HEAD"]);
  }
  assert.equal(builds, 1);
});

test("Prometheus' links to an expression lead to the page with it", async () => {
  const gateway = await TestGateway.open();
  addExplorerRoutes(gateway.app, buildExplorer);
  const link = `/graph?${new URLSearchParams({ "g0.expr": 'up{a="b c#&"} == 0', "g0.tab": "1" })}`;
  const response = await gateway.fetch(link);
  assert.equal(response.status, 302);
  const address = new URL(response.headers.get("Location")!, `https://host/prod${link}`);
  assert.equal(address.origin + address.pathname, "https://host/prod/");
  const { page, parameters } = readAddress(address.hash);
  assert.equal(page, "query");
  const [panel] = readQuestion(parameters)!.panels;
  assert.deepEqual([panel.expr, panel.view], ['up{a="b c#&"} == 0', "table"]);
  const graph = await gateway.fetch("/query?g0.expr=up&g0.tab=0&g1.expr=down");
  assert.equal(graph.headers.get("Location"), "./#/query?g0.expr=up&g0.tab=0&g1.expr=down");
  const plain = await gateway.fetch("/graph?g0.expr=up");
  assert.equal(plain.headers.get("Location"), "./#/query?g0.expr=up&g0.tab=1");
  assert.equal((await gateway.fetch("/graph")).headers.get("Location"), "./");
  // Each parameter takes the server's time, and nobody needs a key for this.
  const many = await gateway.fetch(`/graph?g0.expr=up${"&a".repeat(1000)}`);
  assert.equal(many.headers.get("Location"), "./");
});

test("where a stage is in front of its path, the page says below what its files are", async () => {
  const paths = { "/prod": "/prod/", "/prod/": "/prod/", "/": "/", "": "/", "/metrics/v2": "/metrics/v2/" };
  for (const [path, base] of Object.entries(paths)) {
    const gateway = await TestGateway.open();
    addExplorerRoutes(gateway.app, buildExplorer, () => path);
    const html = await (await gateway.fetch("/")).text();
    assert.ok(html.includes(`<head>\n    <base href="${base}" />`), `${path}: ${html.slice(0, 200)}`);
    assert.deepEqual(filesOfPage(html), ["page.css", "page.mjs"]);
  }
  for (const path of ["//elsewhere.test", '/"><script>', "https://elsewhere.test/"]) {
    const gateway = await TestGateway.open();
    addExplorerRoutes(gateway.app, buildExplorer, () => path);
    assert.equal((await gateway.fetch("/")).status, 500, path);
  }
});

/** Of what a first visit loads. */
const MAX_WIRE_BYTES = 300_000;

test("a first visit loads less than 300 KB over the wire", async () => {
  const gateway = await TestGateway.open();
  addExplorerRoutes(gateway.app, buildExplorer);
  let bytes = 0;
  for (const path of EXPLORER_PATHS) {
    const response = await gateway.fetch(path, { headers: { "Accept-Encoding": "gzip, deflate, br, zstd" } });
    bytes += (await response.bytes()).length;
  }
  assert.ok(bytes > 50_000 && bytes < MAX_WIRE_BYTES, `${bytes} bytes`);
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
