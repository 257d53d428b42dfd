/** Parameters of the query API, in the URL or a posted form. https://prometheus.io/docs/prometheus/latest/querying/api/ */
import { HearthError } from "../../model/errors.ts";
import type { Matcher } from "../../model/matcher.ts";
import { HOUR_MS, MINUTE_MS } from "../../model/time.ts";
import type { StepRange } from "../../promql/engine-interface.ts";
import type { ParseOptions } from "../../promql/parse/options.ts";
import { parseSelector } from "../../promql/parse/parse-expr.ts";
import type { SourceResolution } from "../../promql/settings.ts";
import { type ParsedDuration, parseDuration, printDuration } from "../../promql/syntax/duration-text.ts";
import { quote, quoteInput } from "../../promql/syntax/quote.ts";
import { readBody } from "../body.ts";
import type { GatewayContext } from "../gateway.ts";
import { MAX_PARAMETERS, parseParameters, tooManyParameters } from "../parameter-count.ts";

/** The limit of a form: four expressions of the greatest length, escaped. */
const MAX_FORM_BYTES = 4 * 1024 * 1024;

/** The earliest and the latest time of Prometheus' API, in ms, and how clients write them. */
export const MIN_API_TIME_MS = -9_223_309_901_257_974_000;
export const MAX_API_TIME_MS = 9_223_309_901_257_975_000;
const NAMED_TIMES: ReadonlyMap<string, number> = new Map([
  ["-292273086-05-16T16:47:06Z", MIN_API_TIME_MS],
  ["292277025-08-18T07:12:54.999999999Z", MAX_API_TIME_MS],
]);

/**
 * Characters of a time, a duration or a count: what is longer is refused before a pattern sees it.
 */
const MAX_NUMBER_CHARACTERS = 64;

/** All parameters; those of a form precede those of the URL. */
export async function readParameters(c: GatewayContext): Promise<URLSearchParams> {
  const inUrl = parseParameters(new URL(c.req.url).search);
  if (c.req.method !== "POST" && c.req.method !== "PUT") return inUrl;
  const form = await readForm(c, inUrl.size > 0);
  return inUrl.size === 0 ? form : new URLSearchParams([...form, ...inUrl]);
}

const URL_ENCODED = "application/x-www-form-urlencoded";
const MULTIPART = "multipart/form-data";
/** What the boundary between two parts begins with. https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1 */
const PART = "\r\n--";

/** The form of a body. Of another type it has none, which is an error unless the URL has parameters. */
async function readForm(c: GatewayContext, isOptional: boolean): Promise<URLSearchParams> {
  const header = c.req.header("Content-Type") ?? "";
  const type = header.split(";")[0].trim().toLowerCase();
  const isForm = type === URL_ENCODED || type === MULTIPART;
  if (!isForm && isOptional) return new URLSearchParams();
  const body = await readBody(c, MAX_FORM_BYTES);
  if (type === URL_ENCODED) return parseParameters(Buffer.from(body).toString());
  if (type === MULTIPART) return readMultipart(body, header);
  if (body.length === 0) return new URLSearchParams();
  const came = header === "" ? "no content type" : `content type ${quoteInput(header)}`;
  throw new HearthError(
    "invalid",
    `${came} of a body of ${body.length} bytes: expected ${URL_ENCODED}, or the parameters in the URL`,
  );
}

/** Its files are none of the parameters. */
async function readMultipart(body: Uint8Array, contentType: string): Promise<URLSearchParams> {
  const texts = Buffer.from(body).toString("latin1");
  if (texts.split(PART, MAX_PARAMETERS + 2).length > MAX_PARAMETERS + 1) throw tooManyParameters();
  try {
    const bytes = new Uint8Array(body);
    const form = await new Response(bytes, { headers: { "Content-Type": contentType } }).formData();
    const fields = [...form].filter((entry): entry is [string, string] => typeof entry[1] === "string");
    return new URLSearchParams(fields);
  } catch (cause) {
    throw new HearthError("invalid", `form: expected ${MULTIPART} with its boundary`, { cause });
  }
}

/** The error of a parameter, as Prometheus words it. */
export function invalidParameter(name: string, reason: string): HearthError {
  return new HearthError("invalid", `invalid parameter ${quote(name)}: ${reason}`);
}

/** `"123…"`, with the limit where the text is past it. */
function quoteNumber(text: string): string {
  const quoted = quoteInput(text);
  return text.length <= MAX_NUMBER_CHARACTERS
    ? quoted
    : `${quoted} (${text.length} characters, at most ${MAX_NUMBER_CHARACTERS} are allowed)`;
}

/** A required time, in ms, written as RFC 3339 or seconds since the epoch. */
export function timeParameter(parameters: URLSearchParams, name: string): number {
  const text = parameters.get(name) ?? "";
  const timeMs = parseTime(text);
  if (timeMs !== undefined) return timeMs;
  throw invalidParameter(name, `cannot parse ${quoteNumber(text)} to a valid timestamp`);
}

/** An optional time, in ms; `absentMs` if omitted. */
export function optionalTimeParameter(parameters: URLSearchParams, name: string, absentMs: number): number {
  try {
    return parseTimeParameter(parameters, name, absentMs);
  } catch (error) {
    throw error instanceof HearthError ? invalidParameter(name, error.message) : error;
  }
}

/** The same for routes that do not name the parameter before the reason. */
export function parseTimeParameter(parameters: URLSearchParams, name: string, absentMs: number): number {
  const text = parameters.get(name) ?? "";
  if (text === "") return absentMs;
  const timeMs = parseTime(text);
  if (timeMs !== undefined) return timeMs;
  throw new HearthError(
    "invalid",
    `invalid time value for '${name}': cannot parse ${quoteNumber(text)} to a valid timestamp`,
  );
}

const FLOAT = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

function parseTime(text: string): number | undefined {
  if (text.length > MAX_NUMBER_CHARACTERS) return undefined;
  if (!FLOAT.test(text)) return NAMED_TIMES.get(text) ?? parseRfc3339(text);
  const seconds = Number(text);
  const whole = Math.trunc(seconds);
  const timeMs = whole * 1000 + Math.round((seconds - whole) * 1000);
  return timeMs >= MIN_API_TIME_MS && timeMs <= MAX_API_TIME_MS ? timeMs : undefined;
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Fractions of a millisecond are cut off. */
function parseRfc3339(text: string): number | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", sign, zoneHour = "0", zoneMinute = "0"] =
    match;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isDate = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  if (!isDate || !isTime || Number(zoneHour) > 23 || Number(zoneMinute) > 59) return undefined;
  date.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.slice(0, 3).padEnd(3, "0")));
  const zoneMs = Number(zoneHour) * HOUR_MS + Number(zoneMinute) * MINUTE_MS;
  return date.getTime() - (sign === "-" ? -zoneMs : zoneMs);
}

/** The step of a range query, in whole ms: seconds, or `1h30m`. */
export function stepParameter(parameters: URLSearchParams): number {
  const step = parseSecondsOrDuration(parameters.get("step") ?? "");
  if (!step.ok) throw invalidParameter("step", step.reason);
  if (step.ms > 0) return step.ms;
  const reason = "zero or negative query resolution step widths are not accepted. Try a positive integer";
  throw invalidParameter("step", reason);
}

/** The parameters `start`, `end` and `step` of a range query. */
export function rangeParameters(parameters: URLSearchParams, maxSteps: number): StepRange {
  const startMs = timeParameter(parameters, "start");
  const endMs = timeParameter(parameters, "end");
  if (endMs < startMs) {
    throw new HearthError("invalid", 'invalid parameter "end": end timestamp must not be before start time');
  }
  const stepMs = stepParameter(parameters);
  // Prometheus counts the intervals between the steps, and calls them points.
  const maxIntervals = maxSteps - 1;
  if (Math.floor((endMs - startMs) / stepMs) > maxIntervals) {
    const most = maxIntervals.toLocaleString("en-US");
    const reason = `exceeded maximum resolution of ${most} points per timeseries`;
    throw new HearthError("invalid", `${reason}. Try decreasing the query resolution (?step=XX)`);
  }
  return { startMs, endMs, stepMs };
}

/** In ms; undefined if omitted. */
export function timeoutParameter(parameters: URLSearchParams): number | undefined {
  const text = parameters.get("timeout") ?? "";
  if (text === "") return undefined;
  const timeout = parseSecondsOrDuration(text);
  if (!timeout.ok) throw invalidParameter("timeout", timeout.reason);
  if (timeout.ms > 0) return timeout.ms;
  throw invalidParameter("timeout", `timeout must be positive, got ${printDuration(timeout.ms)}`);
}

/** In ms; undefined if omitted or not positive, which Prometheus accepts. */
export function lookbackParameter(parameters: URLSearchParams): number | undefined {
  const text = parameters.get("lookback_delta") ?? "";
  if (text === "") return undefined;
  const delta = parseSecondsOrDuration(text);
  if (!delta.ok) throw new HearthError("invalid", `error parsing lookback delta duration: ${delta.reason}`);
  return delta.ms > 0 ? delta.ms : undefined;
}

/**
 * The coarsest data that a query may use, as in Thanos: "auto", or a duration. Rows are hourly, so from an hour on it is rows.
 * Undefined for the setting of the service.
 */
export function resolutionParameter(parameters: URLSearchParams): SourceResolution | undefined {
  const text = parameters.get("max_source_resolution") ?? "";
  if (text === "") return undefined;
  if (text === "auto") return "auto";
  const most = parseSecondsOrDuration(text);
  if (!most.ok) throw invalidParameter("max_source_resolution", `${most.reason}; expected auto, 0s or 1h`);
  return most.ms >= HOUR_MS ? "rows" : "samples";
}

export const START_TIMESTAMPS_HEADER = "X-Prometheus-Use-Start-Timestamps";
/** The spellings of Go's `strconv.ParseBool`. */
const BOOLEANS = /^(?:(1|t|T|TRUE|true|True)|0|f|F|FALSE|false|False)$/;

/** Whether one query uses start timestamps; undefined for the setting of the service. */
export function startTimestampsHeader(text: string | undefined): boolean | undefined {
  if (text === undefined || text === "") return undefined;
  const isOn = parseBoolean(text);
  if (isOn !== undefined) return isOn;
  const reason = `strconv.ParseBool: parsing ${quoteInput(text)}: invalid syntax`;
  throw new HearthError("invalid", `error parsing ${START_TIMESTAMPS_HEADER} header: ${reason}`);
}

/** Undefined for any other text. */
export function parseBoolean(text: string): boolean | undefined {
  const match = BOOLEANS.exec(text);
  return match === null ? undefined : match[1] !== undefined;
}

/** The most that an int64 of nanoseconds holds. */
const MAX_DURATION_SECONDS = 2 ** 63 / 1e9;
/** Go's `strconv.ParseFloat` accepts these too; Prometheus reports them as too large. */
const NOT_FINITE = /^[+-]?(?:inf|infinity)$|^nan$/i;

export function parseSecondsOrDuration(text: string): ParsedDuration {
  const reason = `cannot parse ${quoteNumber(text)} to a valid duration`;
  if (text.length > MAX_NUMBER_CHARACTERS) return { ok: false, reason };
  const seconds = FLOAT.test(text) ? Number(text) : Number.NaN;
  const isTooLarge = Number.isFinite(seconds) && Math.abs(seconds) >= MAX_DURATION_SECONDS;
  if (isTooLarge || NOT_FINITE.test(text)) return { ok: false, reason: `${reason}. It overflows int64` };
  if (Number.isFinite(seconds)) return { ok: true, ms: Math.trunc(Math.round(seconds * 1e9) / 1e6) };
  const duration = parseDuration(text);
  return duration.ok ? duration : { ok: false, reason };
}

/** 0 means no limit. */
export function limitParameter(parameters: URLSearchParams): number {
  const text = parameters.get("limit") ?? "";
  if (text === "") return 0;
  const limit = parseWhole(text);
  if (typeof limit === "string") throw invalidParameter("limit", limit);
  if (limit < 0) throw invalidParameter("limit", "limit must be non-negative");
  return limit;
}

/**
 * A whole number as Go's `strconv.Atoi` parses it, rounded to a double; or the message of its
 * error.
 */
export function parseWhole(text: string): number | string {
  const failure = `strconv.Atoi: parsing ${quoteNumber(text)}`;
  if (text.length > MAX_NUMBER_CHARACTERS) return `${failure}: invalid syntax`;
  const digits = /^([+-]?)(\d+)$/.exec(text);
  if (digits === null) return `${failure}: invalid syntax`;
  const [, sign, number] = digits;
  const whole = BigInt(`${sign === "-" ? "-" : ""}${number}`);
  return BigInt.asIntN(64, whole) === whole ? Number(whole) : `${failure}: value out of range`;
}

/** Each selector is a lookup. */
const MAX_SELECTORS = 256;

/** The selectors of `match[]`. Throws "invalid" for one that could select every series. */
export function matchParameters(
  parameters: URLSearchParams,
  options: ParseOptions = {},
): (readonly Matcher[])[] {
  const matcherSets = anyMatchParameters(parameters, options);
  if (matcherSets.every((matchers) => matchers.some((matcher) => !matcher.matches("")))) return matcherSets;
  throw new HearthError("invalid", "match[] must contain at least one non-empty matcher");
}

/** The selectors of `match[]`, which may select every series. Throws "invalid". */
export function anyMatchParameters(
  parameters: URLSearchParams,
  options: ParseOptions = {},
): (readonly Matcher[])[] {
  const texts = parameters.getAll("match[]");
  if (texts.length > MAX_SELECTORS) {
    throw new HearthError(
      "invalid",
      `match[]: ${texts.length} selectors, the limit is ${MAX_SELECTORS}; send more requests`,
    );
  }
  return texts.map((text) => parseSelector(text, options));
}

/** The time range of a lookup of labels; all times if omitted. */
export function lookupRange(parameters: URLSearchParams): { minTime: number; maxTime: number } {
  const minTime = optionalTimeParameter(parameters, "start", MIN_API_TIME_MS);
  const maxTime = optionalTimeParameter(parameters, "end", MAX_API_TIME_MS);
  return { minTime, maxTime };
}
