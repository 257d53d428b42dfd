/**
 * The log of a function: a line of JSON each, with the fields that Powertools for AWS Lambda gives them.
 * Its logger took an eighth of the CPU of the write function's start (docs/decisions/0122-cold-starts.md).
 */
import { LOG_LEVELS, type Log } from "../lib/model/log.ts";
import type { Clock } from "../lib/model/time.ts";

export interface LogOptions {
  /** The least level that is written (LOG_LEVEL); default: info. */
  readonly leastLevel: string | undefined;
  readonly clock: Clock;
  /** Takes a line without its line break. */
  readonly write: (line: string) => void;
  /** X-Ray's header of the current invocation (`_X_AMZN_TRACE_ID`); undefined without one. */
  readonly traceHeader: () => string | undefined;
}

/** Lambda's own setting of the level would drop the metrics' lines too. */
export function newLog({ leastLevel, clock, write, traceHeader }: LogOptions): Log {
  const wanted = (leastLevel || "info").toLowerCase();
  const least = (LOG_LEVELS as readonly string[]).indexOf(wanted);
  return (level, message, fields) => {
    if (LOG_LEVELS.indexOf(level) < least) return;
    const head = {
      level: level.toUpperCase(),
      message,
      timestamp: new Date(clock()).toISOString(),
      service: "hearth",
      xray_trace_id: traceIdOf(traceHeader()),
    };
    // Again at the end: no field takes the place of these, which stay first.
    write(JSON.stringify({ ...head, ...fields, ...head }, printable));
  };
}

/** The log of this process. */
export function logOf({ LOG_LEVEL: leastLevel }: Readonly<Record<string, string | undefined>>): Log {
  const traceHeader = () => process.env._X_AMZN_TRACE_ID;
  return newLog({ leastLevel, clock: Date.now, write: writeLine, traceHeader });
}

/** Bypasses the console, which wraps each line in a log line of its own. */
export function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** `1-…` of `Root=1-…;Parent=…;Sampled=1`. */
function traceIdOf(header: string | undefined): string | undefined {
  return header?.split(";")[0].replace(/^Root=/, "");
}

/** JSON has no big integers, and prints an error without what it says. */
function printable(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { name, message, stack, cause };
}
