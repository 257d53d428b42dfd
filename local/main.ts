/** `npm start`: Hearth on this machine, until Ctrl-C or SIGTERM. */
import { errorMessage, HearthError } from "../lib/model/errors.ts";
import { banner } from "./banner.ts";
import { newConsoleLog } from "./console-log.ts";
import { startServer } from "./server.ts";
import { parseSettings } from "./settings.ts";

async function main(): Promise<void> {
  const settings = parseSettings(process.env);
  const server = await startServer(settings, process.env, newConsoleLog(settings.logLevel));
  process.stdout.write(banner(server.url, server.key, settings.endpoint ?? settings.dataDirectory));
  const stop = () => {
    // A second signal ends it at once.
    process.removeListener("SIGINT", stop).removeListener("SIGTERM", stop);
    server.close().catch(fail);
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
}

function fail(error: unknown): void {
  const text = error instanceof HearthError || !(error instanceof Error) ? errorMessage(error) : error.stack;
  process.stderr.write(`hearth: ${text}\n`);
  process.exitCode = 1;
}

main().catch(fail);
