/** What is under the crosshair: the time, and each series with its value, the largest first. */
import { printValue, type Unit } from "../number/units.ts";
import { type CrossRow, windowOf } from "./crosshair.ts";

export interface At {
  readonly index: number;
  /** In the graph's pixels. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  /** From the top of the drawing area. */
  readonly over: number;
}

/** More rows would cover the plot. */
const MAX_ROWS = 14;

interface TooltipProps {
  readonly at: At;
  readonly title: string;
  readonly rows: readonly CrossRow[];
  readonly nearest: number;
  readonly unit: Unit;
  readonly colorOf: (key: string) => string;
}

export function Tooltip({ at, title, rows, nearest, unit, colorOf }: TooltipProps) {
  const { shown, above, below } = windowOf(rows, nearest, MAX_ROWS);
  const isRight = at.left > at.width / 2;
  const style = isRight
    ? { right: `${at.width - at.left + 14}px`, top: "8px" }
    : { left: `${at.left + 14}px`, top: "8px" };
  return (
    <div class="tooltip" style={style} role="status">
      <p class="tooltip-title number">{title}</p>
      {above > 0 && <p class="quiet">{above} larger</p>}
      <ul>
        {shown.map(({ key, name, value }, i) => (
          <li
            key={key}
            class={i + above === nearest && rows.length > 1 ? "tooltip-row nearest" : "tooltip-row"}
          >
            <span class="swatch" style={{ background: colorOf(key) }} />
            <span class="tooltip-name">{name}</span>
            <span class="number tooltip-value">{printValue(value, unit)}</span>
          </li>
        ))}
      </ul>
      {below > 0 && <p class="quiet">{below} smaller</p>}
    </div>
  );
}
