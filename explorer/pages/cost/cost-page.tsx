/** What the store costs, by tenant, key, metric, label, value and query; and how to send less. */
import { useState } from "preact/hooks";
import { address, goTo } from "../../app/router.ts";
import { Button } from "../../design/button.tsx";
import { Tabs } from "../../design/tabs.tsx";
import { LabelsView } from "./labels-view.tsx";
import { MetricsTable } from "./metrics-table.tsx";
import { Overview } from "./overview.tsx";
import { QueriesTable } from "./queries-table.tsx";
import type { Drop } from "./relabel-rules.ts";
import { type Chosen, SendLess } from "./send-less.tsx";

const TABS = [
  { id: "overview", label: "Overview" },
  { id: "metrics", label: "Metrics" },
  { id: "labels", label: "Labels" },
  { id: "queries", label: "Queries" },
] as const;

export function CostPage() {
  const { parameters } = address.value;
  const by = TABS.find(({ id }) => id === parameters.get("by"))?.id ?? "overview";
  const metric = parameters.get("metric") ?? "";
  const label = parameters.get("label") ?? "";
  const [nowMs, setNow] = useState(Date.now);
  const [chosen, setChosen] = useState<readonly Chosen[]>([]);
  const drop = (one: Drop, series: number | undefined) => {
    const isSame = (other: Chosen) => JSON.stringify(other.drop) === JSON.stringify(one);
    setChosen((last) => (last.some(isSame) ? last : [...last, { drop: one, series }]));
  };
  return (
    <>
      <div class="page-head">
        <h1>Cost</h1>
        <span class="end" />
        <Button icon="refresh" onClick={() => setNow(Date.now())}>
          Refresh
        </Button>
      </div>
      <div class="stack">
        <Tabs
          label="Cost"
          panelId="cost-panel"
          tabs={TABS}
          selected={by}
          onSelect={(id) => goTo("cost", new URLSearchParams(id === "overview" ? {} : { by: id }))}
        />
        {chosen.length > 0 && (
          <SendLess
            chosen={chosen}
            nowMs={nowMs}
            onRemove={(one) => setChosen((last) => last.filter((other) => other !== one))}
          />
        )}
        <div id="cost-panel" role="tabpanel" aria-label={by}>
          {by === "overview" && <Overview nowMs={nowMs} />}
          {by === "metrics" && <MetricsTable nowMs={nowMs} onDrop={drop} />}
          {by === "labels" && (
            <LabelsView key={metric} nowMs={nowMs} metric={metric} label={label} onDrop={drop} />
          )}
          {by === "queries" && <QueriesTable nowMs={nowMs} />}
        </div>
      </div>
    </>
  );
}
