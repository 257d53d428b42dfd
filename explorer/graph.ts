/** A plot of a range's series, with a legend to choose among them. */
import uPlot from "uplot";
import { printMetric, type Result, type StepRange } from "./api.ts";

/** More series are not drawn: nobody can distinguish them, and a browser takes seconds for them. */
export const MAX_DRAWN = 100;
const HEIGHT = 340;

export interface Graph {
  /** Replaces the plot; returns how many series it draws. */
  show(result: Result, range: StepRange): number;
  clear(): void;
}

export function newGraph(parent: HTMLElement): Graph {
  let plot: uPlot | undefined;
  const plotAt = document.createElement("div");
  const legend = document.createElement("ul");
  legend.className = "legend";
  parent.append(plotAt, legend);
  const clear = () => {
    plot?.destroy();
    plot = undefined;
    legend.replaceChildren();
  };
  new ResizeObserver(() => plot?.setSize({ width: plotAt.clientWidth, height: HEIGHT })).observe(plotAt);
  // The colours of axes are drawn, not styled.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plot?.redraw());
  return {
    clear,
    show(result, range) {
      clear();
      const drawn = result.series.slice(0, MAX_DRAWN);
      const names = drawn.map(({ metric }) => printMetric(metric));
      plot = new uPlot(options(names, parent), columns(drawn, range), plotAt);
      legend.replaceChildren(...names.map((name, i) => legendEntry(name, i, plot as uPlot)));
      return drawn.length;
    },
  };
}

/** A column of times, and one of values for each series, null where it has none. */
function columns(series: Result["series"], { start, end, step }: StepRange): uPlot.AlignedData {
  const count = Math.floor((end - start) / step + 1e-6) + 1;
  const times = Array.from({ length: count }, (_, i) => start + i * step);
  const values = series.map(({ points }) => {
    const column = Array<number | null>(count).fill(null);
    for (const [seconds, text] of points) column[Math.round((seconds - start) / step)] = toNumber(text);
    return column;
  });
  return [times, ...values];
}

/** Infinite values and NaN are not drawn. */
function toNumber(text: string): number | null {
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

/** Axes and lines have the colours of `parent` and its border, light or dark. */
function options(names: readonly string[], parent: HTMLElement): uPlot.Options {
  const ink = () => getComputedStyle(parent).color;
  const lines = () => getComputedStyle(parent).borderTopColor;
  const axis = { stroke: ink, grid: { stroke: lines, width: 1 }, ticks: { stroke: lines, width: 1 } };
  return {
    width: parent.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { focus: { prox: 24 } },
    focus: { alpha: 0.25 },
    scales: { x: { time: true } },
    axes: [axis, { ...axis, size: 72, values: (_, splits) => splits.map((value) => printNumber(value)) }],
    series: [
      {},
      ...names.map((name, i) => ({ label: name, stroke: colorOf(i), width: 1.5, points: { size: 4 } })),
    ],
    plugins: [tooltip()],
  };
}

/** Neighbouring entries differ widely in hue; lightness changes in three rounds. */
function colorOf(index: number): string {
  return `hsl(${Math.round((index * 137.508 + 210) % 360)} 70% ${[50, 40, 62][Math.floor(index / 24) % 3]}%)`;
}

const FORMAT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });

function printNumber(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(2) : FORMAT.format(value);
}

/** Shows the time and the nearest series' name and value beside the cursor. */
function tooltip(): uPlot.Plugin {
  const box = document.createElement("div");
  box.className = "tooltip";
  let focused: number | undefined;
  return {
    hooks: {
      init: (plot) => plot.over.append(box),
      setSeries: (_, index) => {
        focused = index ?? undefined;
      },
      setCursor: (plot) => {
        const { idx, left = 0, top = 0 } = plot.cursor;
        const value = focused === undefined || idx == null ? null : plot.data[focused][idx];
        box.hidden = value == null;
        if (value == null || focused === undefined || idx == null) return;
        const time = new Date(plot.data[0][idx] * 1000).toLocaleString();
        box.textContent = `${time}\n${plot.series[focused].label}\n${value}`;
        const isRight = left > plot.over.clientWidth / 2;
        box.style.left = isRight ? "" : `${left + 12}px`;
        box.style.right = isRight ? `${plot.over.clientWidth - left + 12}px` : "";
        box.style.top = `${Math.max(0, top - 20)}px`;
      },
    },
  };
}

/** A button that toggles between its series alone and all. */
function legendEntry(name: string, index: number, plot: uPlot): HTMLLIElement {
  const entry = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-pressed", "false");
  button.title = "Show this series alone, or all again";
  const swatch = document.createElement("span");
  swatch.className = "swatch";
  swatch.style.background = colorOf(index);
  button.append(swatch, name);
  button.addEventListener("click", () => {
    const isAlone = button.getAttribute("aria-pressed") === "true";
    for (const other of entry.parentElement?.querySelectorAll("button") ?? []) {
      other.setAttribute("aria-pressed", String(!isAlone && other === button));
    }
    for (let i = 1; i < plot.series.length; i++) plot.setSeries(i, { show: isAlone || i === index + 1 });
  });
  button.addEventListener("focus", () => plot.setSeries(index + 1, { focus: true }));
  entry.append(button);
  return entry;
}
