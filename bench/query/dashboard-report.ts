/** The dashboards' half of the benchmark: collects the samples for Prometheus, measures, prints. */
import { DAY_MS } from "../../lib/model/time.ts";
import type { Table } from "../../lib/storage/table/table.ts";
import { DASHBOARD, SPANS } from "./dashboard.ts";
import { type DashboardCost, measureDashboard, newQueryApps, storeKey } from "./measure-dashboard.ts";
import { buildNativeTenant } from "./native-tenant.ts";
import { Blocks, findPrometheus, startPrometheus } from "./prometheus.ts";
import type { SeriesChunks } from "./store-day.ts";

/** A row of the output, for programs. */
export interface DashboardFigures {
  readonly query: string;
  readonly span: string;
  /** Read units of a cold process and of a warm one; the CPU times likewise. */
  readonly read_units: number;
  readonly warm_read_units: number;
  readonly bytes: number;
  readonly points: number;
  readonly cpu_ms: number;
  readonly warm_cpu_ms: number;
  readonly prometheus_cpu_ms: number | undefined;
}

export class Dashboard {
  readonly #spans: readonly string[];
  readonly #prometheus = findPrometheus();
  readonly #blocks = new Blocks();

  /** Of `SPANS`, by name. */
  constructor(spans: readonly string[]) {
    this.#spans = spans;
  }

  /** Stores the key of the requests and the tenant of native histograms; must be called first. */
  async prepare(table: Table, nowMs: number): Promise<void> {
    await storeKey(table, nowMs);
    await buildNativeTenant(table, { sinceMs: nowMs - DAY_MS, nowMs }, (day, series) =>
      this.#blocks.keep(day, series),
    );
  }

  /** Receives the samples of a day of the recording's tenant. */
  readonly onDay = async (day: number, series: readonly SeriesChunks[]): Promise<void> => {
    if (this.#prometheus !== undefined) await this.#blocks.write(day, series);
  };

  /** Measures all queries. */
  async measure(table: Table, nowMs: number): Promise<DashboardFigures[]> {
    const apps = newQueryApps(table, nowMs);
    try {
      const program = this.#prometheus && (await startPrometheus(this.#prometheus.command, this.#blocks));
      try {
        this.#printHead();
        const figures: DashboardFigures[] = [];
        for (const query of DASHBOARD) {
          for (const span of SPANS.filter(({ name }) => this.#spans.includes(name))) {
            if (span.spanMs > (query.maxSpanMs ?? Number.POSITIVE_INFINITY)) continue;
            const cost = await measureDashboard(apps, program, query, span, nowMs);
            printCost(cost);
            figures.push(figuresOf(cost));
          }
        }
        return figures;
      } finally {
        await program?.close();
      }
    } finally {
      this.#blocks.remove();
    }
  }

  #printHead(): void {
    const version = this.#prometheus === undefined ? "not found" : this.#prometheus.version;
    console.log(`\nPromQL, CPU time of a response; Prometheus: ${version}`);
    console.log(
      `${"query".padEnd(32)}  units   warm    points     KB  Hearth ms    warm  Prometheus ms  ratio    warm`,
    );
  }
}

function printCost({
  query,
  span,
  readUnits,
  warmReadUnits,
  points,
  sizeBytes,
  forgetful,
  warm,
}: DashboardCost): void {
  const name = `${query.name}, ${span.name}`.padEnd(32);
  const counts = `${String(readUnits).padStart(7)}${String(warmReadUnits).padStart(7)}${String(points).padStart(10)}${String(Math.round(sizeBytes / 1024)).padStart(7)}`;
  const ours = forgetful.hearthMs.toFixed(1).padStart(11) + warm.hearthMs.toFixed(1).padStart(8);
  const theirs =
    warm.prometheusMs === undefined
      ? ""
      : warm.prometheusMs.toFixed(1).padStart(15) +
        (forgetful.hearthMs / forgetful.prometheusMs!).toFixed(2).padStart(7) +
        (warm.hearthMs / warm.prometheusMs).toFixed(2).padStart(8);
  console.log(`${name}${counts}${ours}${theirs}`);
}

function figuresOf({
  query,
  span,
  readUnits,
  warmReadUnits,
  sizeBytes,
  points,
  forgetful,
  warm,
}: DashboardCost): DashboardFigures {
  return {
    query: query.name,
    span: span.name,
    read_units: readUnits,
    warm_read_units: warmReadUnits,
    bytes: sizeBytes,
    points,
    cpu_ms: forgetful.hearthMs,
    warm_cpu_ms: warm.hearthMs,
    prometheus_cpu_ms: warm.prometheusMs,
  };
}
