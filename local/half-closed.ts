/**
 * Clients that have closed their side of a connection. One that went away looks the same as one that still wants its
 * response, until something is sent: an interim response, which every HTTP/1.1 client must skip
 * (https://www.rfc-editor.org/rfc/rfc9110#section-15.2). Whoever is gone resets the connection then, and the next send
 * fails.
 */
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** When interim responses are sent, counted from the end of the client's side. */
const PROBES_MS = [10, 20, 40, 80];
/** A client that only closed its side may wait this long for a response. */
const HALF_CLOSED_MS = 1000;

export function allowHalfClosed(server: Server & { httpAllowHalfOpen?: boolean }): void {
  server.httpAllowHalfOpen = true;
  const responses = new WeakMap<Socket, ServerResponse>();
  server.prependListener("request", ({ socket }, response) => responses.set(socket, response));
  server.on("connection", (socket: Socket) => {
    socket.once("end", () => {
      const probe = () => sendInterim(responses.get(socket));
      const timers = PROBES_MS.map((delayMs) => setTimeout(probe, delayMs));
      timers.push(setTimeout(() => socket.destroy(), HALF_CLOSED_MS));
      for (const timer of timers) timer.unref();
      socket.once("close", () => timers.forEach(clearTimeout));
    });
  });
}

/** HTTP/1.0 has no interim responses. A response that has begun needs none: its next chunk fails. */
function sendInterim(response: ServerResponse | undefined): void {
  if (response === undefined || response.headersSent || response.req.httpVersion !== "1.1") return;
  response.writeProcessing();
}
