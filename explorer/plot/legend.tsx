/** A row for each series: what is its own, and its least, largest, mean and last value. */
import { useState } from "preact/hooks";
import { compareCells } from "../design/compare-cells.ts";
import { printValue, type Unit } from "../number/units.ts";
import type { Frame, FrameSeries } from "./frame.ts";
import { type Hidden, toggleAlone, toggleOne } from "./legend-choice.ts";

interface LegendProps {
  readonly frame: Frame;
  readonly names: readonly string[];
  /** What all series have in common. */
  readonly common: string;
  readonly colorOf: (key: string) => string;
  readonly hidden: Hidden;
  readonly onHide: (hidden: Hidden) => void;
  readonly onFocus: (key: string | undefined) => void;
  readonly unit: Unit;
}

type Figure = "min" | "max" | "mean" | "last";
const FIGURES: readonly Figure[] = ["min", "max", "mean", "last"];
/** Shown at first. */
const FEW = 40;

export function Legend({ frame, names, common, colorOf, hidden, onHide, onFocus, unit }: LegendProps) {
  const [sort, setSort] = useState<Figure | "name" | undefined>(undefined);
  const [isAll, setAll] = useState(false);
  const entries = frame.series.map((series, i) => ({ series, name: names[i] }));
  const sorted =
    sort === undefined
      ? entries
      : entries.toSorted((a, b) =>
          sort === "name"
            ? compareCells(a.name, b.name, 1)
            : compareCells(a.series[sort], b.series[sort], -1),
        );
  const keys = frame.series.map(({ key }) => key);
  const shown = isAll ? sorted : sorted.slice(0, FEW);
  const head = (by: Figure | "name", text: string) => (
    <button
      type="button"
      class="sort"
      onClick={() => setSort(sort === by ? undefined : by)}
      aria-pressed={sort === by}
    >
      {text}
    </button>
  );
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys have the same by focus
    <div class="legend" onMouseLeave={() => onFocus(undefined)}>
      <table class="legend-table">
        <caption class="visually-hidden">
          Series. Enter shows one alone, Space or Ctrl-click shows or hides one, arrows move.
        </caption>
        <thead>
          <tr>
            <th scope="col">
              {head("name", `${frame.series.length} series`)}
              {common !== "" && <span class="legend-common mono">{common}</span>}
            </th>
            {FIGURES.map((figure) => (
              <th key={figure} scope="col" class="right">
                {head(figure, figure)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map(({ series, name }) => (
            <Row
              key={series.key}
              series={series}
              name={name}
              color={colorOf(series.key)}
              isHidden={hidden.has(series.key)}
              unit={unit}
              onAlone={() => onHide(toggleAlone(hidden, keys, series.key))}
              onToggle={() => onHide(toggleOne(hidden, keys, series.key))}
              onFocus={onFocus}
            />
          ))}
        </tbody>
      </table>
      {shown.length < sorted.length && (
        <button type="button" class="link small" onClick={() => setAll(true)}>
          {sorted.length - shown.length} more
        </button>
      )}
    </div>
  );
}

interface RowProps {
  readonly series: FrameSeries;
  readonly name: string;
  readonly color: string;
  readonly isHidden: boolean;
  readonly unit: Unit;
  readonly onAlone: () => void;
  readonly onToggle: () => void;
  readonly onFocus: (key: string | undefined) => void;
}

function Row({ series, name, color, isHidden, unit, onAlone, onToggle, onFocus }: RowProps) {
  const onKey = (event: KeyboardEvent & { readonly currentTarget: HTMLElement }) => {
    if (event.key === " ") {
      event.preventDefault();
      onToggle();
      return;
    }
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const all = [...(event.currentTarget.closest("tbody")?.querySelectorAll<HTMLElement>("button") ?? [])];
    all[all.indexOf(event.currentTarget) + by]?.focus();
  };
  return (
    <tr class={isHidden ? "legend-hidden" : ""} onMouseEnter={() => onFocus(series.key)}>
      <td>
        <button
          type="button"
          class="legend-name"
          aria-pressed={!isHidden}
          title={`${series.key}\nClick: this series alone. Ctrl-click: show or hide it.`}
          onClick={(event) => (event.ctrlKey || event.metaKey ? onToggle() : onAlone())}
          onKeyDown={onKey}
          onFocus={() => onFocus(series.key)}
          onBlur={() => onFocus(undefined)}
        >
          <span class="swatch" style={{ background: color }} />
          <span class="mono">{name}</span>
        </button>
      </td>
      {FIGURES.map((figure) => (
        <td key={figure} class="right">
          {printValue(series[figure], unit)}
        </td>
      ))}
    </tr>
  );
}
