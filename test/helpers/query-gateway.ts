/** The query API over an engine and a source that answer what a test says, and note what they were asked. */
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import type { QueryServices, QuerySettings } from "../../lib/http/query/services.ts";
import type { LabelSet } from "../../lib/model/labels.ts";
import type { Selection } from "../../lib/model/selection.ts";
import type {
  InstantRange,
  MatrixSeries,
  Query,
  QueryOptions,
  QueryResult,
  QueryValue,
  StepRange,
} from "../../lib/promql/engine-interface.ts";
import { printExpr } from "../../lib/promql/syntax/print.ts";
import type { Queryable } from "../../lib/storage/interface.ts";
import { basic, TestGateway } from "./test-gateway.ts";

const SETTINGS: QuerySettings = {
  parse: {},
  limits: { maxSamples: 1e6, maxSteps: 11_001, maxSeries: 1e4, timeoutMs: 60_000 },
  lookbackDeltaMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  delayedNameRemoval: false,
  typeAndUnitLabels: false,
  useStartTimestamps: false,
  prometheusVersion: "3.16.0",
};

/** `timestamps` and `values` as pairs. */
export function series(
  labels: Readonly<Record<string, string>>,
  points: readonly (readonly [number, number])[],
): MatrixSeries {
  return {
    labels: Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)),
    timestamps: Float64Array.from(points, ([timestamp]) => timestamp),
    values: Float64Array.from(points, ([, value]) => value),
    histograms: undefined,
  };
}

export interface Asked {
  readonly query: string;
  readonly range: InstantRange | StepRange;
  readonly options: QueryOptions;
}

export class QueryGateway {
  readonly gateway: TestGateway;
  readonly asked: Asked[] = [];
  readonly selections: Selection[] = [];
  value: QueryValue = { type: "scalar", timestampMs: 0, value: 1 };
  warnings: string[] = [];
  infos: string[] = [];
  perStep: Float64Array | undefined;
  labelNames: (selection: Selection) => string[] = () => ["__name__", "job"];
  seriesFound: (selection: Selection) => LabelSet[] = () => [];
  /** What the engine and the source throw instead of an answer. */
  error: unknown;

  readonly #settings: QuerySettings;

  private constructor(gateway: TestGateway, settings: Partial<QuerySettings>) {
    this.gateway = gateway;
    this.#settings = { ...SETTINGS, ...settings };
    addQueryRoutes(gateway.app, gateway.services, this.#services());
  }

  static async open(settings: Partial<QuerySettings> = {}): Promise<QueryGateway> {
    return new QueryGateway(await TestGateway.open(), settings);
  }

  /** With a key that may read; `init` as fetch has it. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { Authorization: basic("HKA"), ...init.headers };
    return this.gateway.fetch(path, { ...init, headers });
  }

  post(path: string, form: Readonly<Record<string, string>>): Promise<Response> {
    return this.fetch(path, { method: "POST", body: new URLSearchParams(form) });
  }

  async json(path: string): Promise<unknown> {
    return (await this.fetch(path)).json();
  }

  #services(): QueryServices {
    return {
      settings: this.#settings,
      engine: {
        instantQuery: (_source, query, range, options) => this.#answer(query, range, options),
        rangeQuery: (_source, query, range, options) => this.#answer(query, range, options),
      },
      openSource: () => this.#source(),
    };
  }

  async #answer(query: Query, range: InstantRange | StepRange, options: QueryOptions): Promise<QueryResult> {
    this.asked.push({ query: printExpr(query.expr), range, options });
    if (this.error !== undefined) throw this.error;
    const { perStep } = this;
    const samples = {
      totalQueryableSamples: 7,
      totalQueryableSamplesPerStep: perStep,
      samplesRead: 6,
      samplesReadPerStep: perStep,
      seriesTouched: 2,
      peakSamples: 5,
      rowsRead: 0,
    };
    return { value: this.value, warnings: this.warnings, infos: this.infos, samples };
  }

  #source(): Queryable {
    const note = async <T>(selection: Selection, answer: (selection: Selection) => T): Promise<T> => {
      this.selections.push(selection);
      if (this.error !== undefined) throw this.error;
      return answer(selection);
    };
    return {
      select: () => {
        throw new Error("the engine of this test reads nothing");
      },
      selectChunks: () => {
        throw new Error("the query API reads no chunks");
      },
      selectRows: () => {
        throw new Error("the engine of this test reads nothing");
      },
      keptSinceMs: { samples: -Infinity, rows: -Infinity },
      labelNames: (selection) => note(selection, this.labelNames),
      labelValues: (name, selection) => note(selection, () => [name, "b"]),
      series: (selection) => note(selection, this.seriesFound),
      forEachSeries: async (selection, onSeries) => {
        for (const labels of await note(selection, this.seriesFound)) onSeries(labels);
      },
      metadata: async (metric) =>
        new Map([
          [
            metric ?? "up",
            [
              { type: "gauge", unit: "", help: "1 if it is up" },
              { type: "gauge", unit: "", help: "" },
            ],
          ],
        ]),
      exemplars: async () => [],
      explain: (selection) =>
        note(selection, () => ({
          days: [],
          seriesCount: 3,
          groups: 0,
          findReadUnits: 1,
          readUnits: 8,
          intervalMs: 15_000,
          isTooExpensive: false,
        })),
      explainRows: async () => ({ seriesCount: 3, readUnits: 2, intervalMs: 3_600_000 }),
    };
  }
}
