/** The picture of Grafana's dashboard, of six minutes of real traffic. */
import { SCRAPE_INTERVAL_MS } from "../../bench/workload.ts";
import { MINUTE_MS } from "../../lib/model/time.ts";
import { dashboard, filledIn, type Panel } from "../helpers/dashboard.ts";
import { stopCleanly } from "../helpers/hearth-process.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";
import { type Answer, type AnsweredPanel, drawPanels, installGrafana, type Range } from "./dashboard-page.ts";
import { makeTraffic } from "./dashboard-traffic.ts";
import { Authorization, startForPictures } from "./recorded-hearth.ts";

const TRAFFIC_MS = 6 * MINUTE_MS;

/** Of a range query `values`, of an instant query `value`. */
interface ApiSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [seconds: number, value: string];
  readonly values?: readonly (readonly [seconds: number, value: string])[];
}

export async function drawDashboard(): Promise<void> {
  installGrafana();
  await using root = await newTemporaryDirectory("screenshots");
  const hearth = await startForPictures(root.path, []);
  await using _hearth = hearth.child;
  const from = Date.now();
  await makeTraffic(hearth.url, TRAFFIC_MS);
  const range = { from, to: Date.now() };
  const panels = await answeredPanels(hearth.url, range);
  await stopCleanly(hearth.child);
  await drawPanels(panels, range, "dashboard.png");
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
