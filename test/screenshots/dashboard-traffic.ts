/** The traffic that the dashboard's picture shows: three tenants that send, a user who asks, two mistakes. */
import { setTimeout } from "node:timers/promises";
import { SCRAPE_INTERVAL_MS } from "../../bench/workload.ts";
import { Authorization, recordedScrapes } from "./recorded-hearth.ts";

/** Series by tenant; undefined: all that are recorded. */
const TENANTS: Readonly<Record<string, number | undefined>> = {
  default: undefined,
  checkout: 900,
  warehouse: 350,
};
/** What a person with a dashboard open asks for every few seconds, and two mistakes. */
const QUESTIONS = [
  "query_range?query=sum by (mode) (rate(node_cpu_seconds_total[1m]))&step=15&start=$start&end=$end",
  "query?query=node_load1",
  "labels",
  "query?query=sum(",
];
const PANEL_SECONDS = 300;

/** Sends and asks for `durationMs`, a scrape every 15 s. */
export async function makeTraffic(url: string, durationMs: number): Promise<void> {
  const startMs = Date.now();
  const senders = Object.entries(TENANTS).map(([tenant, count]) => recordedScrapes(startMs, tenant, count));
  for (let scrape = 0; scrape < durationMs / SCRAPE_INTERVAL_MS; scrape++) {
    for (const send of senders) await send(url, scrape);
    for (const question of QUESTIONS) {
      const end = Date.now() / 1000;
      const path = question.replace("$start", `${end - PANEL_SECONDS}`).replace("$end", `${end}`);
      await (await fetch(`${url}/api/v1/${path}`, { headers: { Authorization } })).text();
    }
    await setTimeout(startMs + (scrape + 1) * SCRAPE_INTERVAL_MS - Date.now());
  }
}
