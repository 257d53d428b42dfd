/** A heatmap: buckets upward, time to the right, more in a cell darker. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { printNumber, printValue, type Unit } from "../number/units.ts";
import { printTime, type Zone } from "../time/time-text.ts";
import { inksOf, timeAxis, valueAxis, widestOf, zoneDate } from "./axes.ts";
import type { HeatMap } from "./heat.ts";
import { plotKey, pointerPlugin, type TimeActions } from "./pointer.ts";

interface HeatmapProps extends TimeActions {
  readonly label: string;
  readonly heat: HeatMap;
  readonly unit: Unit;
  readonly zone: Zone;
  readonly isDark: boolean;
  readonly height: number;
  readonly onCanvas?: (canvas: HTMLCanvasElement) => void;
}

interface Cell {
  readonly time: number;
  readonly row: number;
  readonly left: number;
  readonly width: number;
}

export function Heatmap(props: HeatmapProps) {
  const { heat, unit, zone, isDark, height } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [cell, setCell] = useState<Cell>();
  useLayoutEffect(() => {
    const parent = place.current!;
    const made = new uPlot(
      options(parent, latest, setCell),
      [heat.times, heat.times.map(() => null)] as unknown as uPlot.AlignedData,
      parent,
    );
    plot.current = made;
    props.onCanvas?.(made.ctx.canvas);
    const resize = new ResizeObserver(() => {
      if (parent.clientWidth !== made.width) made.setSize({ width: parent.clientWidth, height });
    });
    resize.observe(parent);
    return () => {
      resize.disconnect();
      setCell(undefined);
      made.destroy();
    };
  }, [heat, unit, zone, isDark, height]);
  const rows = heat.bounds.length - 1;
  return (
    <div class="graph">
      <div
        ref={place}
        class="plot"
        role="img"
        aria-label={`${props.label}: heatmap of ${rows} buckets. Arrow keys move the crosshair.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move its crosshair
        tabIndex={0}
        onKeyDown={(event) => {
          if (plot.current !== undefined && plotKey(plot.current, event, props)) event.preventDefault();
        }}
        onBlur={() => setCell(undefined)}
      />
      {cell !== undefined && cell.row >= 0 && cell.row < rows && (
        <div class="tooltip" role="status" style={sideOf(cell)}>
          <p class="tooltip-title number">{printTime(heat.times[cell.time], zone)}</p>
          <p class="number">
            {printValue(heat.bounds[cell.row], unit)} to {printValue(heat.bounds[cell.row + 1], unit)}
          </p>
          <p class="number">{printNumber(heat.counts[cell.row * heat.times.length + cell.time])}</p>
        </div>
      )}
    </div>
  );
}

function sideOf({ left, width }: Cell) {
  return left > width / 2
    ? { right: `${width - left + 14}px`, top: "8px" }
    : { left: `${left + 14}px`, top: "8px" };
}

function options(
  parent: HTMLElement,
  latest: { readonly current: HeatmapProps },
  setCell: (cell: Cell | undefined) => void,
): uPlot.Options {
  const { heat, unit, zone, height, isDark } = latest.current;
  const { bounds, times } = heat;
  const inks = inksOf(parent);
  const { start, end, step } = heat.range;
  const rows = Math.max(1, bounds.length - 1);
  const each = Math.max(1, Math.ceil(bounds.length / (height / 26)));
  const ticks = bounds.map((_, i) => i).filter((i) => i % each === 0);
  const texts = ticks.map((i) => printValue(bounds[i], unit));
  return {
    width: parent.clientWidth,
    height,
    legend: { show: false },
    tzDate: zoneDate(zone),
    padding: [8, 12, 0, 0],
    cursor: { drag: { x: true, y: false, setScale: false }, points: { show: false } },
    scales: {
      x: { time: true, range: () => [start - step / 2, end + step / 2] },
      y: { range: () => [0, rows] },
    },
    axes: [
      timeAxis(inks, zone),
      {
        ...valueAxis(inks, unit),
        grid: { show: false },
        splits: () => ticks,
        values: () => texts,
        size: () => Math.max(44, widestOf(texts) * 6.6 + 14),
      },
    ],
    series: [{}, { show: true, paths: () => null, points: { show: false } }],
    plugins: [
      pointerPlugin({
        onSelect: (from, to) => latest.current.onSelect(from, to),
        onZoom: (factor, around) => latest.current.onZoom(factor, around),
        onShift: (direction) => latest.current.onShift(direction),
      }),
      {
        hooks: {
          draw: (plot) => drawCells(plot, heat, isDark),
          setCursor: ({ cursor, over, posToVal }) => {
            const { left = -1, top = -1, idx } = cursor;
            if (left < 0 || idx == null) return setCell(undefined);
            const time = Math.min(times.length - 1, Math.max(0, idx));
            setCell({
              time,
              row: Math.floor(posToVal(top, "y")),
              left: left + over.offsetLeft,
              width: parent.clientWidth,
            });
          },
        },
      },
    ],
  };
}

function drawCells(plot: uPlot, { counts, times, bounds, max, range }: HeatMap, isDark: boolean): void {
  const { ctx } = plot;
  const { step } = range;
  const hue = isDark ? "255,143,82" : "184,67,11";
  ctx.save();
  for (let row = 0; row + 1 < bounds.length; row++) {
    const top = Math.round(plot.valToPos(row + 1, "y", true));
    const bottom = Math.round(plot.valToPos(row, "y", true));
    for (let time = 0; time < times.length; time++) {
      const count = counts[row * times.length + time];
      if (count === 0) continue;
      const left = Math.round(plot.valToPos(times[time] - step / 2, "x", true));
      const right = Math.round(plot.valToPos(times[time] + step / 2, "x", true));
      // The root lets a few be seen beside many.
      ctx.fillStyle = `rgba(${hue},${(0.08 + 0.92 * Math.sqrt(count / max)).toFixed(3)})`;
      ctx.fillRect(
        left,
        top,
        Math.max(1, right - left),
        Math.max(1, bottom - top - (bottom - top > 4 ? 1 : 0)),
      );
    }
  }
  ctx.restore();
}
