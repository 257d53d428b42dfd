/** `hearthdb estimate`: what a load costs a month with Hearth, and with managed services. */

import { type Load, requestSize } from "../../lib/cost/load.ts";
import type { Plan } from "../../lib/cost/usage.ts";
import { HearthError } from "../../lib/model/errors.ts";
import { parseDuration } from "../../lib/promql/syntax/duration-text.ts";
import type { ServerOptions } from "../server-address.ts";
import { estimateOf } from "./estimate.ts";
import { readPrometheusLoad } from "./prometheus-load.ts";
import { estimateToJson, printEstimate } from "./report.ts";

export interface EstimateOptions extends ServerOptions {
  readonly prometheus?: string | undefined;
  readonly series?: string | undefined;
  readonly interval?: string | undefined;
  readonly "samples-per-second"?: string | undefined;
  readonly "new-series-per-day"?: string | undefined;
  readonly "samples-per-request"?: string | undefined;
  readonly "retention-days"?: string | undefined;
  readonly "rollup-days"?: string | undefined;
  readonly "panels-per-day"?: string | undefined;
  readonly "write-function-url"?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** What senders that are set up as documented wait for. */
const SENDER = { maxSamples: 10_000, deadlineSeconds: 15 } as const;
const DEFAULTS = { interval: "15s", retentionDays: 90, rollupDays: 365, panelsPerDay: 20_000 } as const;

/** A load and how it became known. */
interface KnownLoad {
  readonly load: Omit<Load, "samplesPerRequest">;
  readonly notes: readonly string[];
}

/** Throws "invalid" for numbers that cannot be, or for a load that is not said. */
export async function estimateCommand(
  options: EstimateOptions,
  print: (text: string) => void,
): Promise<void> {
  const { load: known, notes } = await findLoad(options);
  const size = numberOf(options, "samples-per-request", { least: 1 });
  const samplesPerRequest =
    size ?? requestSize(known.samplesPerSecond, SENDER.maxSamples, SENDER.deadlineSeconds);
  const plan: Plan = {
    retentionDays: numberOf(options, "retention-days", { least: 1 }) ?? DEFAULTS.retentionDays,
    rowDays: numberOf(options, "rollup-days", { least: 0 }) ?? DEFAULTS.rollupDays,
    panelsPerDay: numberOf(options, "panels-per-day", { least: 0 }) ?? DEFAULTS.panelsPerDay,
    hasMonitoring: true,
  };
  const hasFunctionUrl = options["write-function-url"] ?? false;
  const estimate = estimateOf({ ...known, samplesPerRequest }, plan, notes, { hasFunctionUrl });
  print(options.json ? JSON.stringify(estimateToJson(estimate)) : printEstimate(estimate));
}

async function findLoad(options: EstimateOptions): Promise<KnownLoad> {
  const series = numberOf(options, "series", { least: 1 });
  const perSecond = numberOf(options, "samples-per-second", { above: 0 });
  const newSeries = numberOf(options, "new-series-per-day", { least: 0 });
  if (options.prometheus !== undefined) {
    const given = ["series", "samples-per-second", "interval"] as const;
    const both = given.find((name) => options[name] !== undefined);
    if (both !== undefined)
      throw new HearthError(
        "invalid",
        `--${both}: --prometheus reads it from the server; give one of the two`,
      );
    return fromPrometheus(options.prometheus, options, newSeries);
  }
  if (series === undefined)
    throw new HearthError("invalid", "estimate: expected --prometheus URL, or --series N with --interval D");
  if (perSecond !== undefined && options.interval !== undefined)
    throw new HearthError("invalid", "--interval: --samples-per-second says it too; give one of the two");
  const samplesPerSecond = perSecond ?? series / intervalSeconds(options.interval ?? DEFAULTS.interval);
  return { load: { series, samplesPerSecond, newSeriesPerDay: newSeries ?? 0 }, notes: [] };
}

async function fromPrometheus(
  url: string,
  options: EstimateOptions,
  newSeries: number | undefined,
): Promise<KnownLoad> {
  const found = await readPrometheusLoad(url, options);
  const newSeriesPerDay = newSeries ?? found.newSeriesPerDay;
  const notes = [`samples a second: ${found.countedBy}`];
  if (newSeriesPerDay === undefined)
    notes.push(
      "new series a day: taken for 0, as the server does not scrape itself or has just started; --new-series-per-day says it",
    );
  const { series, samplesPerSecond } = found;
  return { load: { series, samplesPerSecond, newSeriesPerDay: newSeriesPerDay ?? 0 }, notes };
}

function intervalSeconds(text: string): number {
  const parsed = parseDuration(text);
  if (parsed.ok && parsed.ms > 0) return parsed.ms / 1000;
  throw new HearthError("invalid", `--interval ${text}: expected a duration above 0, as 15s`);
}

type NumberOption =
  | "series"
  | "samples-per-second"
  | "new-series-per-day"
  | "samples-per-request"
  | "retention-days"
  | "rollup-days"
  | "panels-per-day";

function numberOf(
  options: EstimateOptions,
  name: NumberOption,
  { least, above }: { readonly least?: number; readonly above?: number },
): number | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  const isEnough = least === undefined ? number > (above ?? 0) : number >= least;
  if (/^\d+(\.\d+)?$/.test(text) && isEnough) return number;
  const expected = least === undefined ? `above ${above}` : `from ${least}`;
  throw new HearthError("invalid", `--${name} ${text}: expected a number ${expected}`);
}
