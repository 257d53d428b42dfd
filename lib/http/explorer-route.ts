/** The explorer's files. They need no key; the API calls that the page makes do. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Gateway, GatewayContext } from "./gateway.ts";
import { hasMoreParameters } from "./parameter-count.ts";

/** The files that esbuild makes of `explorer/`, by the names in `EXPLORER_FILES`. */
export type ExplorerFiles = ReadonlyMap<string, Uint8Array>;

const PAGE = "index.html";
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  [PAGE]: "text/html; charset=utf-8",
  "page.mjs": "text/javascript; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
};

export const EXPLORER_FILES = Object.keys(CONTENT_TYPES);
/** The page is `/`; the files that it loads are beside it. */
export const EXPLORER_PATHS = EXPLORER_FILES.map(pathOfFile);

/** The pages of Prometheus that alerts and templates link to: they lead to the explorer. */
export const LINKED_PATHS = ["/graph", "/query"];
const MAX_LINKED_PARAMETERS = 200;

/** No other origins, no frames, nothing inline. */
const SECURITY_HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'self'; form-action 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** Larger files are sent compressed unless the request refuses that: anybody may ask for them. */
const LARGE_BYTES = 100 * 1024;

/** A path that needs no escaping in an attribute and cannot name another host. */
const PLAIN_PATH = /^(\/[\w.~$+!*'()-]+)*\/?$/;

interface Asset {
  readonly headers: Readonly<Record<string, string>>;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

/**
 * Serves the explorer at `/`. The first request calls `load`; after a failure the next one does again.
 * `pagePath` returns the page's path in the browser, for a gateway that strips a prefix of it. Without
 * `pagePath` the page's addresses stay relative, which works behind any proxy.
 */
export function addExplorerRoutes(
  app: Gateway,
  load: () => Promise<ExplorerFiles>,
  pagePath?: (c: GatewayContext) => string,
): void {
  let assets: Promise<ReadonlyMap<string, Asset>> | undefined;
  const find = async (name: string): Promise<Asset> => {
    assets ??= load().then(newAssets);
    const loaded = await assets.catch((error: unknown) => {
      assets = undefined;
      throw error;
    });
    return loaded.get(name) as Asset;
  };
  for (const path of LINKED_PATHS)
    app.get(path, (c) => c.body(null, 302, { Location: explorerAddress(c), ...SECURITY_HEADERS }));
  for (const name of EXPLORER_FILES) {
    app.get(pathOfFile(name), async (c) => {
      const asset = await find(name);
      return answer(c, name === PAGE && pagePath !== undefined ? withBase(asset, pagePath(c)) : asset);
    });
    app.all(pathOfFile(name), (c) =>
      c.text(`method ${c.req.method} is not allowed here, use GET\n`, 405, { Allow: "GET, HEAD" }),
    );
  }
}

/** The explorer's address for a Prometheus page's: it reads the same parameters. */
function explorerAddress(c: GatewayContext): string {
  const { search } = new URL(c.req.url);
  // Anybody may ask, and each parameter takes this thread's time. Prometheus' pages have six for a graph.
  if (hasMoreParameters(search, MAX_LINKED_PARAMETERS)) return "./";
  const parameters = new URLSearchParams(c.req.query());
  // Without a tab, Prometheus' old page shows a table.
  if (parameters.has("g0.expr") && !parameters.has("g0.tab")) parameters.set("g0.tab", "1");
  // Relative: the page is beside it, behind whatever proxy.
  return parameters.get("g0.expr") ? `./#/query?${parameters}` : "./";
}

function pathOfFile(name: string): string {
  return name === PAGE ? "/" : `/${name}`;
}

function answer(c: GatewayContext, { headers, plain, gzipped }: Asset): Response {
  if (c.req.header("If-None-Match") === headers.ETag) return c.body(null, 304, headers);
  // Without the header any encoding may be sent: of the script 175 KB instead of 519.
  const unnamed = plain.length > LARGE_BYTES ? "gzip" : "";
  const isGzipTaken = /\bgzip\b/.test(c.req.header("Accept-Encoding") ?? unnamed);
  return isGzipTaken
    ? c.body(gzipped, 200, { ...headers, "Content-Encoding": "gzip" })
    : c.body(plain, 200, headers);
}

/**
 * The page for a browser that shows it at `path`. A stage's address may lack the last slash
 * (`https://…/prod`); a browser would resolve relative addresses beside such a stage, not below it.
 */
function withBase({ plain }: Asset, path: string): Asset {
  if (!PLAIN_PATH.test(path))
    throw new Error(`explorer: page path ${JSON.stringify(path)}: expected a plain path`);
  const html = new TextDecoder().decode(plain);
  const based = html.replace("<head>", `<head>\n    <base href="${path.replace(/\/?$/, "/")}" />`);
  return newAsset(PAGE, new TextEncoder().encode(based));
}

function newAssets(files: ExplorerFiles): ReadonlyMap<string, Asset> {
  const assets = EXPLORER_FILES.map((name) => {
    const file = files.get(name);
    if (file === undefined) throw new Error(`explorer: ${name} was not built`);
    return [name, newAsset(name, file)] as const;
  });
  return new Map(assets);
}

function newAsset(name: string, plain: Uint8Array): Asset {
  const ETag = `"${createHash("sha256").update(plain).digest("base64url").slice(0, 16)}"`;
  // Browsers revalidate each time and get 304, so an upgrade shows at once.
  const caching = { "Cache-Control": "no-cache", Vary: "Accept-Encoding", ETag };
  return {
    headers: { "Content-Type": CONTENT_TYPES[name], ...caching, ...SECURITY_HEADERS },
    plain: new Uint8Array(plain),
    gzipped: new Uint8Array(gzipSync(plain)),
  };
}
