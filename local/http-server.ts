/**
 * HTTP as old load balancers, proxies and browsers speak it. Requests that never reach a route get a response that says what
 * to do, and a log line.
 */
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { errorMessage } from "../lib/model/errors.ts";
import type { Log } from "../lib/model/log.ts";
import { allowHalfClosed } from "./half-closed.ts";
import { JoinedMessage } from "./joined-chunks.ts";
import { closeLingering, LINGERING_LIMITS } from "./lingering-close.ts";
import { cutText } from "./refused-parameters.ts";

/** Of the URL and all headers: as Go's servers, and so Prometheus, take them. Dashboards send long GETs. */
const MAX_HEADER_BYTES = 1024 * 1024;
/** The host of a request without one: HTTP/1.0 has none. */
const NO_HOST = "localhost";
/** A client that is still sending sees the response only if what it sends is read. */
const DRAIN_MS = 1000;

const [TLS_HANDSHAKE, HTTP2_PREFACE] = [0x16, "PRI * HTTP/2.0"];

type Fetch = Parameters<typeof getRequestListener>[0];
type ClientError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

export function newHttpServer(fetch: Fetch, log: Log, lingering = LINGERING_LIMITS): Server {
  const refuse = (status: number, error: string) => {
    log("warn", "request", { status, error });
    return `${error}\n`;
  };
  const errorHandler = (error: unknown) =>
    new Response(refuse(400, `malformed request: ${errorMessage(error)}`), { status: 400 });
  const serve = getRequestListener(fetch, {
    hostname: NO_HOST,
    errorHandler,
    autoCleanupIncoming: false,
  });
  const listener: typeof serve = async (incoming, outgoing) => {
    if (incoming.url !== undefined) incoming.url = cutText(incoming.url);
    if (incoming.method !== "TRACE") return serve(incoming, outgoing);
    // No `Request` can have this method.
    const reason = "method TRACE is not allowed here, use GET or POST";
    outgoing.statusCode = 405;
    outgoing.setHeader("Content-Type", "text/plain; charset=UTF-8");
    outgoing.setHeader("Allow", "GET, POST");
    outgoing.end(refuse(405, reason));
  };
  const options = { maxHeaderSize: MAX_HEADER_BYTES, requireHostHeader: false };
  const server = createServer({ ...options, IncomingMessage: JoinedMessage }, listener);
  allowHalfClosed(server);
  closeLingering(server, lingering);
  server.on("clientError", (error: ClientError, socket: Socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) return socket.destroy();
    const [status, reason] = reasonOf(error);
    end(socket, status, refuse(status, reason));
  });
  server.on("checkExpectation", (_, response) =>
    response.writeHead(417).end(refuse(417, "header Expect: only 100-continue is known")),
  );
  server.on("connect", (_, socket: Socket) =>
    end(socket, 405, refuse(405, "method CONNECT is not allowed: Hearth is not a proxy")),
  );
  return server;
}

/** What an HTTP parser's error means for the client. */
function reasonOf({ code, message, rawPacket }: ClientError): [status: number, reason: string] {
  if (code === "HPE_HEADER_OVERFLOW") {
    const advice = "send the parameters of a query as a POST form";
    return [431, `URL and headers: more than ${MAX_HEADER_BYTES} bytes or 1000 headers; ${advice}`];
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return [408, "request: its headers or body did not come in time"];
  if (rawPacket?.[0] === TLS_HANDSHAKE) return [400, "TLS on a port of plain HTTP: use http:// in the URL"];
  if (rawPacket?.subarray(0, HTTP2_PREFACE.length).toString("latin1") === HTTP2_PREFACE)
    return [400, "HTTP/2 without TLS: use HTTP/1.1"];
  return [400, `malformed HTTP: ${message}`];
}

const PHRASES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  405: "Method Not Allowed",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
};

/** Responds on a socket whose request no parser holds, and reads on until the client has the response. */
function end(socket: Socket, status: number, body: string): void {
  const head = `HTTP/1.1 ${status} ${PHRASES[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=UTF-8`;
  socket.on("error", () => socket.destroy());
  socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  socket.resume();
  setTimeout(() => socket.destroy(), DRAIN_MS).unref();
}
