/** What a pointer does on a plot beside hovering: Ctrl with the wheel zooms, Shift with a drag moves, a double click zooms out. */
import type uPlot from "uplot";

export interface TimeActions {
  /** The reader selected these times, in seconds. */
  readonly onSelect: (from: number, to: number) => void;
  /** Zooms by a factor, above 1 out, around a time; without one around the middle. */
  readonly onZoom: (factor: number, around?: number) => void;
  readonly onShift: (direction: -1 | 1) => void;
}

/** Wheel events come in dozens: the zoom is asked for when they pause. */
const WHEEL_PAUSE_MS = 160;
/** A shorter drag is a click. */
const MIN_DRAG_PX = 5;

export function pointerPlugin(actions: TimeActions): uPlot.Plugin {
  const controller = new AbortController();
  const { signal } = controller;
  return {
    hooks: {
      ready: (plot) => {
        wheelZooms(plot, actions, signal);
        plot.over.addEventListener("dblclick", () => actions.onZoom(2), { signal });
      },
      setSelect: (plot) => {
        const { left, width } = plot.select;
        if (width < MIN_DRAG_PX) return;
        const [from, to] = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        actions.onSelect(from, to);
      },
      destroy: () => controller.abort(),
    },
  };
}

function wheelZooms(plot: uPlot, { onZoom }: TimeActions, signal: AbortSignal): void {
  let factor = 1;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onWheel = (event: WheelEvent) => {
    // Without a key the wheel scrolls the page.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    factor *= event.deltaY > 0 ? 1.25 : 0.8;
    const around = plot.posToVal(event.clientX - plot.over.getBoundingClientRect().left, "x");
    clearTimeout(timer);
    timer = setTimeout(() => {
      const by = factor;
      factor = 1;
      onZoom(by, around);
    }, WHEEL_PAUSE_MS);
  };
  plot.over.addEventListener("wheel", onWheel, { signal, passive: false });
  signal.addEventListener("abort", () => clearTimeout(timer));
}

/** Of a focused plot: arrows move the crosshair, + and - zoom, Page keys move in time. Returns whether the key was one. */
export function plotKey(plot: uPlot, event: KeyboardEvent, actions: TimeActions): boolean {
  const times = plot.data[0];
  const at = plot.cursor.idx ?? times.length - 1;
  const move = (index: number) => {
    const clamped = Math.min(Math.max(index, 0), times.length - 1);
    plot.setCursor({ left: plot.valToPos(times[clamped], "x"), top: plot.over.clientHeight / 2 });
  };
  const big = Math.max(1, Math.round(times.length / 20));
  switch (event.key) {
    case "ArrowLeft":
      move(at - (event.shiftKey ? big : 1));
      return true;
    case "ArrowRight":
      move(at + (event.shiftKey ? big : 1));
      return true;
    case "Home":
      move(0);
      return true;
    case "End":
      move(times.length - 1);
      return true;
    case "+":
    case "=":
      actions.onZoom(0.5, plot.cursor.idx == null ? undefined : times[at]);
      return true;
    case "-":
      actions.onZoom(2);
      return true;
    case "PageUp":
      actions.onShift(-1);
      return true;
    case "PageDown":
      actions.onShift(1);
      return true;
    case "Escape":
      plot.setCursor({ left: -10, top: -10 });
      return true;
    default:
      return false;
  }
}
