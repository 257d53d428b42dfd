/** Answers of the query API: small ones whole, large ones as they are printed, in memory that does not grow with them. */
import { gzipSync } from "node:zlib";
import type { GatewayContext } from "./gateway.ts";
import type { ApiError } from "./query-error.ts";
import { RETRY_AFTER_SECONDS } from "./status.ts";

/** Text is joined to pieces of about this many characters before it is written. */
const PIECE_LENGTH = 64 * 1024;

/** From this length on compressing pays: below it an answer fits one packet. */
const MIN_GZIP_LENGTH = 1400;

/** Notes that Prometheus sends of each kind; how many more there are is said. */
const MAX_NOTES = 10;

export interface Notes {
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

/** 200 with `data`, which is JSON in pieces, or a value that becomes JSON. */
export function answerData(c: GatewayContext, data: Iterable<string>, notes: Notes = {}): Response {
  return answerPieces(c, envelope(data, notes));
}

export function answerValue(c: GatewayContext, data: unknown, notes: Notes = {}): Response {
  return answerData(c, [JSON.stringify(data)], notes);
}

function* envelope(data: Iterable<string>, notes: Notes): Generator<string> {
  yield '{"status":"success","data":';
  yield* data;
  yield* printNotes("warnings", "warning", notes.warnings ?? []);
  yield* printNotes("infos", "info", notes.infos ?? []);
  yield "}";
}

function* printNotes(name: string, singular: string, notes: readonly string[]): Generator<string> {
  if (notes.length === 0) return;
  const more = notes.length - MAX_NOTES;
  const omitted = more > 0 ? [`${more} more ${singular} annotations omitted`] : [];
  yield `,"${name}":${JSON.stringify([...notes.slice(0, MAX_NOTES), ...omitted])}`;
}

export function answerApiError({ errorType, status, message }: ApiError): Response {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (status === 401) headers["WWW-Authenticate"] = 'Basic realm="Hearth", charset="UTF-8"';
  if (status === 503) headers["Retry-After"] = String(RETRY_AFTER_SECONDS);
  return new Response(JSON.stringify({ status: "error", errorType, error: message }), { status, headers });
}

function answerPieces(c: GatewayContext, pieces: Generator<string>): Response {
  const joined = joinPieces(pieces);
  const first = joined.next().value ?? "";
  const second = joined.next();
  const headers: Record<string, string> = { "Content-Type": "application/json", Vary: "Accept-Encoding" };
  const isGzip = first.length >= MIN_GZIP_LENGTH && acceptsGzip(c.req.header("Accept-Encoding"));
  if (isGzip) headers["Content-Encoding"] = "gzip";
  // As a stream it would be compressed to the same bytes, and take half as long again.
  if (second.done) return new Response(isGzip ? gzipSync(first) : first, { headers });
  const text = ReadableStream.from(encodeAll(first, second.value, joined));
  return new Response(isGzip ? text.pipeThrough(new CompressionStream("gzip")) : text, { headers });
}

function* joinPieces(pieces: Iterable<string>): Generator<string, undefined> {
  let joined = "";
  for (const piece of pieces) {
    joined += piece;
    if (joined.length < PIECE_LENGTH) continue;
    yield joined;
    joined = "";
  }
  if (joined !== "") yield joined;
}

function* encodeAll(
  first: string,
  second: string,
  rest: Iterable<string>,
): Generator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  yield encoder.encode(first);
  yield encoder.encode(second);
  for (const piece of rest) yield encoder.encode(piece);
}

/** `gzip;q=0` says no. */
function acceptsGzip(header: string | undefined): boolean {
  return (header ?? "").split(",").some((coding) => {
    const [name, ...parameters] = coding.split(";").map((part) => part.trim().toLowerCase());
    return name === "gzip" && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}
