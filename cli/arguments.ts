/** Checks of a command line that every command makes. */
import { UsageError } from "../local/failure.ts";

export function expectNone(rest: readonly string[]): void {
  if (rest.length > 0) throw usage(`unexpected argument ${rest[0]}`);
}

export function expectOne(rest: readonly string[], what: string): string {
  if (rest.length === 1) return rest[0];
  throw usage(`expected ${what}`);
}

export function usage(reason: string): UsageError {
  return new UsageError(reason, "usage: hearthdb help [COMMAND]");
}
