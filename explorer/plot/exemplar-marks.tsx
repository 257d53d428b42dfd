/** Exemplars over a plot: a mark each, whose labels show on hover or focus, and a link to its trace. */
import { useState } from "preact/hooks";
import type uPlot from "uplot";
import { type Metric, printMetric } from "../api/metric-text.ts";
import { printValue, type Unit } from "../number/units.ts";
import { printTime, type Zone } from "../time/time-text.ts";

export interface ExemplarMark {
  readonly seconds: number;
  readonly value: number;
  readonly labels: Metric;
  readonly series: Metric;
  /** An address of its trace, if a template makes one. */
  readonly href: string | undefined;
}

interface ExemplarMarksProps {
  readonly plot: uPlot;
  readonly marks: readonly ExemplarMark[];
  readonly zone: Zone;
  readonly unit: Unit;
}

export function ExemplarMarks({ plot, marks, zone, unit }: ExemplarMarksProps) {
  const [open, setOpen] = useState<ExemplarMark>();
  if (marks.length === 0) return null;
  const { offsetLeft, offsetTop, clientWidth, clientHeight } = plot.over;
  const place = ({ seconds, value }: ExemplarMark) => {
    const top = plot.valToPos(value, "y");
    // What is beyond the plot's values stands at its edge.
    return {
      left: offsetLeft + plot.valToPos(seconds, "x"),
      top: offsetTop + Math.min(Math.max(Number.isFinite(top) ? top : 0, 0), clientHeight),
    };
  };
  const shown = marks.filter(({ seconds }) => {
    const left = plot.valToPos(seconds, "x");
    return left >= 0 && left <= clientWidth;
  });
  return (
    <div class="exemplars">
      {shown.map((mark, i) => {
        const { left, top } = place(mark);
        const common = {
          class: "exemplar",
          style: { left: `${left}px`, top: `${top}px` },
          "aria-label": describe(mark, zone, unit),
          onMouseEnter: () => setOpen(mark),
          onMouseLeave: () => setOpen(undefined),
          onFocus: () => setOpen(mark),
          onBlur: () => setOpen(undefined),
        };
        return mark.href === undefined ? (
          <button key={i} type="button" {...common} />
        ) : (
          <a key={i} href={mark.href} target="_blank" rel="noreferrer" {...common} />
        );
      })}
      {open !== undefined && (
        <div
          class="tooltip"
          style={{ left: `${Math.min(place(open).left + 12, offsetLeft + clientWidth - 300)}px`, top: "8px" }}
        >
          <p class="tooltip-title number">
            Exemplar · {printTime(open.seconds, zone)} · {printValue(open.value, unit)}
          </p>
          <dl class="pairs">
            {Object.entries(open.labels).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          <p class="quiet mono">{printMetric(open.series)}</p>
          <p class="quiet">
            {open.href === undefined
              ? "Set a trace link under Options to open it"
              : "Click to open the trace"}
          </p>
        </div>
      )}
    </div>
  );
}

function describe({ seconds, value, labels }: ExemplarMark, zone: Zone, unit: Unit): string {
  return `Exemplar at ${printTime(seconds, zone)}: ${printValue(value, unit)}, ${printMetric(labels)}`;
}
