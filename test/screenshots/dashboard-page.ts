/**
 * Grafana's own components (`@grafana/ui`, Apache-2.0) in a headless Chromium, which draw a dashboard's panels. They are
 * installed into ./grafana at the first run: 575 MB.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { build } from "esbuild";
import { type Page, startBrowser } from "../e2e/browser/browser.ts";
import { dashboard, type Panel } from "../helpers/dashboard.ts";

const GRAFANA = join(import.meta.dirname, "grafana");
const WIDTH = 1280;

/** A series of an answer; times in ms. */
export interface Answer {
  readonly refId: string;
  readonly name: string;
  readonly times: readonly number[];
  readonly values: readonly number[];
}

export interface AnsweredPanel extends Panel {
  readonly answers: readonly Answer[];
}

/** In ms. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Draws panels, and hands the page over once they are drawn. Throws if Grafana's components complained. */
export async function drawPanels(
  panels: readonly AnsweredPanel[],
  range: Range,
  keep: (page: Page) => Promise<void>,
): Promise<void> {
  await using served = await servePage();
  await using browser = await startBrowser();
  await browser.page.show(served.url);
  await browser.page.until("loaded", "globalThis.draw !== undefined");
  const { title } = dashboard;
  await browser.page.value(`void draw(${JSON.stringify({ panels, range, width: WIDTH, title })})`);
  const graphs = panels.filter(({ type, answers }) => type === "timeseries" && answers.length > 0);
  await browser.page.until("drawn", `document.querySelectorAll(".panel canvas").length >= ${graphs.length}`);
  await setTimeout(1000);
  await keep(browser.page);
  if (browser.page.complaints.length > 0) throw new Error(browser.page.complaints.join("\n"));
}

export function installGrafana(): void {
  if (existsSync(join(GRAFANA, "node_modules/@grafana/ui"))) return;
  const args = ["ci", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund"];
  const { status } = spawnSync("npm", args, { cwd: GRAFANA, stdio: "inherit" });
  if (status !== 0) throw new Error(`npm ci in ${GRAFANA} failed: status=${status}`);
}

/** Bundles the page and serves it with Grafana's icons. */
async function servePage(): Promise<{ readonly url: string } & AsyncDisposable> {
  const { outputFiles } = await build({
    entryPoints: [join(GRAFANA, "page.jsx")],
    outdir: GRAFANA,
    write: false,
    bundle: true,
    minify: true,
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
    logLevel: "error",
  });
  const [script, styles] = [".js", ".css"].map(
    (end) => outputFiles.find(({ path }) => path.endsWith(end))!.text,
  );
  const html = `<!doctype html><meta charset="utf-8"><style>${styles}</style><body><script src="page.js"></script>`;
  const server = createServer(async ({ url }, response) => {
    if (url === "/") response.setHeader("Content-Type", "text/html").end(html);
    else if (url === "/page.js") response.setHeader("Content-Type", "text/javascript").end(script);
    else {
      const icon = await readFile(join(GRAFANA, "node_modules/@grafana/ui/dist", url!)).catch(
        () => undefined,
      );
      response.setHeader("Content-Type", "image/svg+xml").end(icon);
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
