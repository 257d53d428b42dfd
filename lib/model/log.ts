/** Log lines, as the library hands them out; each runtime brings a place for them. */

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Record<string, unknown>;
export type Log = (level: LogLevel, message: string, fields: LogFields) => void;
