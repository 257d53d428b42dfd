/** The picture of Grafana's dashboard, of minutes of real traffic. */
import { join } from "node:path";
import { SCRAPE_INTERVAL_MS } from "../../bench/workload.ts";
import { MINUTE_MS } from "../../lib/model/time.ts";
import { dashboard, filledIn, type Panel } from "../helpers/dashboard.ts";
import { stopCleanly } from "../helpers/hearth-process.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";
import { type Answer, type AnsweredPanel, drawPanels, installGrafana, type Range } from "./dashboard-page.ts";
import { makeTraffic } from "./dashboard-traffic.ts";
import { drawPicture } from "./picture.ts";
import { Authorization, startForPictures } from "./recorded-hearth.ts";

/** A compaction is in it. */
const TRAFFIC_MINUTES = 6;
/** Before the first compaction. */
const EMPTY_AT_FIRST = ["Compactor runs"];
const FOR_PEOPLE = join(import.meta.dirname, "../../.cache/screenshots");

/** Of a range query `values`, of an instant query `value`. */
interface ApiSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [seconds: number, value: string];
  readonly values?: readonly (readonly [seconds: number, value: string])[];
}

/**
 * Writes docs/images/dashboard.png; of `minutes` of traffic .cache/screenshots/dashboard.png. Throws if a panel has no data that must
 * have some, and if Grafana's components complained.
 */
export async function drawDashboard(minutes?: number): Promise<void> {
  installGrafana();
  await using root = await newTemporaryDirectory("screenshots");
  const hearth = await startForPictures(root.path, []);
  await using _hearth = hearth.child;
  const from = Date.now();
  await makeTraffic(hearth.url, (minutes ?? TRAFFIC_MINUTES) * MINUTE_MS);
  const range = { from, to: Date.now() };
  const panels = await answeredPanels(hearth.url, range);
  await stopCleanly(hearth.child);
  const empty = panels
    .filter(({ targets, answers }) => targets !== undefined && answers.length === 0)
    .map(({ title }) => title)
    .filter((title) => minutes === undefined || !EMPTY_AT_FIRST.includes(title));
  if (empty.length > 0) throw new Error(`panels without data: ${empty.join(", ")}`);
  await drawPanels(panels, range, (page) =>
    minutes === undefined
      ? drawPicture(page, "dashboard.png")
      : page.screenshot(join(FOR_PEOPLE, "dashboard.png")),
  );
}

/** Every panel with the answers of a Hearth to its queries. */
export function answeredPanels(url: string, range: Range): Promise<AnsweredPanel[]> {
  return Promise.all(
    dashboard.panels.map(async (panel) => ({ ...panel, answers: await answersOf(url, panel, range) })),
  );
}

async function answersOf(url: string, { targets = [] }: Panel, range: Range): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const { refId, expr, legendFormat, instant } of targets) {
    const span = {
      start: `${range.from / 1000}`,
      end: `${range.to / 1000}`,
      step: `${SCRAPE_INTERVAL_MS / 1000}`,
    };
    const times = instant === true ? { time: span.end } : span;
    const body = new URLSearchParams({ query: filledIn(expr), ...times });
    const response = await fetch(`${url}/api/v1/${instant === true ? "query" : "query_range"}`, {
      method: "POST",
      headers: { Authorization },
      body,
    });
    if (!response.ok) throw new Error(`${expr}: status ${response.status}: ${await response.text()}`);
    const { data } = (await response.json()) as {
      data: { result: ApiSeries[] };
    };
    for (const { metric, value, values = [value!] } of data.result) {
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
