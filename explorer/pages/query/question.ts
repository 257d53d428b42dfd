/** What the query page asks for, and how its address says it. */
import type { Resolution } from "../../api/prometheus.ts";
import { UNITS, type Unit } from "../../number/units.ts";
import { LAST_HOUR, rangeParameters, readRange, type TimeRange } from "../../time/time-range.ts";

export type View = "graph" | "table" | "explain";
export type Mode = "lines" | "stacked" | "points" | "heatmap";

export interface PanelQuestion {
  readonly expr: string;
  readonly view: View;
  /** A duration; "" for one that fits the graph. */
  readonly step: string;
  readonly resolution: Resolution;
  /** "auto" is a heatmap for native histograms, else lines. */
  readonly mode: Mode | "auto";
  readonly isLog: boolean;
  readonly unit: Unit | "auto";
  readonly showsExemplars: boolean;
}

export interface PageQuestion {
  readonly range: TimeRange;
  readonly panels: readonly PanelQuestion[];
}

export const EMPTY_PANEL: PanelQuestion = {
  expr: "",
  view: "graph",
  step: "",
  resolution: "",
  mode: "auto",
  isLog: false,
  unit: "auto",
  showsExemplars: false,
};

/** Samples of each scrape, and the metrics that `npm start` stores of itself. */
const ARRIVING = "sum by (job) (scrape_samples_scraped) or sum(rate(hearth_samples_total[1m]))";
export const FIRST_QUESTION: PageQuestion = {
  range: { kind: "last", seconds: 900 },
  panels: [{ ...EMPTY_PANEL, expr: ARRIVING }],
};

/** More are left out of an address: each is a query. */
export const MAX_PANELS = 20;
const MODES: readonly Mode[] = ["lines", "stacked", "points", "heatmap"];
const RESOLUTIONS: readonly Resolution[] = ["auto", "0s", "1h"];

/** Undefined if the address has no expression. Reads Prometheus' own addresses too. */
export function readQuestion(parameters: URLSearchParams): PageQuestion | undefined {
  const panels: PanelQuestion[] = [];
  const plain = parameters.get("expr");
  if (plain !== null && plain !== "") {
    const view = parameters.get("view") === "table" ? "table" : "graph";
    panels.push({ ...EMPTY_PANEL, expr: plain, view, step: parameters.get("step") ?? "" });
  }
  for (let i = 0; i < MAX_PANELS && parameters.has(`g${i}.expr`); i++) panels.push(readPanel(parameters, i));
  if (panels.every(({ expr }) => expr.trim() === "")) return undefined;
  return { range: readRange(parameters) ?? LAST_HOUR, panels };
}

function readPanel(parameters: URLSearchParams, index: number): PanelQuestion {
  const text = (name: string) => parameters.get(`g${index}.${name}`) ?? "";
  const tab = text("tab");
  const unit = UNITS.find(({ value }) => value === text("unit"))?.value ?? "auto";
  return {
    expr: text("expr"),
    // Prometheus' old page wrote 0 for a graph and 1 for a table.
    view: tab === "table" || tab === "1" ? "table" : tab === "explain" ? "explain" : "graph",
    step: text("step") || text("step_input"),
    resolution: RESOLUTIONS.find((one) => one === text("resolution")) ?? "",
    mode:
      MODES.find((one) => one === text("mode")) ??
      (text("stacked") === "1" || text("display_mode") === "stacked" ? "stacked" : "auto"),
    isLog: text("log") === "1",
    unit,
    showsExemplars: text("exemplars") === "1" || text("show_exemplars") === "1",
  };
}

/** Omits what would be so anyway. */
export function printQuestion({ range, panels }: PageQuestion): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [i, panel] of panels.entries()) {
    parameters.set(`g${i}.expr`, panel.expr);
    const optional: readonly (readonly [string, string])[] = [
      ["tab", panel.view === "graph" ? "" : panel.view],
      ["step", panel.step],
      ["resolution", panel.resolution],
      ["mode", panel.mode === "auto" ? "" : panel.mode],
      ["log", panel.isLog ? "1" : ""],
      ["unit", panel.unit === "auto" ? "" : panel.unit],
      ["exemplars", panel.showsExemplars ? "1" : ""],
    ];
    for (const [name, value] of optional) if (value !== "") parameters.set(`g${i}.${name}`, value);
  }
  for (const [name, value] of Object.entries(rangeParameters(range))) parameters.set(name, value);
  return parameters;
}
