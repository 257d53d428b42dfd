/** `hearthdb explain`: the plan of a query and its reads, without evaluating it. */
import { explain, explanationToJson, printExplanation } from "../lib/http/query/explain.ts";
import { querySettings } from "../lib/http/query/source.ts";
import { HearthError } from "../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../lib/model/limits.ts";
import { DEFAULT_TENANT, parseTenant } from "../lib/model/tenant.ts";
import { type Clock, DAY_MS } from "../lib/model/time.ts";
import { parsePromqlSettings } from "../lib/promql/settings.ts";
import { Reader } from "../lib/storage/read/reader.ts";
import type { Table } from "../lib/storage/table/table.ts";
import { Tenants } from "../lib/storage/tenants/tenant-settings.ts";
import type { Environment } from "../local/settings.ts";
import { parseDays } from "./retention-days.ts";

export interface ExplainCommandOptions {
  readonly tenant?: string | undefined;
  readonly time?: string | undefined;
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly step?: string | undefined;
  readonly "lookback-delta"?: string | undefined;
  readonly "retention-days"?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Throws "invalid" for an expression, a time or a step that cannot be, or for both kinds of times. */
export async function explainCommand(
  table: Table,
  query: string,
  options: ExplainCommandOptions,
  env: Environment,
  clock: Clock,
  print: (text: string) => void,
): Promise<void> {
  const tenant = parseTenant(options.tenant ?? DEFAULT_TENANT);
  const tenants = new Tenants(parseDays(options["retention-days"] ?? "0") * DAY_MS, clock);
  const { retentionMs, storedAs } = await tenants.find(table, tenant);
  const limits = DEFAULT_LIMITS;
  const explanation = await explain({
    parameters: parametersOf(query, options),
    services: { settings: querySettings(parsePromqlSettings(env), limits) },
    source: new Reader(table, { tenant: storedAs, clock, limits, retentionMs }),
    clock,
  });
  print(
    options.json ? JSON.stringify(explanationToJson(explanation)) : printExplanation(explanation).trimEnd(),
  );
}

/** The parameters of the API's route, from options of the same names. */
function parametersOf(query: string, options: ExplainCommandOptions): URLSearchParams {
  const { time, start, end, step, "lookback-delta": lookback_delta } = options;
  const range = [start, end, step].filter((one) => one !== undefined).length;
  if ((range > 0 && time !== undefined) || (range > 0 && range < 3)) {
    throw new HearthError("invalid", "explain: expected --time, or all of --start, --end and --step");
  }
  const given = Object.entries({ query, time, start, end, step, lookback_delta });
  return new URLSearchParams(given.filter((one): one is [string, string] => one[1] !== undefined));
}
