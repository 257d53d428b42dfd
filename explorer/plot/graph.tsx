/** A plot of a frame's series: lines, an area for each upon the other, or points; linear or logarithmic. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import type { Unit } from "../number/units.ts";
import { printTime, type Zone } from "../time/time-text.ts";
import { inksOf, timeAxis, valueAxis, zoneDate } from "./axes.ts";
import { type CrossRow, rowsAt } from "./crosshair.ts";
import { type ExemplarMark, ExemplarMarks } from "./exemplar-marks.tsx";
import type { Frame } from "./frame.ts";
import type { Hidden } from "./legend-choice.ts";
import { plotKey, pointerPlugin, type TimeActions } from "./pointer.ts";
import { stackValues } from "./stack.ts";
import { type At, Tooltip } from "./tooltip.tsx";

export type DrawMode = "lines" | "stacked" | "points";

export interface GraphProps extends TimeActions {
  /** What is drawn, for screen readers. */
  readonly label: string;
  readonly frame: Frame;
  /** Short names, in the frame's order. */
  readonly names: readonly string[];
  readonly colorOf: (key: string) => string;
  readonly hidden: Hidden;
  /** The series that the legend points at. */
  readonly focused?: string | undefined;
  readonly mode: DrawMode;
  readonly isLog: boolean;
  readonly unit: Unit;
  readonly zone: Zone;
  readonly isDark: boolean;
  readonly height: number;
  readonly exemplars?: readonly ExemplarMark[];
  readonly onCanvas?: (canvas: HTMLCanvasElement) => void;
}

/** Plots of a page share the time under their crosshairs. */
const SYNC = uPlot.sync("graphs");
/** Redrawing more for a series that is pointed at would be felt. */
const MAX_FOCUS_POINTS = 200_000;

export function Graph(props: GraphProps) {
  const { frame, hidden, focused, mode, isLog, unit, zone, isDark, height, names } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [at, setAt] = useState<At>();
  const [drawn, setDrawn] = useState(0);
  const rebuilds = mode === "stacked" ? hidden : undefined;

  useLayoutEffect(() => {
    const parent = place.current!;
    const made = new uPlot(options(parent, latest, setAt), columns(frame, mode, isLog, hidden), parent);
    plot.current = made;
    props.onCanvas?.(made.ctx.canvas);
    setDrawn((count) => count + 1);
    const resize = new ResizeObserver(() => {
      if (parent.clientWidth === made.width) return;
      made.setSize({ width: parent.clientWidth, height });
      setDrawn((count) => count + 1);
    });
    resize.observe(parent);
    return () => {
      resize.disconnect();
      setAt(undefined);
      made.destroy();
    };
  }, [frame, mode, isLog, unit, zone, isDark, height, rebuilds]);

  useEffect(() => {
    plot.current?.batch(() => {
      for (const [i, { key }] of frame.series.entries()) {
        const show = !hidden.has(key);
        if (plot.current?.series[i + 1].show !== show) plot.current?.setSeries(i + 1, { show });
      }
    });
  }, [frame, hidden]);

  useEffect(() => {
    if (frame.points > MAX_FOCUS_POINTS) return;
    const index = frame.series.findIndex(({ key }) => key === focused);
    plot.current?.setSeries(index < 0 ? null : index + 1, { focus: true });
  }, [frame, focused]);

  const rows = at === undefined ? [] : rowsAt(frame, names, at.index, hidden);
  return (
    <div class="graph">
      <div
        ref={place}
        class="plot"
        role="img"
        aria-label={`${props.label}. Arrow keys move the crosshair, + and - zoom, Page Up and Page Down move in time.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move its crosshair
        tabIndex={0}
        onKeyDown={(event) => {
          if (plot.current !== undefined && plotKey(plot.current, event, props)) event.preventDefault();
        }}
        onBlur={() => setAt(undefined)}
      />
      {plot.current !== undefined && drawn > 0 && (
        <ExemplarMarks plot={plot.current} marks={props.exemplars ?? []} zone={zone} unit={unit} />
      )}
      {at !== undefined && rows.length > 0 && (
        <Tooltip
          at={at}
          title={printTime(frame.times[at.index], zone)}
          rows={rows}
          nearest={nearestRow(plot.current, rows, at)}
          unit={unit}
          colorOf={props.colorOf}
        />
      )}
    </div>
  );
}

function columns(frame: Frame, mode: DrawMode, isLog: boolean, hidden: Hidden): uPlot.AlignedData {
  let values = frame.series.map((one) => one.values);
  if (mode === "stacked") values = stackValues(values, (index) => !hidden.has(frame.series[index].key));
  // A logarithm has no place for 0 and less.
  if (isLog)
    values = values.map((column) => column.map((value) => (value !== null && value > 0 ? value : null)));
  return [frame.times, ...values] as uPlot.AlignedData;
}

function options(
  parent: HTMLElement,
  latest: { readonly current: GraphProps },
  setAt: (at: At | undefined) => void,
): uPlot.Options {
  const { frame, mode, isLog, unit, zone, height, colorOf, hidden } = latest.current;
  const inks = inksOf(parent);
  const { start, end } = frame.range;
  const sparse = frame.times.length < 60;
  return {
    width: parent.clientWidth,
    height,
    legend: { show: false },
    tzDate: zoneDate(zone),
    padding: [8, 12, 0, 0],
    cursor: {
      sync: { key: SYNC.key, setSeries: false },
      drag: { x: true, y: false, setScale: false },
      focus: { prox: -1 },
      points: { size: 6, show: frame.series.length <= 30 },
    },
    focus: { alpha: 0.15 },
    scales: {
      x: { time: true, range: () => (end > start ? [start, end] : [start - 1, end + 1]) },
      y: { ...(isLog ? { distr: 3 } : {}), range: (_, low, high) => valueRange(low, high, isLog, mode) },
    },
    axes: [timeAxis(inks, zone), valueAxis(inks, unit)],
    series: [
      {},
      ...frame.series.map(({ key }): uPlot.Series => {
        const stroke = colorOf(key);
        const isPoints = mode === "points";
        return {
          label: key,
          stroke,
          width: isPoints ? 0 : 1.5,
          show: !hidden.has(key),
          ...(mode === "stacked"
            ? { fill: stroke.startsWith("hsl") ? stroke.replace(")", " / 0.2)") : `${stroke}33` }
            : {}),
          ...(isPoints ? { paths: () => null } : {}),
          points: isPoints
            ? { show: true, size: 4, fill: stroke }
            : sparse
              ? { size: 4, fill: stroke }
              : { show: lonely },
        };
      }),
    ],
    ...(mode === "stacked" ? { bands: bandsOf(frame.series.length) } : {}),
    plugins: [
      pointerPlugin({
        onSelect: (from, to) => latest.current.onSelect(from, to),
        onZoom: (factor, around) => latest.current.onZoom(factor, around),
        onShift: (direction) => latest.current.onShift(direction),
      }),
      {
        hooks: {
          setCursor: ({ cursor, over }) => {
            const { left = -1, top = -1, idx } = cursor;
            // A crosshair that another plot moves has no place for a tooltip.
            const isOwn = over.matches(":hover") || over.closest(".plot") === document.activeElement;
            const isOn = isOwn && left >= 0 && idx != null;
            setAt(
              isOn
                ? {
                    index: idx,
                    left: left + over.offsetLeft,
                    top: top + over.offsetTop,
                    width: parent.clientWidth,
                    over: top,
                  }
                : undefined,
            );
          },
        },
      },
    ],
  };
}

/** Whether a point stands between gaps, where no line shows it. */
function lonely(plot: uPlot, index: number, first: number, last: number): boolean {
  const values = plot.data[index];
  for (let i = first; i <= last; i++)
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) return true;
  return false;
}

function bandsOf(count: number): uPlot.Band[] {
  return Array.from({ length: Math.max(0, count - 1) }, (_, i) => ({
    series: [i + 2, i + 1] as [number, number],
  }));
}

/** With some air above; from 0 where the values are near it. A constant stands in the middle. */
function valueRange(
  low: number | null,
  high: number | null,
  isLog: boolean,
  mode: DrawMode,
): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high))
    return isLog ? [0.1, 1] : [0, 1];
  if (isLog) return low === high ? [low / 10, high * 10] : [low * 0.9, high * 1.1];
  if (low === high) return low === 0 ? [0, 1] : [Math.min(0, low * 2), Math.max(0, low * 2)];
  const air = (high - low) * 0.08;
  const isNearZero = low >= 0 && (mode === "stacked" || low < (high - low) * 1.5);
  const isBelowZero = high <= 0 && -high < (high - low) * 1.5;
  return [isNearZero ? 0 : low - air, isBelowZero ? 0 : high + air];
}

/** The row whose curve is nearest to the pointer, as it is drawn: stacked values stand higher than they are. */
function nearestRow(plot: uPlot | undefined, rows: readonly CrossRow[], at: At): number {
  if (plot === undefined) return 0;
  let best = 0;
  let distance = Number.POSITIVE_INFINITY;
  for (const [i, row] of rows.entries()) {
    const drawn = plot.data[row.at + 1]?.[at.index];
    const far = drawn == null ? Number.POSITIVE_INFINITY : Math.abs(plot.valToPos(drawn, "y") - at.over);
    if (far < distance) [best, distance] = [i, far];
  }
  return best;
}
