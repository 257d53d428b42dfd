/** The page after log-in: an expression, and its curve or its table. */
import { FIRST_QUESTION, NO_QUESTION, printAddress, type Question, readAddress } from "./address.ts";
import { type Api, ApiError, type Result, type StepRange } from "./api.ts";
import { showArriving } from "./arriving.ts";
import { chooseStep, parseDuration } from "./durations.ts";
import { newEditor } from "./editor.ts";
import { find } from "./elements.ts";
import { MAX_DRAWN, newGraph } from "./graph.ts";
import { MAX_ROWS, showTable } from "./table.ts";

const RANGES = ["5m", "15m", "1h", "6h", "1d", "7d"];
const REFRESH_MS = 15_000;
const PIXELS_PER_POINT = 3;
/** The most points of a series that Prometheus and Hearth return. */
const MAX_STEPS = 11_000;

/** Runs until `signal` is aborted; calls `logOut` when the key is refused. */
export function explore(api: Api, logOut: (reason: string) => void, signal: AbortSignal): void {
  const form = find("query", HTMLFormElement);
  const status = find("status", HTMLElement);
  const notes = find("notes", HTMLElement);
  const tableAt = find("table", HTMLElement);
  const graphAt = find("graph", HTMLElement);
  const editorAt = find("editor", HTMLElement);
  graphAt.replaceChildren();
  editorAt.replaceChildren();
  const graph = newGraph(graphAt);
  const editor = newEditor(editorAt, api, () => form.requestSubmit());
  let running = new AbortController();
  let isRunning = false;

  const ask = (change: Partial<Question>) => {
    fill(form, { ...readForm(form, editor.text), ...change });
    if (change.expr !== undefined) editor.setText(change.expr);
    form.requestSubmit();
  };
  /** Removes the result of an earlier query, which must not stand beside an error. */
  const fail = (error: unknown) => {
    if (signal.aborted || (error instanceof DOMException && error.name === "AbortError")) return;
    if (error instanceof ApiError && (error.status === 401 || error.status === 403))
      return logOut(error.message);
    graphAt.hidden = true;
    tableAt.hidden = true;
    status.className = "error";
    status.textContent = error instanceof Error ? error.message : String(error);
  };
  const run = async () => {
    running.abort();
    const own = new AbortController();
    running = own;
    const question = readForm(form, editor.text);
    history.replaceState(null, "", printAddress(question));
    if (question.expr.trim() === "") return;
    isRunning = true;
    status.className = "";
    status.textContent = "…";
    try {
      const isGraph = question.view === "graph";
      const range = rangeOf(question, form.clientWidth);
      const both = AbortSignal.any([signal, running.signal]);
      const result = isGraph
        ? await api.queryRange(question.expr, range, both)
        : await api.query(question.expr, range.end, both);
      const isEmpty = result.series.length === 0;
      graphAt.hidden = !isGraph || isEmpty;
      tableAt.hidden = isGraph || isEmpty;
      const shown = isGraph ? graph.show(result, range) : Math.min(result.series.length, MAX_ROWS);
      if (!isGraph) showTable(tableAt, result, (expr) => ask({ expr, view: "graph" }));
      status.textContent = describe(result, shown, range, isGraph);
      const told = isGraph ? [...result.notes, ...notDrawn(result, question.expr)] : result.notes;
      notes.hidden = told.length === 0;
      notes.replaceChildren(
        ...told.map((note) => Object.assign(document.createElement("li"), { textContent: note })),
      );
    } catch (error) {
      fail(error);
    } finally {
      if (running.signal === own.signal) isRunning = false;
    }
  };

  addRanges(find("range", HTMLElement));
  const asked = readAddress(location.hash);
  const isFirst = asked.expr === "";
  fill(form, isFirst ? FIRST_QUESTION : asked);
  editor.setText(isFirst ? FIRST_QUESTION.expr : asked.expr);
  formFields(form).refresh.checked = isFirst;
  form.addEventListener(
    "submit",
    (event) => {
      event.preventDefault();
      run();
    },
    { signal },
  );
  form.addEventListener("change", () => form.requestSubmit(), { signal });
  const timer = setInterval(() => {
    const { refresh } = formFields(form);
    // A query slower than the interval goes on: restarted each time, it would never finish.
    if (refresh.checked && !document.hidden && !isRunning) run();
  }, REFRESH_MS);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    running.abort();
  });
  showArriving(find("arriving", HTMLElement), api, (expr) => ask({ expr, view: "graph" }), signal).catch(
    fail,
  );
  editor.focus();
  run();
}

/** A native histogram has no single height; names functions that return one. */
function notDrawn({ series }: Result, expr: string): string[] {
  const count = series.filter(({ histograms }) => histograms.length > 0).length;
  if (count === 0) return [];
  const what = `${count} of ${series.length} series are native histograms, which are not drawn`;
  return [`${what}: query histogram_quantile(0.9, ${expr}) or histogram_count(${expr}), or open the table`];
}

function describe(result: Result, shown: number, range: StepRange, isGraph: boolean): string {
  const { series, readUnits, milliseconds } = result;
  const samples = series.reduce(
    (total, { points, histograms }) => total + points.length + histograms.length,
    0,
  );
  const words = [`${series.length} series`, `${samples} points`];
  if (isGraph) words.push(`step ${range.step} s`);
  if (shown < series.length) words.push(`the first ${isGraph ? MAX_DRAWN : MAX_ROWS} are shown`);
  if (readUnits !== undefined) words.push(`${readUnits} read units`);
  words.push(`${Math.round(milliseconds)} ms`);
  return words.join(" · ");
}

/** Aligned to the step, so a refresh asks for the same times again. */
function rangeOf({ range, end, step }: Question, width: number): StepRange {
  const seconds = parseDuration(range) ?? 3600;
  const chosen = parseDuration(step) ?? chooseStep(seconds, Math.max(100, width / PIXELS_PER_POINT));
  const bounded = Math.max(chosen, seconds / MAX_STEPS);
  const endSeconds = end === "" ? Date.now() / 1000 : new Date(end).getTime() / 1000;
  const aligned = Math.floor(endSeconds / bounded) * bounded;
  return { start: aligned - Math.floor(seconds / bounded) * bounded, end: aligned, step: bounded };
}

interface Fields extends HTMLFormControlsCollection {
  readonly range: RadioNodeList;
  readonly view: RadioNodeList;
  readonly end: HTMLInputElement;
  readonly step: HTMLInputElement;
  readonly refresh: HTMLInputElement;
}

/** The form of index.html. */
function formFields(form: HTMLFormElement): Fields {
  const { elements } = form;
  const named = (name: string) => elements.namedItem(name);
  return {
    range: named("range"),
    view: named("view"),
    end: named("end"),
    step: named("step"),
    refresh: named("refresh"),
  } as Fields;
}

function readForm(form: HTMLFormElement, expr: string): Question {
  const { range, view, end, step } = formFields(form);
  return {
    expr,
    range: range.value || NO_QUESTION.range,
    end: end.value,
    step: step.value,
    view: view.value === "table" ? "table" : "graph",
  };
}

function fill(form: HTMLFormElement, question: Question): void {
  const fields = formFields(form);
  fields.range.value = question.range;
  fields.view.value = question.view;
  fields.end.value = question.end;
  fields.step.value = question.step;
}

function addRanges(fieldset: HTMLElement): void {
  const labels = RANGES.map((range) => {
    const input = Object.assign(document.createElement("input"), {
      type: "radio",
      name: "range",
      value: range,
    });
    const label = document.createElement("label");
    label.append(input, ` ${range}`);
    return label;
  });
  const [legend] = fieldset.children;
  fieldset.replaceChildren(legend, ...labels);
}
