/**
 * One log line per request: who, what, how much, at what cost, and the outcome. Secrets are never
 * logged. Metrics count the same.
 */
import { errorKind, errorMessage, HearthError } from "../model/errors.ts";
import { METRIC_NAME } from "../model/labels.ts";
import type { Log, LogFields, LogLevel } from "../model/log.ts";
import type { Matcher } from "../model/matcher.ts";
import type { Metrics } from "../model/metrics.ts";
import { MAX_MESSAGE_CHARACTERS, shorten } from "../model/shorten.ts";
import type { ClockGuard } from "../storage/dynamodb/clock-guard.ts";
import type { DamageReports } from "../storage/layout/damage-reports.ts";
import { costFields, type Meter } from "../storage/table/table.ts";
import type { UsageRecorder } from "../storage/usage/usage-recorder.ts";
import { noteUsage } from "./limits/note-usage.ts";
import { requestLabels, requestMetrics } from "./request-metrics.ts";
import { CLIENT_CLOSED, type Operation } from "./status.ts";

/** Where requests are reported. */
export interface RequestSinks {
  readonly log: Log;
  /** Default: no metrics. */
  readonly metrics?: Metrics | undefined;
  /** Counts what tenants use; default: nothing is counted. */
  readonly usage?: UsageRecorder | undefined;
  /** Checks this process' clock. Absent: the clock is right, as in tests. */
  readonly clockGuard?: ClockGuard | undefined;
}

/** Gathers the fields of a request's line. */
export class RequestLog {
  readonly fields: LogFields;
  /** Set by the route. */
  operation: Operation | undefined;
  /** What is read of each tenant, of a request about several. All of it is in the request's meter too. */
  readonly shares = new Map<string, Meter>();
  /** How often each metric was selected; "" stands for selectors that name none. */
  readonly selected = new Map<string, number>();
  readonly #route: string | undefined;
  readonly #startMs: number;

  /** `route` is the pattern that matched the path; undefined if none did. */
  constructor(method: string, path: string, route: string | undefined, startMs: number) {
    this.fields = { method, path };
    this.#route = route;
    this.#startMs = startMs;
  }

  /** Notes whose series were selected. */
  readonly noteSelected = (matchers: readonly Matcher[]): void => {
    const name = matchers.find((one) => one.type === "=" && one.name === METRIC_NAME)?.value ?? "";
    this.selected.set(name, (this.selected.get(name) ?? 0) + 1);
  };

  /** Notes an error; for a bug its stack too. */
  noteError(error: unknown): void {
    const kind = errorKind(error);
    Object.assign(this.fields, { error: errorMessage(error), errorKind: kind });
    if (kind === "internal" && error instanceof Error) this.fields.stack = error.stack;
    if (error instanceof HearthError && error.cause !== undefined)
      this.fields.cause = errorMessage(error.cause);
  }

  /** Writes the line and the metrics. Call once, when the response is complete. */
  write(
    { log, metrics, clockGuard, usage }: RequestSinks,
    status: number,
    meter: Meter,
    nowMs: number,
  ): void {
    const cost = costFields(meter);
    const level = levelOf(status, this.fields);
    const durationMs = Math.round(nowMs - this.#startMs);
    const clockOffsetMs = clockGuard?.notableOffsetMs ?? 0;
    if (clockOffsetMs > 0) this.fields.clockOffsetMs = clockOffsetMs;
    if (usage !== undefined)
      noteUsage(usage, {
        fields: this.fields,
        route: this.#route,
        operation: this.operation,
        isError: level === "error",
        status,
        durationMs,
        meter,
        shares: this.shares,
        selected: this.selected,
        nowMs,
      });
    log(level, "request", { ...shortened(this.fields), status, durationMs, ...cost });
    metrics?.(requestMetrics(this.operation, this.fields, level === "error", meter), {
      labels: requestLabels(this.#route, this.fields, status),
      durationMs,
      ...(typeof this.fields.seriesToday === "number" ? { seriesToday: this.fields.seriesToday } : {}),
    });
  }
}

/** A line is short, whatever a sender made part of it. */
function shortened(fields: LogFields): LogFields {
  const short: LogFields = {};
  for (const name in fields) short[name] = shortenedValue(fields[name]);
  return short;
}

function shortenedValue(value: unknown): unknown {
  if (typeof value === "string") return shorten(value, MAX_MESSAGE_CHARACTERS);
  return Array.isArray(value) ? value.map(shortenedValue) : value;
}

/** Notes what a query could not read and went on without. */
export function noteDamage({ fields }: RequestLog, { count, warnings }: DamageReports): void {
  if (count > 0) Object.assign(fields, { damaged: count, damage: warnings });
}

/**
 * "error" for a 5xx and for a failure after a 200, "warn" for a 4xx, damage or a query past its time limit; a disconnected
 * client is normal.
 */
function levelOf(status: number, fields: LogFields): LogLevel {
  if (status === CLIENT_CLOSED) return "info";
  if (fields.errorKind === "timed out") return "warn";
  if (status >= 500 || (status < 400 && fields.error !== undefined)) return "error";
  if (status >= 400 || fields.damaged !== undefined) return "warn";
  return "info";
}
