/**
 * HTTP/1.1 to one endpoint over connections that stay open. Node's own client: with its headers as one array and its body
 * as a string it takes 80 microseconds of CPU for a small exchange, as undici's dispatcher does, and adds nothing to a bundle.
 */
import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Header } from "./sigv4.ts";

/** A region's endpoint answers a connection in milliseconds; what takes longer is better tried again. */
export const CONNECT_TIMEOUT_MS = 1000;
/** An IPv6 or IPv4 address as a URL has it, which writes every IPv4 address as four numbers. https://url.spec.whatwg.org/#host-parsing */
const ADDRESS = /^(\[.*\]|[\d.]+)$/;
/** As many as the AWS SDK's client opens. */
const MAX_CONNECTIONS = 50;

export interface HttpAnswer {
  readonly status: number;
  /** The Date header. */
  readonly date: string | undefined;
  readonly body: Buffer;
}

/** An exchange that came to no answer, or not to the end of it. */
export class ExchangeError extends Error {
  /** Of the socket's or the parser's failure; ETIMEDOUT, ABORT_ERR. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ExchangeError";
    this.code = code;
  }
}

export class DynamoDBConnections {
  readonly host: string;
  readonly #agent: HttpAgent;
  readonly #open: (headers: string[]) => ClientRequest;
  readonly #timeoutMs: number;

  /** `timeoutMs`: from the request to the end of its answer. */
  constructor(url: URL, timeoutMs: number) {
    const isSecure = url.protocol === "https:";
    const options = { keepAlive: true, maxSockets: MAX_CONNECTIONS };
    const agent = isSecure ? new HttpsAgent(options) : new HttpAgent(options);
    const request = isSecure ? httpsRequest : httpRequest;
    // An IPv6 address stands in brackets in a URL, and without when it is connected to.
    const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
    // What TLS names the server; an address has no name. Without it Node's client finds out for every request.
    const servername = ADDRESS.test(url.hostname) ? "" : hostname;
    const target = { agent, hostname, servername, port: url.port, method: "POST", path: "/" };
    this.host = url.host;
    this.#agent = agent;
    this.#open = (headers) => request({ ...target, headers });
    this.#timeoutMs = timeoutMs;
  }

  /** Sends a body of ASCII characters. Throws `ExchangeError`. */
  post(headers: readonly Header[], body: string, signal?: AbortSignal): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw aborted(signal);
      const request = this.#open([...headers.flat(), "content-length", String(body.length)]);
      const fail = (error: ExchangeError) => {
        reject(error);
        request.destroy();
      };
      const deadline = setTimeout(() => fail(timeOut("request", this.#timeoutMs)), this.#timeoutMs);
      const onAbort = () => fail(aborted(signal));
      signal?.addEventListener("abort", onAbort);
      request.on("close", () => {
        clearTimeout(deadline);
        signal?.removeEventListener("abort", onAbort);
      });
      request.on("error", (error) => fail(broken(error)));
      limitConnecting(request, fail);
      readAnswer(request, resolve, fail);
      request.end(body, "latin1");
    });
  }

  /** Ends all connections, and with them what is in flight. */
  close(): void {
    this.#agent.destroy();
  }
}

function limitConnecting(request: ClientRequest, fail: (error: ExchangeError) => void): void {
  request.on("socket", (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => fail(timeOut("connection", CONNECT_TIMEOUT_MS)), CONNECT_TIMEOUT_MS);
    socket.once("connect", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
  });
}

function readAnswer(
  request: ClientRequest,
  resolve: (answer: HttpAnswer) => void,
  fail: (error: ExchangeError) => void,
): void {
  request.on("response", (response) => {
    const parts: Buffer[] = [];
    response.on("data", (part) => parts.push(part));
    // Emitted too when the connection ends inside the answer.
    response.on("error", (error) => fail(broken(error)));
    response.on("end", () => {
      const body = parts.length === 1 ? parts[0] : Buffer.concat(parts);
      resolve({ status: response.statusCode ?? 0, date: response.headers.date, body });
    });
  });
}

function aborted(signal: AbortSignal | undefined): ExchangeError {
  return new ExchangeError("ABORT_ERR", "aborted", { cause: signal?.reason });
}

function timeOut(what: string, timeoutMs: number): ExchangeError {
  return new ExchangeError("ETIMEDOUT", `${what} timed out after ${timeoutMs} ms`);
}

function broken(error: Error): ExchangeError {
  const code = "code" in error ? String(error.code) : error.name;
  return new ExchangeError(code, error.message, { cause: error });
}
