/** Limits of one tenant or of one of its keys. All are off unless a deployment or an administrator sets them. */
import { errorMessage, HearthError } from "../errors.ts";
import { DOLLARS_PER_READ_UNIT } from "./prices.ts";

/** A number; an absent limit is off. */
export type TenantLimits = { readonly [Name in LimitName]?: number | undefined };

/** What is set for one tenant: "off" overrides the deployment's default. */
export type LimitSettings = { readonly [Name in LimitName]?: number | "off" | undefined };

export type LimitName = (typeof TENANT_LIMITS)[number]["name"];

interface LimitDefinition {
  /** In settings of tenants and in `user_limits`. */
  readonly name: string;
  /** In options, error texts and labels of series. */
  readonly option: string;
  /** Whether a single key may have one. */
  readonly isOfKeys: boolean;
  /** The smallest value. */
  readonly least: number;
}

export const TENANT_LIMITS = [
  { name: "samplesPerSecond", option: "samples-per-second", isOfKeys: true, least: 1 },
  { name: "samplesBurst", option: "samples-burst", isOfKeys: true, least: 1 },
  { name: "seriesPerDay", option: "series-per-day", isOfKeys: false, least: 1 },
  { name: "activeSeries", option: "active-series", isOfKeys: false, least: 1 },
  { name: "labelsPerSeries", option: "labels-per-series", isOfKeys: false, least: 1 },
  { name: "labelNameBytes", option: "label-name-bytes", isOfKeys: false, least: 8 },
  { name: "labelValueBytes", option: "label-value-bytes", isOfKeys: false, least: 1 },
  { name: "exemplarsPerSecond", option: "exemplars-per-second", isOfKeys: false, least: 0 },
  { name: "queriesAtOnce", option: "queries-at-once", isOfKeys: true, least: 1 },
  { name: "readUnitsPerHour", option: "read-units-per-hour", isOfKeys: true, least: 1 },
  { name: "readUnitsPerDay", option: "read-units-per-day", isOfKeys: true, least: 1 },
  { name: "ruleGroups", option: "rule-groups", isOfKeys: false, least: 0 },
  { name: "rulesPerGroup", option: "rules-per-group", isOfKeys: false, least: 1 },
] as const satisfies readonly LimitDefinition[];

const MAX_LIMIT = 1e12;
/** Without a burst of its own, a tenant may send this many seconds of its rate at once. */
const BURST_SECONDS = 30;

/** Throws "invalid" for a name that is no limit's. */
export function limitOfOption(option: string): (typeof TENANT_LIMITS)[number] {
  const found = TENANT_LIMITS.find((one) => one.option === option);
  if (found !== undefined) return found;
  const options = TENANT_LIMITS.map((one) => one.option);
  const names = [...options, "read-dollars-per-hour", "read-dollars-per-day"].join(", ");
  throw new HearthError("invalid", `limit ${option}: expected one of ${names}`);
}

/** What is wrong with settings that came from outside; undefined if nothing is. */
export function whatIsWrongWithLimits(settings: unknown, isOfKey = false): string | undefined {
  if (typeof settings !== "object" || settings === null) return "limits: expected an object";
  for (const [name, value] of Object.entries(settings)) {
    const limit = TENANT_LIMITS.find((one) => one.name === name);
    // A later version may know more limits.
    if (limit === undefined || value === undefined || value === "off") continue;
    if (isOfKey && !limit.isOfKeys)
      return `limit ${limit.option}: a single key cannot have one, a tenant can`;
    if (!Number.isInteger(value) || value < limit.least || value > MAX_LIMIT)
      return `limit ${limit.option}=${value}: expected a whole number from ${limit.least} to ${MAX_LIMIT}, or off`;
  }
  return undefined;
}

/** A tenant's limits: its own settings before the deployment's. */
export function applyLimits(defaults: TenantLimits, settings: LimitSettings = {}): TenantLimits {
  const limits: { [Name in LimitName]?: number } = {};
  for (const { name } of TENANT_LIMITS) {
    const value = settings[name] ?? defaults[name];
    if (value !== undefined && value !== "off") limits[name] = value;
  }
  return limits;
}

/** How many samples may come at once; only of limits with a rate. */
export function burstOf({ samplesPerSecond = 0, samplesBurst }: TenantLimits): number {
  return samplesBurst ?? samplesPerSecond * BURST_SECONDS;
}

/**
 * One limit as people write it: `samples-per-second=1000`, `off` or `default` (undefined) for a value. Read units may be
 * given in dollars: `read-dollars-per-day=5`. Throws "invalid".
 */
export function parseLimit(text: string): readonly [name: LimitName, value: number | "off" | undefined] {
  const at = text.indexOf("=");
  if (at < 0)
    throw new HearthError("invalid", `limit ${text}: expected NAME=VALUE, such as active-series=100000`);
  const value = text.slice(at + 1).trim();
  const dollars = /^read-dollars-per-(hour|day)$/.exec(text.slice(0, at).trim());
  const { name, option, least } = limitOfOption(
    dollars === null ? text.slice(0, at).trim() : `read-units-per-${dollars[1]}`,
  );
  if (value === "off") return [name, "off"];
  if (value === "default") return [name, undefined];
  const number = dollars === null ? Number(value) : Math.floor(Number(value) / DOLLARS_PER_READ_UNIT);
  if (value !== "" && Number.isInteger(number) && number >= least && number <= MAX_LIMIT)
    return [name, number];
  const expected = dollars === null ? `a whole number from ${least}` : "dollars";
  throw new HearthError("invalid", `limit ${option}=${value}: expected ${expected}, off or default`);
}

const VARIABLE = "HEARTH_TENANT_LIMITS";

/**
 * The deployment's limits, from an environment variable: `samples-per-second=10000,active-series=100000`. Throws
 * "invalid" with the variable's name.
 */
export function parseTenantLimits(env: Readonly<Record<string, string | undefined>>): TenantLimits {
  const limits: { [Name in LimitName]?: number } = {};
  for (const text of (env[VARIABLE] ?? "").split(",")) {
    if (text.trim() === "") continue;
    try {
      const [name, value] = parseLimit(text.trim());
      if (typeof value === "number") limits[name] = value;
    } catch (error) {
      throw new HearthError("invalid", `${VARIABLE}: ${errorMessage(error)}`);
    }
  }
  return limits;
}
