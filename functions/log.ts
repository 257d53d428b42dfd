/** The log of a function: lines of JSON for CloudWatch. */
import { Logger } from "@aws-lambda-powertools/logger";
import { LOG_LEVELS, type Log, type LogLevel } from "../lib/model/log.ts";

type LevelLogger = Pick<Logger, LogLevel>;

/**
 * Drops lines below `leastLevel` (LOG_LEVEL). The logger's own level would not do: Lambda's setting
 * overrides it, and that one drops the metrics' lines too.
 */
export function newLog(leastLevel = "", logger: LevelLogger = new Logger({ serviceName: "hearth" })): Log {
  const wanted = (leastLevel || "info").toLowerCase();
  const least = (LOG_LEVELS as readonly string[]).indexOf(wanted);
  return (level, message, fields) => {
    if (LOG_LEVELS.indexOf(level) >= least) logger[level](message, fields);
  };
}
