/** Hearth on this machine, until Ctrl-C or SIGTERM. */
import path from "node:path";
import { banner } from "./banner.ts";
import { collectWithoutHelpers } from "./collector.ts";
import { newConsoleLog } from "./console-log.ts";
import { printFailure } from "./failure.ts";
import { type LocalServer, startServer } from "./server.ts";
import { parseSettings } from "./settings.ts";

/**
 * Ctrl-C in a terminal reaches this process twice, from the terminal and from npm. Within this time
 * signals are one request to stop; a later one ends the process at once.
 */
const SAME_REQUEST_MS = 1000;

/** Starts Hearth; returns once it is ready. The process then lives until a signal. */
export async function run(args: readonly string[]): Promise<void> {
  collectWithoutHelpers();
  const settings = parseSettings(process.env, args, process.stderr.isTTY);
  const log = newConsoleLog(settings.logLevel, settings.isQuiet);
  const server = await startServer(settings, process.env, log);
  const storage = settings.endpoint ?? path.resolve(settings.dataDirectory);
  process.stdout.write(banner(server, storage, settings.isQuiet));
  stopOnSignal(server);
}

function stopOnSignal(server: LocalServer): void {
  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    server.close().catch(printFailure);
    setTimeout(() => process.off("SIGINT", stop).off("SIGTERM", stop), SAME_REQUEST_MS).unref();
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
}
