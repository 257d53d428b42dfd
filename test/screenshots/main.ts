/**
 * `npm run screenshots [-- explorer|pages|dashboard]`: the pictures in docs/images, of the explorer and of Grafana's dashboard. Starts Hearth
 * on loopback, sends it recorded series, draws in a headless Chromium and writes PNGs. Needs Debian's package `chromium`.
 * `-- dashboard --minutes 2` draws the dashboard of so much traffic, into .cache/screenshots: `.ci/run` does so.
 */
import { parseArgs } from "node:util";
import { whyMissing } from "../e2e/programs.ts";
import { drawDashboard } from "./dashboard.ts";
import { drawExplorer } from "./explorer.ts";
import { drawPages } from "./pages.ts";

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: "string" } },
});
const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
if (minutes !== undefined && !(minutes >= 1 && minutes <= 60))
  throw new Error(`--minutes ${values.minutes}, expected 1 to 60`);

const PICTURES: Readonly<Record<string, () => Promise<void>>> = {
  explorer: drawExplorer,
  pages: drawPages,
  dashboard: () => drawDashboard(minutes),
};

const unknown = names.find((name) => !Object.hasOwn(PICTURES, name));
if (unknown !== undefined)
  throw new Error(`unknown picture "${unknown}", expected ${Object.keys(PICTURES).join(" or ")}`);
const missing = await whyMissing("chromium");
if (missing !== undefined) throw new Error(`${missing}; nothing is drawn`);
for (const name of names.length > 0 ? names : Object.keys(PICTURES)) await PICTURES[name]();
