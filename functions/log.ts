/** The log of a function: lines of JSON for CloudWatch. */
import { Logger } from "@aws-lambda-powertools/logger";
import type { Log, LogLevel } from "../lib/model/log.ts";

const LOG_LEVELS: readonly string[] = ["debug", "info", "warn", "error"] satisfies readonly LogLevel[];

/**
 * `leastLevel` is the least that is written, LOG_LEVEL. It is done here, since the logger goes by Lambda's own setting alone where
 * there is one, and that one would drop the lines of the metrics too.
 */
export function newLog(leastLevel = ""): Log {
  const logger = new Logger({ serviceName: "hearth" });
  const least = LOG_LEVELS.indexOf((leastLevel || "info").toLowerCase());
  return (level, message, fields) => {
    if (LOG_LEVELS.indexOf(level) >= least) logger[level](message, fields);
  };
}
