/** The values of one moment, a row for each series. */
import { type HistogramPoint, type Metric, printMetric, type Result } from "./api.ts";

/** More rows are counted and not shown. */
export const MAX_ROWS = 1000;

/** Replaces the content of `parent`. Stored series have a button: `choose` gets the selector. */
export function showTable(parent: HTMLElement, { series }: Result, choose: (selector: string) => void): void {
  const table = document.createElement("table");
  const body = table.createTBody();
  for (const { metric, points, histograms } of series.slice(0, MAX_ROWS)) {
    const row = body.insertRow();
    row.insertCell().append(isSelector(metric) ? link(printMetric(metric), choose) : printMetric(metric));
    const value = row.insertCell();
    value.className = "value";
    value.textContent = points.at(-1)?.[1] ?? printHistogram(histograms.at(-1));
  }
  const head = table.createTHead().insertRow();
  for (const title of ["Series", "Value"]) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = title;
    head.append(cell);
  }
  parent.replaceChildren(table);
}

function printHistogram(point: HistogramPoint | undefined): string {
  return point === undefined ? "" : `histogram, count ${point[1].count}, sum ${point[1].sum}`;
}

/** A computed series has no name, so no selector finds it. */
function isSelector(metric: Metric): boolean {
  return metric.__name__ !== undefined;
}

function link(selector: string, choose: (selector: string) => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  button.textContent = selector;
  button.addEventListener("click", () => choose(selector));
  return button;
}
