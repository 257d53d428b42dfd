/** One panel: its question, the query that runs, and what came of the last one. */
import { batch, signal } from "@preact/signals";
import type { Answer, Client } from "../../api/client.ts";
import { isAbort } from "../../api/client.ts";
import {
  type ApiExemplars,
  type ApiSeries,
  isSeriesData,
  metadata,
  type QueryData,
  queryExemplars,
  queryInstant,
  queryRange,
  type Resolution,
  type StepRange,
} from "../../api/prometheus.ts";
import { SeriesColors } from "../../plot/colors.ts";
import { type Frame, newFrame } from "../../plot/frame.ts";
import { type Hidden, NONE_HIDDEN } from "../../plot/legend-choice.ts";
import type { Span } from "../../time/time-range.ts";
import { turn } from "../../time/turn.ts";
import { metricsOf } from "./expression.ts";
import { gridOf } from "./grid.ts";
import { noteRun } from "./history/history.ts";
import type { PanelQuestion } from "./question.ts";

export interface Outcome {
  readonly question: PanelQuestion;
  readonly range: StepRange;
  readonly answer: Answer<QueryData>;
  /** Of a graph: the series that are drawn. */
  readonly frame: Frame | undefined;
  readonly exemplars: readonly ApiExemplars[];
  /** By the metadata of the expression's first metric. */
  readonly metadataUnit: string;
}

export interface Explained {
  readonly expr: string;
  readonly range: StepRange;
  readonly resolution: Resolution;
}

/** More series are not drawn: nobody can tell them apart. */
export const MAX_DRAWN = 200;

let lastId = 0;

export class Panel {
  readonly id = `panel-${++lastId}`;
  readonly question;
  /** What the editor begins with, a new object each time it is to show another text. */
  readonly given;
  /** What the editor holds: a draft until it is run. */
  draft: string;
  readonly outcome = signal<Outcome>();
  readonly error = signal<unknown>();
  /** What the explain view explains: it asks by itself. */
  readonly explained = signal<Explained>();
  /** When the query began that runs, by `performance.now()`. */
  readonly runningSince = signal<number>();
  readonly hidden = signal<Hidden>(NONE_HIDDEN);
  readonly colors = new SeriesColors();
  /** Of its graph; the step follows from it. */
  widthPx = 900;
  /** The graph's canvas, for a picture. */
  canvas: HTMLCanvasElement | undefined;
  #running = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(question: PanelQuestion) {
    this.question = signal(question);
    this.given = signal({ text: question.expr });
    this.draft = question.expr;
  }

  /** Resolves when the query that runs has ended, either way. */
  get done(): Promise<void> {
    return this.#done;
  }

  set(change: Partial<PanelQuestion>): void {
    this.question.value = { ...this.question.value, ...change };
    const { expr } = change;
    if (expr === undefined || expr === this.draft) return;
    this.draft = expr;
    this.given.value = { text: expr };
  }

  /** Ends the query that runs, and starts one. Never rejects: what fails is in `error`. */
  run(client: Client, span: Span): Promise<void> {
    this.#done = this.#run(client, span);
    return this.#done;
  }

  cancel(): void {
    this.#running.abort();
    this.runningSince.value = undefined;
  }

  async #run(client: Client, span: Span): Promise<void> {
    this.#running.abort();
    const controller = new AbortController();
    this.#running = controller;
    const question = this.question.value;
    if (question.expr.trim() === "") {
      this.#end({});
      return;
    }
    noteRun(question.expr);
    if (question.view === "explain") {
      const { expr, resolution, step } = question;
      this.#end({ explained: { expr, resolution, range: gridOf(span, step, this.widthPx) } });
      return;
    }
    this.runningSince.value = performance.now();
    try {
      const outcome = await ask(client, question, span, this.widthPx, controller.signal);
      if (controller.signal.aborted) return;
      this.colors.keep(outcome.frame?.series.map(({ key }) => key) ?? []);
      this.#end({ outcome });
    } catch (error) {
      if (controller.signal.aborted || isAbort(error)) return;
      // The result of an earlier query must not stand beside an error.
      this.#end({ error });
    }
  }

  #end({ outcome, error, explained }: Ended): void {
    batch(() => {
      this.explained.value = explained;
      this.outcome.value = outcome;
      this.error.value = error;
      this.runningSince.value = undefined;
    });
  }
}

interface Ended {
  readonly outcome?: Outcome;
  readonly error?: unknown;
  readonly explained?: Explained;
}

async function ask(
  client: Client,
  question: PanelQuestion,
  span: Span,
  widthPx: number,
  abort: AbortSignal,
): Promise<Outcome> {
  const { expr, view, step, resolution, showsExemplars } = question;
  const range = gridOf(span, step, widthPx);
  const isGraph = view === "graph";
  const [metric] = metricsOf(expr);
  const [answer, exemplars, unit] = await Promise.all([
    isGraph
      ? queryRange(client, expr, range, { resolution }, abort)
      : queryInstant(client, expr, span.end, { resolution }, abort),
    // Without exemplars there still is a graph, and without metadata a guess.
    isGraph && showsExemplars ? queryExemplars(client, expr, span, abort).catch(() => undefined) : undefined,
    metric === undefined ? undefined : metadata(client, metric, abort).catch(() => undefined),
  ]);
  const frame = isGraph
    ? await newFrame(seriesOf(answer.data).slice(0, MAX_DRAWN), range, turn, abort)
    : undefined;
  const metadataUnit = Object.values(unit?.data ?? {})[0]?.[0]?.unit ?? "";
  return { question, range, answer, frame, exemplars: exemplars?.data ?? [], metadataUnit };
}

/** Of a vector or a matrix. */
export function seriesOf(data: QueryData | undefined): readonly ApiSeries[] {
  return data !== undefined && isSeriesData(data) ? data.result : [];
}
