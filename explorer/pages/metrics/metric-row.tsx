/** A metric in the list: its name opens the details. */
import { goTo } from "../../app/router.ts";
import { Badge } from "../../design/badge.tsx";
import type { CatalogueMetric } from "./catalogue.ts";
import { CurveCell } from "./curve-cell.tsx";
import type { Curves } from "./curves.ts";
import { MetricDetail } from "./metric-detail.tsx";

interface MetricRowProps {
  readonly metric: CatalogueMetric;
  readonly curves: Curves;
  readonly nowSeconds: number;
  readonly isOpen: boolean;
  /** Parameters of the address that open or close it. */
  readonly toggled: URLSearchParams;
}

export function MetricRow({ metric, curves, nowSeconds, isOpen, toggled }: MetricRowProps) {
  const { name, type, unit, help, series } = metric;
  return (
    <li class={isOpen ? "metric metric-open" : "metric"}>
      <div class="metric-head">
        <div class="metric-name">
          <button
            type="button"
            class="link mono metric-link"
            aria-expanded={isOpen}
            onClick={() => goTo("metrics", toggled)}
          >
            {name}
          </button>
          {help !== "" && <p class="metric-help small quiet">{help}</p>}
        </div>
        <div class="row metric-kind">
          {type !== "unknown" && <Badge>{type}</Badge>}
          {unit !== "" && <Badge>{unit}</Badge>}
        </div>
        <span class="small number quiet metric-series">
          {series === undefined ? "" : `${series.toLocaleString("en-US")} series`}
        </span>
        <CurveCell metric={metric} curves={curves} nowSeconds={nowSeconds} />
      </div>
      {isOpen && <MetricDetail name={name} />}
    </li>
  );
}
