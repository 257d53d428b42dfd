/** A panel: its expression, what came of it, and how it is shown. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { ApiError } from "../../api/client.ts";
import { isSeriesData } from "../../api/prometheus.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { ErrorBox, Progress } from "../../design/feedback.tsx";
import { Icon } from "../../design/icon.tsx";
import { Tabs } from "../../design/tabs.tsx";
import type { TimeActions } from "../../plot/pointer.ts";
import { Editor } from "./editor.tsx";
import { problemOf } from "./error-place.ts";
import { ExplainView } from "./explain/explain-view.tsx";
import { printStep } from "./facts.ts";
import { GraphView } from "./graph-view.tsx";
import { starred, toggleStar } from "./history/history.ts";
import { HistoryDialog } from "./history/history-dialog.tsx";
import { NoData } from "./no-data/no-data-view.tsx";
import { type Outcome, type Panel, seriesOf } from "./panel.ts";
import { PanelOptions } from "./panel-options.tsx";
import type { View } from "./question.ts";
import { ResultTable } from "./result-table.tsx";
import { ShareMenu } from "./share/share-menu.tsx";

const VIEWS: readonly { readonly id: View; readonly label: string }[] = [
  { id: "graph", label: "Graph" },
  { id: "table", label: "Table" },
  { id: "explain", label: "Explain" },
];

interface PanelViewProps {
  readonly panel: Panel;
  readonly number: number;
  readonly focuses: boolean;
  readonly actions: TimeActions;
  readonly onRun: () => void;
  /** Something changed that the address says and no query needs. */
  readonly onNote: () => void;
  readonly onRemove: (() => void) | undefined;
}

export function PanelView({ panel, number, focuses, actions, onRun, onNote, onRemove }: PanelViewProps) {
  const body = useRef<HTMLDivElement>(null);
  const panelId = useId();
  useEffect(() => {
    if (body.current !== null) panel.widthPx = body.current.clientWidth;
  }, [panel]);
  const question = panel.question.value;
  const outcome = panel.outcome.value;
  const explained = panel.explained.value;
  const error = panel.error.value;
  const isStarred = starred.value.includes(question.expr.trim());
  const [isHistory, setHistory] = useState(false);
  const isRunning = panel.runningSince.value !== undefined;
  // Tests wait for it.
  const shown = (outcome?.question ?? explained ?? (error === undefined ? undefined : question))?.expr;
  const run = () => {
    panel.set({ expr: panel.draft });
    onRun();
  };
  const cancel = () => panel.cancel();
  return (
    <section class="card panel" aria-label={`Panel ${number}`}>
      <form
        class="panel-query"
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <Editor
          given={panel.given.value}
          focuses={focuses}
          onChange={(text) => {
            panel.draft = text;
          }}
          onRun={run}
          problem={problemOf(error, question.expr)}
        />
        <div class="panel-buttons">
          <IconButton
            icon="star"
            label={isStarred ? "Remove the star" : "Star the expression"}
            filled={isStarred}
            pressed={isStarred}
            disabled={question.expr.trim() === ""}
            onClick={() => toggleStar(question.expr)}
          />
          <IconButton icon="history" label="History" onClick={() => setHistory(true)} />
          <Button kind="primary" icon="run" type="submit">
            Run
          </Button>
          {onRemove !== undefined && (
            <IconButton icon="close" label={`Remove panel ${number}`} onClick={onRemove} />
          )}
        </div>
      </form>
      {isHistory && (
        <HistoryDialog
          onClose={() => setHistory(false)}
          onChoose={(expr) => {
            setHistory(false);
            panel.set({ expr });
            onRun();
          }}
        />
      )}
      <div class="panel-bar">
        <Tabs
          label={`Views of panel ${number}`}
          tabs={VIEWS}
          selected={question.view}
          panelId={panelId}
          onSelect={(view) => {
            panel.set({ view });
            onRun();
          }}
        />
        <PanelOptions panel={panel} onRun={onRun} onNote={onNote} />
        {outcome !== undefined && <ShareMenu panel={panel} outcome={outcome} />}
      </div>
      <div
        id={panelId}
        role="tabpanel"
        class="panel-body"
        ref={body}
        aria-busy={isRunning}
        data-shows={shown}
      >
        {isRunning && <Progress key={panel.runningSince.value} label="Running" onCancel={cancel} />}
        {error !== undefined && <QueryError error={error} expr={question.expr} onRetry={onRun} />}
        {explained !== undefined && <ExplainView {...explained} />}
        {outcome !== undefined && (
          <Shown outcome={outcome} panel={panel} actions={actions} onRun={onRun} onNote={onNote} />
        )}
        {outcome === undefined && error === undefined && explained === undefined && !isRunning && (
          <p class="quiet panel-hint">
            Type an expression and press Enter. Metrics and labels complete as you type.
          </p>
        )}
      </div>
    </section>
  );
}

/** A refresh moves a range by seconds: the reason for no data stays for a minute. */
function reasonKey({ question: { expr, view }, range: { start, end } }: Outcome): string {
  return [expr, view, Math.round(end - start), Math.floor(end / 60)].join();
}

interface ShownProps {
  readonly outcome: Outcome;
  readonly panel: Panel;
  readonly actions: TimeActions;
  readonly onRun: () => void;
  readonly onNote: () => void;
}

function Shown({ outcome, panel, actions, onRun, onNote }: ShownProps) {
  const { data, warnings, infos } = outcome.answer;
  const { view } = outcome.question;
  const isEmpty = (data.resultType === "matrix" || data.resultType === "vector") && data.result.length === 0;
  return (
    <>
      <Notes warnings={warnings} infos={infos} />
      {isEmpty && (
        <NoData key={reasonKey(outcome)} outcome={outcome} actions={actions} panel={panel} onRun={onRun} />
      )}
      {!isEmpty && view === "graph" && (
        <GraphView outcome={outcome} panel={panel} actions={actions} onNote={onNote} />
      )}
      {!isEmpty && view === "table" && (
        <ResultTable
          data={data}
          unit={panel.question.value.unit}
          onChoose={(expr) => {
            panel.set({ expr, view: "graph" });
            onRun();
          }}
        />
      )}
      <Facts outcome={outcome} />
    </>
  );
}

function Notes({
  warnings,
  infos,
}: {
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}) {
  if (warnings.length + infos.length === 0) return null;
  return (
    <ul class="notes">
      {warnings.map((text) => (
        <li key={text} class="note note-warn">
          <Icon name="warning" />
          {text}
        </li>
      ))}
      {infos.map((text) => (
        <li key={text} class="note note-info">
          <Icon name="info" />
          {text}
        </li>
      ))}
    </ul>
  );
}

/** What the query was, as it was used, and what it took. */
function Facts({ outcome: { answer, frame, range, question } }: { readonly outcome: Outcome }) {
  const all = seriesOf(answer.data);
  const words = [isSeriesData(answer.data) ? `${all.length} series` : answer.data.resultType];
  if (frame !== undefined) {
    words.push(
      `${all.reduce((sum, { values, histograms }) => sum + (values?.length ?? 0) + (histograms?.length ?? 0), 0)} points`,
    );
    words.push(`step ${printStep(range.step)}`);
    if (frame.series.length < all.length) words.push(`the first ${frame.series.length} are drawn`);
  }
  const { stats } = answer.data;
  if (stats !== undefined)
    words.push(
      `${(stats.samples.samplesRead ?? stats.samples.totalQueryableSamples).toLocaleString("en")} samples read`,
    );
  if (stats?.samples.rowsRead !== undefined)
    words.push(`${stats.samples.rowsRead.toLocaleString("en")} hourly rows read`);
  else if (question.resolution !== "") words.push("no hourly rows read");
  if (answer.readUnits !== undefined) words.push(`${answer.readUnits} read units`);
  words.push(`${Math.round(answer.milliseconds)} ms`);
  return (
    <p class="facts" role="status">
      {words.join(" · ")}
    </p>
  );
}

/** The error, and the expression with a mark where it is. */
function QueryError({
  error,
  expr,
  onRetry,
}: {
  readonly error: unknown;
  readonly expr: string;
  readonly onRetry: () => void;
}) {
  const problem = problemOf(error, expr);
  const canRetry = !(error instanceof ApiError) || error.status === 0 || error.status >= 500;
  return (
    <ErrorBox error={error} onRetry={canRetry ? onRetry : undefined}>
      {problem !== undefined && (
        <pre class="error-place">
          {expr.slice(0, problem.from)}
          <mark>{expr.slice(problem.from, problem.to) || " "}</mark>
          {expr.slice(problem.to)}
        </pre>
      )}
    </ErrorBox>
  );
}
