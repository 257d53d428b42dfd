/** Log lines. Each runtime decides where to write them. */

/** The least important first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Record<string, unknown>;
export type Log = (level: LogLevel, message: string, fields: LogFields) => void;
