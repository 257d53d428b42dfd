/** One line in the log for each request: who, what, how much, at what cost, and what became of it. Never a secret. */
import { errorKind, errorMessage, HearthError } from "../model/errors.ts";
import type { Log, LogFields, LogLevel } from "../model/log.ts";
import type { Meter } from "../storage/table.ts";
import { CLIENT_CLOSED } from "./status.ts";

/** Gathers what a request's line will say. */
export class RequestLog {
  readonly fields: LogFields;
  readonly #startMs: number;

  constructor(method: string, path: string, startMs: number) {
    this.fields = { method, path };
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

  /** Writes the line; call once, when the answer is complete. */
  write(log: Log, status: number, meter: Meter, nowMs: number): void {
    const cost = { calls: meter.calls, readUnits: meter.readUnits, writeUnits: meter.writeUnits };
    log(levelOf(status, this.fields), "request", {
      ...this.fields,
      status,
      durationMs: Math.round(nowMs - this.#startMs),
      ...cost,
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
