/** A proxy in front of Hearth that keeps what passes: what a peer really sends, and what it is answered. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface Exchange {
  readonly path: string;
  readonly requestHeaders: IncomingHttpHeaders;
  /** As it came, compressed. */
  readonly body: Uint8Array;
  readonly status: number;
  readonly responseHeaders: Headers;
  readonly responseBody: string;
}

export interface Recorder extends AsyncDisposable {
  readonly url: string;
  /** In the order in which they were answered. */
  readonly exchanges: readonly Exchange[];
}

/** Headers of one connection, which are not passed on. */
const HOP_BY_HOP = new Set(["connection", "host", "content-length", "transfer-encoding", "keep-alive"]);

export async function startRecorder(upstream: string): Promise<Recorder> {
  const exchanges: Exchange[] = [];
  const server = createServer(async (request, response) => {
    try {
      const exchange = await pass(upstream, request);
      exchanges.push(exchange);
      exchange.responseHeaders.forEach((value, name) => {
        if (!HOP_BY_HOP.has(name)) response.setHeader(name, value);
      });
      response.writeHead(exchange.status).end(exchange.responseBody);
    } catch (error) {
      response.writeHead(502).end(String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exchanges,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function pass(upstream: string, request: IncomingMessage): Promise<Exchange> {
  const body = new Uint8Array(await buffer(request));
  const headers = Object.entries(request.headers).filter(([name]) => !HOP_BY_HOP.has(name)) as [
    string,
    string,
  ][];
  const path = request.url ?? "/";
  const answer = await fetch(upstream + path, { method: request.method ?? "POST", headers, body });
  return {
    path,
    requestHeaders: request.headers,
    body,
    status: answer.status,
    responseHeaders: answer.headers,
    responseBody: await answer.text(),
  };
}
