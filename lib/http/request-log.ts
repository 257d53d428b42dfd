/**
 * One line in the log for each request: who, what, how much, at what cost, and what became of it. Never a secret. The metrics
 * say the same in numbers.
 */
import { errorKind, errorMessage, HearthError } from "../model/errors.ts";
import type { Log, LogFields, LogLevel } from "../model/log.ts";
import type { Metrics } from "../model/metrics.ts";
import type { Meter } from "../storage/table/table.ts";
import { requestLabels, requestMetrics } from "./request-metrics.ts";
import { CLIENT_CLOSED, type Operation } from "./status.ts";

/** Where requests are told of. */
export interface RequestSinks {
  readonly log: Log;
  /** Absent: none are kept. */
  readonly metrics?: Metrics | undefined;
}

/** Gathers what a request's line will say. */
export class RequestLog {
  readonly fields: LogFields;
  /** Set by the route. */
  operation: Operation | undefined;
  readonly #route: string | undefined;
  readonly #startMs: number;

  /** `route` is the pattern that the path was found by; undefined: it was not. */
  constructor(method: string, path: string, route: string | undefined, startMs: number) {
    this.fields = { method, path };
    this.#route = route;
    this.#startMs = startMs;
  }

  /** Notes what went wrong; of a bug where, too. */
  noteError(error: unknown): void {
    const kind = errorKind(error);
    Object.assign(this.fields, { error: errorMessage(error), errorKind: kind });
    if (kind === "internal" && error instanceof Error) this.fields.stack = error.stack;
    if (error instanceof HearthError && error.cause !== undefined)
      this.fields.cause = errorMessage(error.cause);
  }

  /** Writes the line and the metrics; call once, when the answer is complete. */
  write({ log, metrics }: RequestSinks, status: number, meter: Meter, nowMs: number): void {
    const cost = { calls: meter.calls, readUnits: meter.readUnits, writeUnits: meter.writeUnits };
    const level = levelOf(status, this.fields);
    const durationMs = Math.round(nowMs - this.#startMs);
    log(level, "request", { ...this.fields, status, durationMs, ...cost });
    metrics?.(requestMetrics(this.operation, this.fields, level === "error", meter), {
      labels: requestLabels(this.#route, this.fields, status),
      durationMs,
    });
  }
}

/** A 5xx is ours, so an error, and what broke after a 200 too; what was refused or not stored is worth a warning. */
function levelOf(status: number, fields: LogFields): LogLevel {
  if (status === CLIENT_CLOSED) return "info";
  if (status >= 500 || (status < 400 && fields.error !== undefined)) return "error";
  if (status >= 400) return "warn";
  return "info";
}
