/** Why a query returns nothing: names that do not exist, labels that do not match, or another time. */
import type { Client } from "../../../api/client.ts";
import { selectorOf } from "../../../api/metric-text.ts";
import { findSeries, labelValues, type QueryData } from "../../../api/prometheus.ts";
import type { Span } from "../../../time/time-range.ts";
import { type EqualMatcher, matchersOf, selectorsOf } from "../expression.ts";
import { nearestNames } from "./nearest-names.ts";

export type Reason =
  /** No metric has the name at any time that was looked at. */
  | { readonly kind: "no metric"; readonly metric: string; readonly nearest: readonly string[] }
  /** The metric has no series with this label's value. */
  | {
      readonly kind: "no value";
      readonly selector: string;
      readonly label: string;
      readonly value: string;
      readonly nearest: readonly string[];
    }
  /** Series exist, with samples at other times alone. Times are in seconds. */
  | {
      readonly kind: "other time";
      readonly selector: string;
      readonly before: number | undefined;
      readonly after: number | undefined;
    }
  /** The metric exists, and no series of it matches. */
  | { readonly kind: "no match"; readonly selector: string; readonly metric: string }
  /** The selector finds series here: functions or operators leave nothing of them. */
  | { readonly kind: "has data"; readonly selector: string };

const MAX_SELECTORS = 4;
const MAX_NAMES = 5;
const DAY = 86_400;
/** How far from the range samples are looked for. */
const MAX_DAYS = 512;

/** A reason for each selector, the ones that explain most first. */
export async function explainNothing(
  client: Client,
  expr: string,
  span: Span,
  nowSeconds: number,
  signal: AbortSignal,
): Promise<Reason[]> {
  const selectors = selectorsOf(expr).slice(0, MAX_SELECTORS);
  const reasons = await Promise.all(
    selectors.map(({ text, metric }) => reasonOf(client, text, metric, span, nowSeconds, signal)),
  );
  const order = ["no metric", "no value", "no match", "other time", "has data"];
  return reasons.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

async function reasonOf(
  client: Client,
  selector: string,
  metric: string,
  span: Span,
  nowSeconds: number,
  signal: AbortSignal,
): Promise<Reason> {
  if (await hasSamples(client, selector, span, signal)) return { kind: "has data", selector };
  const [before, after] = await Promise.all([
    nearestDay(client, selector, span.start, -1, nowSeconds, signal),
    nearestDay(client, selector, span.end, 1, nowSeconds, signal),
  ]);
  if (before !== undefined || after !== undefined) return { kind: "other time", selector, before, after };
  if (metric === "") return { kind: "no match", selector, metric };
  const isKnown = await hasSeries(
    client,
    selectorOf(metric),
    { start: span.start - MAX_DAYS * DAY, end: nowSeconds },
    signal,
  );
  if (!isKnown) {
    const { data: names } = await labelValues(client, "__name__", {}, signal);
    return { kind: "no metric", metric, nearest: nearestNames(metric, names, MAX_NAMES) };
  }
  for (const { label, value } of matchersOf(selector)) {
    const found = await unknownValue(client, metric, { label, value }, signal);
    if (found !== undefined) return { kind: "no value", selector, label, value, nearest: found };
  }
  return { kind: "no match", selector, metric };
}

/** Values near to one that no series of a metric has; undefined if one has it. */
async function unknownValue(
  client: Client,
  metric: string,
  { label, value }: EqualMatcher,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const { data: values } = await labelValues(client, label, { match: [selectorOf(metric)] }, signal);
  if (value === "" || values.includes(value)) return undefined;
  const nearest = nearestNames(value, values, MAX_NAMES);
  return nearest.length > 0 ? nearest : values.slice(0, MAX_NAMES);
}

/** Series are found by whole days, so samples of the range itself are asked for. */
async function hasSamples(
  client: Client,
  selector: string,
  { start, end }: Span,
  signal: AbortSignal,
): Promise<boolean> {
  if (!(await hasSeries(client, selector, { start, end }, signal))) return false;
  return (await newestSample(client, selector, end, end - start, signal)) !== undefined;
}

async function hasSeries(
  client: Client,
  selector: string,
  { start, end }: Span,
  signal: AbortSignal,
): Promise<boolean> {
  const { data } = await findSeries(client, [selector], { start: Math.max(0, start), end, limit: 1 }, signal);
  return data.length > 0;
}

/** The time of a selector's newest sample at a time or in the seconds before it. */
async function newestSample(
  client: Client,
  selector: string,
  time: number,
  within: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  // As far back as the lookback reaches, the newest sample alone is read.
  const form = { query: `max(timestamp(${selector}))`, time, lookback_delta: Math.max(1, Math.ceil(within)) };
  const { data } = await client.post<QueryData>("api/v1/query", form, signal);
  const value = data.resultType === "vector" ? Number(data.result[0]?.value?.[1]) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/**
 * A time with a sample, earlier or later and near, in seconds: looks into ranges twice as long each time, then halves. Look-ups of
 * series read indexes alone, so even a year costs little.
 */
async function nearestDay(
  client: Client,
  selector: string,
  from: number,
  direction: -1 | 1,
  nowSeconds: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const within = (near: number, far: number) => {
    const [a, b] = [from + direction * near * DAY, from + direction * far * DAY];
    return hasSeries(client, selector, { start: Math.min(a, b), end: Math.max(a, b) }, signal);
  };
  if (direction > 0 && from >= nowSeconds) return undefined;
  let near = 0;
  let far = 1;
  while (!(await within(near, far))) {
    if (far >= MAX_DAYS || (direction > 0 && from + far * DAY > nowSeconds)) return undefined;
    [near, far] = [far, far * 2];
  }
  while (far - near > 1) {
    const middle = Math.floor((near + far) / 2);
    if (await within(near, middle)) far = middle;
    else near = middle;
  }
  if (direction < 0) return newestSample(client, selector, from - near * DAY, (far - near + 1) * DAY, signal);
  // Of that day the newest sample is the one to show. Days are whole ones, so it may be none after `from`.
  const time = Math.min(from + far * DAY, nowSeconds);
  return newestSample(client, selector, time, time - from, signal);
}
