/**
 * The picture of Grafana's dashboard, drawn with Grafana's own components (`@grafana/ui`, Apache-2.0) in a headless
 * Chromium. They are installed into ./grafana at the first run: 575 MB. Six minutes of real traffic come before it.
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
import { SCRAPE_INTERVAL_MS } from "../../bench/workload.ts";
import { MINUTE_MS } from "../../lib/model/time.ts";
import { startBrowser } from "../e2e/browser/browser.ts";
import { dashboard, filledIn, type Panel } from "../helpers/dashboard.ts";
import { type Hearth, stopCleanly } from "../helpers/hearth-process.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";
import { drawPicture } from "./picture.ts";
import { Authorization, recordedScrapes, startForPictures } from "./recorded-hearth.ts";

const GRAFANA = join(import.meta.dirname, "grafana");
const SPAN_MS = 6 * MINUTE_MS;
const WIDTH = 1280;
/** What a person with a dashboard open asks for every few seconds, and two mistakes. */
const QUESTIONS = [
  "query_range?query=sum by (mode) (rate(node_cpu_seconds_total[1m]))&step=15&start=$start&end=$end",
  "query?query=node_load1",
  "labels",
  "query?query=sum(",
];

interface Answer {
  readonly refId: string;
  readonly name: string;
  readonly times: readonly number[];
  readonly values: readonly number[];
}

export async function drawDashboard(): Promise<void> {
  installGrafana();
  await using root = await newTemporaryDirectory("screenshots");
  const hearth = await startForPictures(root.path, []);
  await using _hearth = hearth.child;
  const from = Date.now();
  await makeTraffic(hearth);
  const range = { from, to: Date.now() };
  const panels = await Promise.all(
    dashboard.panels.map(async (panel) => ({ ...panel, answers: await answersOf(hearth, panel, range) })),
  );
  await stopCleanly(hearth.child);
  await using served = await servePage();
  await using browser = await startBrowser();
  await browser.page.show(served.url);
  await browser.page.until("loaded", "globalThis.draw !== undefined");
  const { title } = dashboard;
  await browser.page.value(`void draw(${JSON.stringify({ panels, range, width: WIDTH, title })})`);
  const withGraph = panels.filter(({ answers }) => answers.length > 0).length;
  await browser.page.until("drawn", `document.querySelectorAll(".panel canvas").length >= ${withGraph}`);
  await setTimeout(1000);
  await drawPicture(browser.page, "dashboard.png");
  if (browser.page.complaints.length > 0) throw new Error(browser.page.complaints.join("\n"));
}

function installGrafana(): void {
  if (existsSync(join(GRAFANA, "node_modules/@grafana/ui"))) return;
  const args = ["ci", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund"];
  const { status } = spawnSync("npm", args, { cwd: GRAFANA, stdio: "inherit" });
  if (status !== 0) throw new Error(`npm ci in ${GRAFANA} failed: status=${status}`);
}

async function makeTraffic({ url }: Hearth): Promise<void> {
  const startMs = Date.now();
  const send = recordedScrapes(startMs);
  for (let scrape = 0; scrape < SPAN_MS / SCRAPE_INTERVAL_MS; scrape++) {
    await send(url, scrape);
    for (const question of QUESTIONS) {
      const end = Date.now() / 1000;
      const path = question.replace("$start", `${end - 300}`).replace("$end", `${end}`);
      await (await fetch(`${url}/api/v1/${path}`, { headers: { Authorization } })).text();
    }
    await setTimeout(startMs + (scrape + 1) * SCRAPE_INTERVAL_MS - Date.now());
  }
}

async function answersOf(
  { url }: Hearth,
  { targets }: Panel,
  range: { readonly from: number; readonly to: number },
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const { refId, expr, legendFormat } of targets) {
    const body = new URLSearchParams({
      query: filledIn(expr),
      start: `${range.from / 1000}`,
      end: `${range.to / 1000}`,
      step: `${SCRAPE_INTERVAL_MS / 1000}`,
    });
    const response = await fetch(`${url}/api/v1/query_range`, {
      method: "POST",
      headers: { Authorization },
      body,
    });
    if (!response.ok) throw new Error(`${expr}: status ${response.status}: ${await response.text()}`);
    const { data } = (await response.json()) as {
      data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
    };
    for (const { metric, values } of data.result) {
      const name = legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label) => metric[label] ?? "");
      const points = values.filter(([, value]) => value !== "NaN");
      answers.push({
        refId,
        name: name || "Value",
        times: points.map(([seconds]) => seconds * 1000),
        values: points.map(([, value]) => Number(value)),
      });
    }
  }
  return answers;
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
