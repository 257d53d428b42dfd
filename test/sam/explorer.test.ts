/** The explorer of the built function: its files, and how they come through Lambda's runtime and through sam local. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { EXPLORER_PATHS } from "../../lib/http/explorer-route.ts";
import { buildExplorer } from "../../local/explorer-files.ts";
import { filesOfPage } from "../helpers/page-files.ts";
import { BUILD_DIRECTORY, NO_DOCKER } from "./environment.ts";
import { startEmulator } from "./stand-ins/emulator.ts";
import { startLocalApi } from "./stand-ins/sam-local.ts";
import { decodeStreamed } from "./streamed-answer.ts";

const skip = NO_DOCKER ?? false;
const STAGE = "prod";

function eventOf(method: string, path: string, headers: Readonly<Record<string, string>>) {
  const requestContext = { httpMethod: method, path: `/${STAGE}${path}`, stage: STAGE, identity: {} };
  return {
    resource: path,
    path,
    httpMethod: method,
    headers,
    requestContext,
    body: null,
    isBase64Encoded: false,
  };
}

test("sam build makes the explorer's files as npm start does, to the byte", async () => {
  for (const [name, content] of await buildExplorer()) {
    const built = await readFile(join(BUILD_DIRECTORY, "ExplorerFunction", name));
    assert.ok(built.equals(content), `${name}: ${built.length} bytes, expected ${content.length}`);
  }
});

test("the runtime streams the page of a stage and each file that it names", { skip }, async (t) => {
  await using emulator = await startEmulator("ExplorerFunction", "explorer", "none");
  const ask = async (method: string, path: string, headers: Readonly<Record<string, string>> = {}) =>
    decodeStreamed(await emulator.invoke(eventOf(method, path, headers)));
  const files = await buildExplorer();

  const page = await ask("GET", "/");
  assert.equal(page.statusCode, 200);
  const html = new TextDecoder().decode(page.body);
  const base = /<base href="([^"]+)"/.exec(html)?.[1];
  assert.equal(base, `/${STAGE}/`);
  const loaded = filesOfPage(html).map((file) => new URL(file, `https://api.test${base}`).pathname);
  assert.deepEqual(
    loaded.map((path) => path.slice(`/${STAGE}`.length)).sort(),
    EXPLORER_PATHS.filter((path) => path !== "/").sort(),
  );

  for (const path of EXPLORER_PATHS) {
    await t.test(path, async () => {
      const plain = await ask("GET", path, { "accept-encoding": "identity" });
      assert.equal(plain.statusCode, 200);
      if (path !== "/") assert.deepEqual(plain.body, new Uint8Array(files.get(path.slice(1))!));
      const gzipped = await ask("GET", path, { "accept-encoding": "gzip" });
      assert.equal(gzipped.headers["content-encoding"], "gzip");
      const stream = new Blob([gzipped.body]).stream().pipeThrough(new DecompressionStream("gzip"));
      assert.deepEqual(await new Response(stream).bytes(), plain.body);
      const head = await ask("HEAD", path);
      assert.deepEqual([head.statusCode, head.body.length, head.headers.etag], [200, 0, plain.headers.etag]);
      const again = await ask("GET", path, { "if-none-match": plain.headers.etag });
      assert.deepEqual([again.statusCode, again.body.length], [304, 0]);
    });
  }
});

test("sam local start-api has the page and each file that it names", { skip }, async () => {
  await using api = await startLocalApi("none");
  // As browsers send it; sam would leave an answer of another type in base64.
  const Accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
  const page = await download(`${api.url}/`, { headers: { Accept } });
  assert.equal(page.headers["content-type"], "text/html; charset=utf-8");
  const files = filesOfPage(page.body.toString());
  assert.equal(files.length, 2);
  const built = await buildExplorer();
  for (const file of files) {
    const url = new URL(file, `${api.url}/`);
    const asset = await download(url, { headers: { Accept: "*/*", "Accept-Encoding": "gzip" } });
    assert.equal(asset.headers["content-encoding"], "gzip");
    assert.deepEqual(gunzipSync(asset.body), Buffer.from(built.get(file)!), file);
    assert.equal((await download(url, { method: "HEAD", headers: { Accept: "*/*" } })).status, 200);
  }
});

/** `fetch` of Node 24 fails now and then when a server, as sam local's does, closes the connection behind a large body. */
async function download(url: string | URL, options: RequestOptions) {
  const [response] = (await once(request(url, options).end(), "response")) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await buffer(response) };
}
