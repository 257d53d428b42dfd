/** Log lines for a console: one JSON object each, on standard error. */
import type { Log, LogLevel } from "../lib/model/log.ts";

const SEVERITY: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A log that drops lines below `level`. */
export function newConsoleLog(level: LogLevel): Log {
  return (lineLevel, message, fields) => {
    if (SEVERITY[lineLevel] < SEVERITY[level]) return;
    const line = { time: new Date().toISOString(), level: lineLevel, message, ...fields };
    process.stderr.write(`${JSON.stringify(line)}\n`);
  };
}
