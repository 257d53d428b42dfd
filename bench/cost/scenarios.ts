/** Senders that strain a writer's memory: many series, many tenants, short-lived series. */
import { DEFAULT_TENANT } from "../../lib/model/tenant.ts";
import { DAY_MS } from "../../lib/model/time.ts";
import type { RecordedSeries } from "../recorded-series.ts";
import { newChurningWorkload, newWorkload, SCRAPE_INTERVAL_MS, type Workload } from "../workload.ts";
import { RECOMMENDED } from "./senders.ts";

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** One workload for each tenant; all start at `startMs`. */
  readonly workloads: (recorded: readonly RecordedSeries[], startMs: number) => Map<string, Workload>;
}

const TENANTS = 60;
const TENANT_SERIES = 2000;
const LIVE_SERIES = 10_000;
const NEW_SERIES_PER_DAY = 500_000;

/** The scenario to compare others with. */
export const BASELINE: Scenario = ofOneTenant("10k", "10,000 series", 10_000);

export const SCENARIOS: readonly Scenario[] = [
  ofOneTenant("100k", "100,000 series", 100_000),
  ofOneTenant("300k", "300,000 series", 300_000),
  {
    name: "tenants",
    title: `${TENANTS} tenants of 2,000 series`,
    workloads: (recorded, startMs) =>
      new Map(
        Array.from({ length: TENANTS }, (_, i) => [
          `tenant${i}`,
          newWorkload(recorded, TENANT_SERIES, startMs, RECOMMENDED, i),
        ]),
      ),
  },
  {
    name: "churn",
    title: "10,000 series, 500,000 new a day",
    workloads: (recorded, startMs) => {
      const newPerInterval = (NEW_SERIES_PER_DAY * SCRAPE_INTERVAL_MS) / DAY_MS;
      return new Map([
        [DEFAULT_TENANT, newChurningWorkload(recorded, LIVE_SERIES, newPerInterval, startMs, RECOMMENDED)],
      ]);
    },
  },
];

function ofOneTenant(name: string, title: string, series: number): Scenario {
  return {
    name,
    title,
    workloads: (recorded, startMs) =>
      new Map([[DEFAULT_TENANT, newWorkload(recorded, series, startMs, RECOMMENDED)]]),
  };
}
