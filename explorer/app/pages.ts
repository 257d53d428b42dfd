/** The pages, in the order of the navigation. */
import type { ComponentType } from "preact";
import type { IconName } from "../design/icon.tsx";
import { CostPage } from "../pages/cost/cost-page.tsx";
import { MetricsPage } from "../pages/metrics/metrics-page.tsx";
import { QueryPage } from "../pages/query/query-page.tsx";
import { RulesPage } from "../pages/rules/rules-page.tsx";
import { StartPage } from "../pages/start/start-page.tsx";
import { StatusPage } from "../pages/status/status-page.tsx";

export interface PageEntry {
  /** In the address: `#/query`. */
  readonly id: string;
  readonly title: string;
  readonly icon: IconName;
  readonly component: ComponentType;
}

export const PAGES: readonly PageEntry[] = [
  { id: "query", title: "Query", icon: "query", component: QueryPage },
  { id: "metrics", title: "Metrics", icon: "metrics", component: MetricsPage },
  { id: "cost", title: "Cost", icon: "cost", component: CostPage },
  { id: "rules", title: "Rules", icon: "rules", component: RulesPage },
  { id: "status", title: "Status", icon: "status", component: StatusPage },
  { id: "start", title: "Start", icon: "start", component: StartPage },
];
