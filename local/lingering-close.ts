/**
 * Requests whose response is complete before their body has come: without a key, too large, on an unknown path. Closing the
 * connection would reset it, and a sender that reads only once it has sent all would lose the response. So the rest of the
 * body is read and dropped, within limits, as nginx does.
 * http://nginx.org/en/docs/http/ngx_http_core_module.html#lingering_close
 */
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

export interface LingeringLimits {
  /** From the end of the response on. */
  readonly totalMs: number;
  /** Without a byte from the sender. */
  readonly idleMs: number;
  readonly bytes: number;
}

/** Times are nginx' defaults. Senders of larger bodies than this are no metrics senders. */
export const LINGERING_LIMITS: LingeringLimits = {
  totalMs: 30_000,
  idleMs: 5000,
  bytes: 64 * 1024 * 1024,
};

/**
 * Reads the rest of each unread body once its response is sent. A body that ends within the limits leaves its connection
 * open for the next request; any other connection is closed.
 */
export function closeLingering(server: Server, limits: LingeringLimits): void {
  const requests = new WeakMap<Socket, IncomingMessage>();
  server.prependListener("request", (request, response) => {
    requests.set(request.socket, request);
    // Before Node's own listener, which would drop what comes uncounted.
    response.prependOnceListener("finish", () => drain(request, limits));
  });
  server.on("connection", (socket: Socket) => {
    const destroySoon = socket.destroySoon.bind(socket);
    // Node calls it after a response with "Connection: close", whether the request has ended or not.
    socket.destroySoon = () => {
      const request = requests.get(socket);
      if (request === undefined || request.complete || socket.destroyed) return destroySoon();
      socket.end();
      request.once("end", destroySoon);
    };
  });
}

function drain(request: IncomingMessage, { totalMs, idleMs, bytes }: LingeringLimits): void {
  const { socket } = request;
  if (request.complete || socket.destroyed) return void request.resume();
  const destroy = () => socket.destroy();
  const total = setTimeout(destroy, totalMs);
  const idle = setTimeout(destroy, idleMs);
  const stop = () => {
    clearTimeout(total);
    clearTimeout(idle);
  };
  let left = bytes;
  // What read the body before would stop it once its own queue is full.
  request.removeAllListeners("data");
  request.on("data", ({ length }: Buffer) => {
    left -= length;
    if (left < 0) destroy();
    else idle.refresh();
  });
  request.once("end", stop);
  socket.once("close", stop);
  request.resume();
  // Now Node takes the body for read by somebody.
  request.read(0);
}
