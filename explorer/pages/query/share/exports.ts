/** A result to take along: as CSV, and the request as a curl command. */
import { labelOf } from "../../../api/metric-text.ts";
import { isSeriesData, type QueryData, type Resolution, type StepRange } from "../../../api/prometheus.ts";

/** A row for each sample: its series' labels, the time in UTC, and the value. Of native histograms count and sum. */
export function toCsv(data: QueryData): string {
  if (!isSeriesData(data))
    return lines([
      ["time", "value"],
      [isoTime(data.result[0]), data.result[1]],
    ]);
  const names = [...new Set(data.result.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const hasHistograms = data.result.some(({ histogram, histograms }) => histogram ?? histograms);
  const rows = [[...names, "time", "value", ...(hasHistograms ? ["count", "sum"] : [])]];
  for (const { metric, value, values = [], histogram, histograms = [] } of data.result) {
    const labels = names.map((name) => labelOf(metric, name));
    for (const [seconds, text] of value === undefined ? values : [value])
      rows.push([...labels, isoTime(seconds), text]);
    for (const [seconds, { count, sum }] of histogram === undefined ? histograms : [histogram])
      rows.push([...labels, isoTime(seconds), "", count, sum]);
  }
  return lines(rows);
}

function lines(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** Nothing else: a formula may begin with a number too. */
const NUMBER = /^[-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|Inf)$/i;

/** A cell that a spreadsheet would take for a formula gets a quote in front: a label may come from anybody. */
function cell(text: string): string {
  const isFormula = /^[-+=@\t\r]/.test(text) && !NUMBER.test(text);
  const safe = isFormula ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function isoTime(seconds: number): string {
  return new Date(Math.round(seconds * 1000)).toISOString();
}

interface CurlRequest {
  /** Of the page, with a slash at the end. */
  readonly baseUrl: string;
  readonly expr: string;
  readonly isRange: boolean;
  readonly range: StepRange;
  readonly resolution: Resolution;
}

/** The key is not in it: the shell's variables are. */
export function toCurl({ baseUrl, expr, isRange, range, resolution }: CurlRequest): string {
  const times: [string, string][] = isRange
    ? [
        ["start", String(range.start)],
        ["end", String(range.end)],
        ["step", String(range.step)],
      ]
    : [["time", String(range.end)]];
  const fields: [string, string][] = [["query", expr], ...times];
  if (resolution !== "") fields.push(["max_source_resolution", resolution]);
  const path = isRange ? "query_range" : "query";
  const data = fields.map(([name, value]) => `  --data-urlencode ${shellQuote(`${name}=${value}`)}`);
  return [`curl -u "$ID:$SECRET" ${shellQuote(`${baseUrl}api/v1/${path}`)}`, ...data].join(" \\\n");
}

/** One word for a POSIX shell, whatever is in it. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A file's name from an expression. */
export function fileName(expr: string, extension: string): string {
  const plain = expr.replace(/[^A-Za-z0-9_]+/g, "-").replace(/^-+|-+$/g, "");
  return `${plain.slice(0, 60) || "query"}.${extension}`;
}
