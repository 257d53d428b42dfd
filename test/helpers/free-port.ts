/** Ports for the servers that tests start. */
import { createServer } from "node:net";

/**
 * Below the range from which systems take the ports of outgoing connections (32768 on Linux): a server that is stopped
 * for a while finds its port free again.
 */
const MIN_PORT = 20_000;
const MAX_PORT = 32_767;
const ATTEMPTS = 50;

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  for (let i = 0; i < ATTEMPTS; i++) {
    const port = MIN_PORT + Math.floor(Math.random() * (MAX_PORT - MIN_PORT + 1));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${MIN_PORT} to ${MAX_PORT} attempts=${ATTEMPTS}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
