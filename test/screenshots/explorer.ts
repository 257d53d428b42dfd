/** The picture of the explorer: a quarter of an hour of the recorded series in a graph. */
import { SCRAPE_INTERVAL_MS } from "../../bench/workload.ts";
import { MINUTE_MS } from "../../lib/model/time.ts";
import { type Page, startBrowser } from "../e2e/browser/browser.ts";
import { pressKey, typeText } from "../e2e/browser/keyboard.ts";
import { stopCleanly } from "../helpers/hearth-process.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";
import { drawPicture } from "./picture.ts";
import { KEY, recordedScrapes, startForPictures } from "./recorded-hearth.ts";

/** As long as the recording is: after that its values repeat. */
const SPAN_MS = 15 * MINUTE_MS;
const EXPR = 'sum by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[1m]))';

export async function drawExplorer(): Promise<void> {
  await using root = await newTemporaryDirectory("screenshots");
  const hearth = await startForPictures(root.path);
  await using _hearth = hearth.child;
  const send = recordedScrapes(Date.now() - SPAN_MS);
  for (let scrape = 0; scrape < SPAN_MS / SCRAPE_INTERVAL_MS; scrape++) await send(hearth.url, scrape);
  await using browser = await startBrowser();
  const { page } = browser;
  await page.show(`${hearth.url}/#/query?${new URLSearchParams({ "g0.expr": EXPR, range: "15m" })}`);
  await logIn(page);
  await page.until("plotted", `document.querySelectorAll(".legend tbody tr").length > 1`);
  await page.until("done", `/points/.test(document.querySelector(".facts").innerText)`);
  await drawPicture(page, "explorer.png");
  await stopCleanly(hearth.child);
}

/** Types the key into the form, whose first field has the focus. */
async function logIn(page: Page): Promise<void> {
  await page.until("asking for a key", `document.activeElement?.name === "id"`);
  await typeText(page.tools, KEY.id);
  await pressKey(page.tools, "Tab");
  await typeText(page.tools, KEY.secret);
  await pressKey(page.tools, "Enter");
}
