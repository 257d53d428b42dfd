/** Log lines for a console: one JSON object each, on standard error. */
import type { Log, LogLevel } from "../lib/model/log.ts";

const SEVERITY: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };
/** A request that takes so long is worth a line in a quiet log. */
export const SLOW_MS = 1000;

type Write = (line: string) => void;

/** A log that drops lines below `level`; a quiet one drops those below "warn" too, except of slow requests. */
export function newConsoleLog(
  level: LogLevel,
  isQuiet = false,
  write: Write = (line) => process.stderr.write(line),
): Log {
  return (lineLevel, message, fields) => {
    if (SEVERITY[lineLevel] < SEVERITY[level]) return;
    const isSlow = message === "request" && Number(fields.durationMs) >= SLOW_MS;
    if (isQuiet && SEVERITY[lineLevel] < SEVERITY.warn && !isSlow) return;
    const line = { time: new Date().toISOString(), level: lineLevel, message, ...fields };
    write(`${JSON.stringify(line)}\n`);
  };
}
