/** The explorer's files, at the gateway's own address. They are the same for everybody: what they ask for needs a key. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Gateway } from "./gateway.ts";

/** What esbuild made of `explorer/`, by file name: index.html, explorer.mjs, explorer.css. */
export type ExplorerFiles = ReadonlyMap<string, Uint8Array>;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  "index.html": "text/html; charset=utf-8",
  "explorer.mjs": "text/javascript; charset=utf-8",
  "explorer.css": "text/css; charset=utf-8",
};

export const EXPLORER_FILES = Object.keys(CONTENT_TYPES);

/** Nothing from elsewhere, and no frame around it. The editor makes its own styles. */
const SECURITY_HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

interface Asset {
  readonly headers: Readonly<Record<string, string>>;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

/** Serves the explorer at `/`. `load` is called with the first request, and again if it failed. */
export function addExplorerRoutes(app: Gateway, load: () => Promise<ExplorerFiles>): void {
  let assets: Promise<ReadonlyMap<string, Asset>> | undefined;
  for (const name of EXPLORER_FILES) {
    app.get(name === "index.html" ? "/" : `/${name}`, async (c) => {
      assets ??= load().then(newAssets);
      const asset = await assets.catch((error: unknown) => {
        assets = undefined;
        throw error;
      });
      const { headers, plain, gzipped } = asset.get(name) as Asset;
      if (c.req.header("If-None-Match") === headers.ETag) return c.body(null, 304, headers);
      const isGzipTaken = /\bgzip\b/.test(c.req.header("Accept-Encoding") ?? "");
      return isGzipTaken
        ? c.body(gzipped, 200, { ...headers, "Content-Encoding": "gzip" })
        : c.body(plain, 200, headers);
    });
  }
}

function newAssets(files: ExplorerFiles): ReadonlyMap<string, Asset> {
  return new Map(Object.entries(CONTENT_TYPES).map(([name, type]) => [name, newAsset(name, type, files)]));
}

function newAsset(name: string, contentType: string, files: ExplorerFiles): Asset {
  const plain = files.get(name);
  if (plain === undefined) throw new Error(`explorer: ${name} was not built`);
  const ETag = `"${createHash("sha256").update(plain).digest("base64url").slice(0, 16)}"`;
  // Asked for again each time and answered with 304, so that an upgrade shows at once.
  const caching = { "Cache-Control": "no-cache", Vary: "Accept-Encoding", ETag };
  return {
    headers: { "Content-Type": contentType, ...caching, ...SECURITY_HEADERS },
    plain: new Uint8Array(plain),
    gzipped: new Uint8Array(gzipSync(plain)),
  };
}
