/** A range query as CSV: a row for each sample, a column for each label. */
import { rangeParameters } from "../../lib/http/query/parameters.ts";
import { querySettings } from "../../lib/http/query/source.ts";
import { HearthError } from "../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { type Clock, HOUR_MS } from "../../lib/model/time.ts";
import { printJsonFloat } from "../../lib/number/print-float.ts";
import { rangeQuery } from "../../lib/promql/engine/engine.ts";
import type { MatrixSeries } from "../../lib/promql/engine-interface.ts";
import { parseExpr } from "../../lib/promql/parse/parse-expr.ts";
import { checkRangeType } from "../../lib/promql/parse/range-type.ts";
import { parsePromqlSettings } from "../../lib/promql/settings.ts";
import type { Reader } from "../../lib/storage/read/reader.ts";
import { printCount, printNumberOf } from "../counts.ts";
import type { Console } from "../days.ts";
import { LocalText } from "./local-output.ts";

/** A query may run for so long, and have so many steps: nobody waits for a response. */
const TIMEOUT_MS = HOUR_MS;
const MAX_STEPS = 1_000_000;

export interface CsvOptions {
  readonly query?: string | undefined;
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly step?: string | undefined;
}

export async function exportCsv(
  reader: Reader,
  path: string,
  options: CsvOptions,
  clock: Clock,
  console: Console,
): Promise<void> {
  const { query, start, end, step } = options;
  if (query === undefined || start === undefined || end === undefined || step === undefined)
    throw new HearthError("invalid", "export --format csv: expected --query, --start, --end and --step");
  const settings = querySettings(parsePromqlSettings(process.env), DEFAULT_LIMITS);
  const expr = parseExpr(query, settings.parse);
  checkRangeType(expr);
  const range = rangeParameters(new URLSearchParams({ start, end, step }), MAX_STEPS);
  const { value, warnings } = await rangeQuery(reader, { text: query, expr }, range, {
    ...settings,
    clock,
    perStepStats: false,
    limits: { ...settings.limits, timeoutMs: TIMEOUT_MS, maxSteps: MAX_STEPS },
  });
  for (const warning of warnings) console.tell(warning);
  if (value.type !== "matrix") throw new HearthError("internal", `csv: a ${value.type}, expected a matrix`);
  const text = new LocalText(path);
  try {
    let rows = 0;
    const onRows = (count: number) => {
      rows += count;
    };
    for (const piece of printRows(value.series, onRows)) await text.write(piece);
    text.finish();
    console.tell(
      `exported ${printNumberOf(rows, "row")} of ${printCount(value.series.length)} series to ${path}`,
    );
  } catch (error) {
    text.discard();
    throw error;
  }
}

function* printRows(series: readonly MatrixSeries[], onRows: (count: number) => void): Generator<string> {
  const names = [...new Set(series.flatMap(({ labels }) => labels.map(([name]) => name)))].sort();
  yield `${["time", ...names, "value"].map(quote).join(",")}\r\n`;
  for (const { labels, timestamps, values, histograms } of series) {
    const own = new Map(labels);
    const cells = names.map((name) => quote(own.get(name) ?? "")).join(",");
    const prefix = names.length === 0 ? "" : `${cells},`;
    let rows = "";
    for (let i = 0; i < timestamps.length; i++)
      rows += `${new Date(timestamps[i]).toISOString()},${prefix}${printJsonFloat(values[i])}\r\n`;
    onRows(timestamps.length);
    yield rows;
    if (histograms !== undefined && histograms.timestamps.length > 0)
      throw new HearthError(
        "invalid",
        "csv: the query has native histograms, expected floats; use histogram_sum, histogram_count or histogram_quantile",
      );
  }
}

/** As RFC 4180. */
function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
