/**
 * `npm run screenshots [-- explorer|pages|dashboard]`: the pictures in docs/images, of the explorer and of Grafana's dashboard. Starts Hearth
 * on loopback, sends it recorded series, draws in a headless Chromium and writes PNGs. Needs Debian's package `chromium`.
 */
import { whyMissing } from "../e2e/programs.ts";
import { drawDashboard } from "./dashboard.ts";
import { drawExplorer } from "./explorer.ts";
import { drawPages } from "./pages.ts";

const PICTURES: Readonly<Record<string, () => Promise<void>>> = {
  explorer: drawExplorer,
  pages: drawPages,
  dashboard: drawDashboard,
};

const names = process.argv.slice(2);
const unknown = names.find((name) => !Object.hasOwn(PICTURES, name));
if (unknown !== undefined)
  throw new Error(`unknown picture "${unknown}", expected ${Object.keys(PICTURES).join(" or ")}`);
const missing = await whyMissing("chromium");
if (missing !== undefined) throw new Error(`${missing}; nothing is drawn`);
for (const name of names.length > 0 ? names : Object.keys(PICTURES)) await PICTURES[name]();
