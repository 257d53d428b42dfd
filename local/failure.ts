/** How a command fails: what it prints, and with which status it ends. */
import { errorMessage, HearthError } from "../lib/model/errors.ts";

/** Prints why Hearth cannot run, and makes the process end with 1, or with 2 if it was called in a wrong way. */
export function printFailure(error: unknown): void {
  const text = error instanceof HearthError || !(error instanceof Error) ? errorMessage(error) : error.stack;
  process.stderr.write(`hearthdb: ${text}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

/** A command line that cannot be. Its message has two lines: what is wrong, and where help is. */
export class UsageError extends HearthError {
  constructor(reason: string, help: string) {
    super("invalid", `${reason}\n${help}`);
  }
}
