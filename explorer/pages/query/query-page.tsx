/** The query page: panels that share their times, and a refresh that waits for its own queries. */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useClient } from "../../app/load.ts";
import { zone } from "../../app/preferences.ts";
import { address, replaceAddress } from "../../app/router.ts";
import { Button } from "../../design/button.tsx";
import { Select } from "../../design/field.tsx";
import { fixedRange, shiftRange, spanOf, type TimeRange, zoomRange } from "../../time/time-range.ts";
import { printZone } from "../../time/time-text.ts";
import { Arriving } from "./arriving.tsx";
import { Panel, seriesOf } from "./panel.ts";
import { PanelView } from "./panel-view.tsx";
import {
  EMPTY_PANEL,
  FIRST_QUESTION,
  MAX_PANELS,
  type PageQuestion,
  printQuestion,
  readQuestion,
} from "./question.ts";
import { TimePicker } from "./time-picker.tsx";

const REFRESH = ["off", "5s", "15s", "1m", "5m"] as const;
type Refresh = (typeof REFRESH)[number];
const REFRESH_MS: Readonly<Record<Refresh, number>> = {
  off: 0,
  "5s": 5000,
  "15s": 15_000,
  "1m": 60_000,
  "5m": 300_000,
};

export function QueryPage() {
  const client = useClient();
  const asked = useMemo(() => readQuestion(address.peek().parameters), []);
  const first = asked ?? FIRST_QUESTION;
  const range = useSignal<TimeRange>(first.range);
  const panels = useSignal<readonly Panel[]>(first.panels.map((question) => new Panel(question)));
  const refresh = useSignal<Refresh>(asked === undefined ? "15s" : "off");
  const written = useRef("");

  const question = (): PageQuestion => ({
    range: range.value,
    panels: panels.value.map((panel) => panel.question.value),
  });
  const note = () => {
    const parameters = printQuestion(question());
    written.current = parameters.toString();
    replaceAddress("query", parameters);
  };
  const spanNow = () => spanOf(range.value, Date.now() / 1000);
  const runAll = () => {
    note();
    const span = spanNow();
    return Promise.all(panels.value.map((panel) => panel.run(client, span)));
  };
  const runOne = (panel: Panel) => {
    note();
    return panel.run(client, spanNow());
  };
  const setRange = (next: TimeRange) => {
    // A step for the back button: a zoom is undone by it.
    if (JSON.stringify(next) !== JSON.stringify(range.value))
      pushNow(printQuestion({ ...question(), range: next }));
    range.value = next;
    void runAll();
  };
  const pushNow = (parameters: URLSearchParams) => {
    const { pathname, search } = location;
    written.current = parameters.toString();
    history.pushState(null, "", `${pathname}${search}#/query?${parameters}`);
  };

  useEffect(() => {
    void runAll();
    return () => {
      for (const panel of panels.value) panel.cancel();
    };
  }, []);

  // The back button, or a link to this page from elsewhere: other parameters than this page wrote.
  const { parameters } = address.value;
  useEffect(() => {
    if (written.current === "" || parameters.toString() === written.current) return;
    const next = readQuestion(parameters);
    if (next === undefined) return;
    written.current = parameters.toString();
    range.value = next.range;
    panels.value = take(panels.value, next);
    void runAll();
  }, [parameters]);

  useRefresh(REFRESH_MS[refresh.value], panels.value, runAll);

  const remove = (panel: Panel) => {
    panel.cancel();
    panels.value = panels.value.filter((one) => one !== panel);
    note();
  };
  const add = (expr = "") => {
    const panel = new Panel({ ...EMPTY_PANEL, expr });
    panels.value = [...panels.value, panel];
    if (expr !== "") void runOne(panel);
  };
  const now = () => Date.now() / 1000;
  const actions = {
    onSelect: (from: number, to: number) => setRange(fixedRange(from, to)),
    onZoom: (factor: number, around?: number) => setRange(zoomRange(range.value, factor, now(), around)),
    onShift: (direction: -1 | 1) => setRange(shiftRange(range.value, direction, now())),
  };
  return (
    <>
      <div class="page-head">
        <h1>Query</h1>
        <span class="end" />
        <span class="quiet small nowrap" id="zone">
          {printZone(spanNow().end, zone.value)}
        </span>
        <TimePicker range={range.value} onChange={setRange} />
        <div class="button-group">
          <Button icon="refresh" onClick={() => void runAll()}>
            Run all
          </Button>
        </div>
        <Select
          label="Refresh"
          value={refresh.value}
          options={REFRESH.map((value) => ({ value, label: value }))}
          onSelect={(value) => {
            refresh.value = value;
          }}
        />
      </div>
      <div class="stack">
        {panels.value.map((panel, i) => (
          <PanelView
            key={panel.id}
            panel={panel}
            number={i + 1}
            focuses={i === 0}
            actions={actions}
            onRun={() => void runOne(panel)}
            onNote={note}
            onRemove={panels.value.length > 1 ? () => remove(panel) : undefined}
          />
        ))}
        <div class="row">
          <Button icon="plus" disabled={panels.value.length >= MAX_PANELS} onClick={() => add()}>
            Add a panel
          </Button>
        </div>
        {asked === undefined && (
          <Arriving
            onLargest={async (expr) => {
              const [panel] = panels.value;
              await panel.done;
              const isFirst = panel.draft === FIRST_QUESTION.panels[0].expr;
              if (!isFirst || seriesOf(panel.outcome.value?.answer.data).length > 0) return;
              panel.set({ expr });
              void runOne(panel);
            }}
            onChoose={(expr) => {
              const [panel] = panels.value;
              panel.set({ expr, view: "graph" });
              void runOne(panel);
            }}
          />
        )}
      </div>
    </>
  );
}

/** Panels keep their place, so editors and choices of legends stay where questions do. */
function take(panels: readonly Panel[], { panels: questions }: PageQuestion): Panel[] {
  for (const panel of panels.slice(questions.length)) panel.cancel();
  return questions.map((question, i) => {
    const panel = panels[i];
    if (panel === undefined) return new Panel(question);
    panel.set(question);
    return panel;
  });
}

/** The next refresh begins an interval after the last query ended: one slower than the interval is not cut short. */
function useRefresh(intervalMs: number, panels: readonly Panel[], run: () => Promise<unknown>): void {
  const latest = useRef({ panels, run });
  latest.current = { panels, run };
  useEffect(() => {
    if (intervalMs === 0) return;
    let isOver = false;
    let timer: ReturnType<typeof setTimeout>;
    const next = () => {
      timer = setTimeout(async () => {
        await Promise.all(latest.current.panels.map(({ done }) => done));
        if (isOver) return;
        if (!document.hidden) await latest.current.run();
        if (!isOver) next();
      }, intervalMs);
    };
    next();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [intervalMs]);
}
