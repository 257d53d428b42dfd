/** Request bodies. Headers are checked before a body is read, its length while it is read. */
import { gunzipSync } from "node:zlib";
import { Deadline, NO_DEADLINE } from "../model/deadline.ts";
import { errorMessage, HearthError } from "../model/errors.ts";
import type { Limits } from "../model/limits.ts";
import { quoteInput } from "../model/shorten.ts";
import { uncompress } from "../wire/snappy.ts";
import { isFromBrowser } from "./browsers/security-headers.ts";
import type { GatewayContext, Services } from "./gateway.ts";

/** Ends what a body makes its thread compute once its sender has gone; it has no time limit. */
export function bodyDeadline(c: GatewayContext, { clock, isGone }: Services): Deadline {
  if (isGone === undefined) return NO_DEADLINE;
  return new Deadline(clock, Number.POSITIVE_INFINITY, { isCanceled: () => isGone(c.env) });
}

/**
 * Reads a snappy-compressed protobuf `message`: `negotiateProtobuf` and `readSnappyBody` in one.
 */
export async function readSnappyProtobuf(
  c: GatewayContext,
  message: string,
  limits: Limits,
): Promise<Uint8Array> {
  negotiateProtobuf(c, message);
  return readSnappyBody(c, limits);
}

/**
 * The one of `messages` that a snappy-compressed protobuf body holds, by its headers alone. A missing
 * Content-Type, and one without `proto=`, mean the first. Content-Encoding is optional. Throws
 * "unsupported".
 */
export function negotiateProtobuf(c: GatewayContext, ...messages: readonly string[]): string {
  const type = headerOf(c, "Content-Type");
  // Without a type, a page of any site can post without asking this server first.
  if (type === undefined && isFromBrowser(c)) {
    const expected = "a browser has to send Content-Type: application/x-protobuf";
    throw new HearthError("unsupported", `no content type: ${expected}`);
  }
  const message = messageOf(type, messages);
  const encoding = headerOf(c, "Content-Encoding");
  if (encoding === undefined || encoding.toLowerCase() === "snappy") return message;
  throw new HearthError(
    "unsupported",
    `content encoding ${quoteInput(encoding)}: expected snappy (block format)`,
  );
}

/**
 * Reads a snappy-compressed body. The result is a view of `reuse` if that is long enough. Throws
 * "too large" or "invalid".
 */
export async function readSnappyBody(
  c: GatewayContext,
  limits: Limits,
  reuse?: Uint8Array,
): Promise<Uint8Array> {
  return uncompress(await readBody(c, limits.maxBodyBytes), limits.maxDecompressedBytes, reuse);
}

/**
 * Reads a gzip or uncompressed body. Throws "unsupported" (before reading), "too large" or
 * "invalid".
 */
export async function readGzipBody(c: GatewayContext, limits: Limits): Promise<Uint8Array> {
  const encoding = headerOf(c, "Content-Encoding")?.toLowerCase() ?? "identity";
  if (encoding !== "gzip" && encoding !== "identity") {
    throw new HearthError("unsupported", `content encoding ${quoteInput(encoding)}: expected gzip or none`);
  }
  const body = await readBody(c, limits.maxBodyBytes);
  if (encoding === "gzip") return gunzip(body, limits.maxDecompressedBytes);
  if (body.length > limits.maxDecompressedBytes)
    throw tooLarge(`${body.length} bytes`, limits.maxDecompressedBytes);
  return body;
}

function gunzip(body: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return gunzipSync(body, { maxOutputLength: maxBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw tooLarge(`more than ${maxBytes} bytes when decompressed`, maxBytes);
    }
    throw new HearthError("invalid", `request body: expected gzip: ${errorMessage(cause)}`, { cause });
  }
}

function messageOf(header: string | undefined, messages: readonly string[]): string {
  if (header === undefined) return messages[0];
  const [type, ...parameters] = header.split(";").map((part) => part.trim());
  const proto = parameters.find((parameter) => /^proto=/i.test(parameter))?.slice("proto=".length);
  const unquoted = proto?.replace(/^"(.*)"$/, "$1") ?? messages[0];
  if (type.toLowerCase() === "application/x-protobuf" && messages.includes(unquoted)) return unquoted;
  const expected = messages.map((message) => `proto=${message}`).join(" or ");
  throw new HearthError(
    "unsupported",
    `content type ${quoteInput(header)}: expected application/x-protobuf, optionally with ${expected}`,
  );
}

/** A header; an empty one is none, as in Go. */
function headerOf(c: GatewayContext, name: string): string | undefined {
  return c.req.header(name)?.trim() || undefined;
}

/** Reads a body and notes its size in the log line. Throws "too large" beyond `maxBytes`. */
export async function readBody(c: GatewayContext, maxBytes: number): Promise<Uint8Array> {
  const body = await readBytes(c.req.raw, maxBytes);
  c.get("requestLog").fields.bodyBytes = body.length;
  return body;
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get("Content-Length") ?? 0);
  if (declared > maxBytes) throw tooLarge(`${declared} bytes`, maxBytes);
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  for (let part = await readPart(reader); part !== undefined; part = await readPart(reader)) {
    length += part.length;
    // The server reads what is left of it, within limits (local/lingering-close.ts).
    if (length > maxBytes) throw tooLarge(`more than ${maxBytes} bytes`, maxBytes);
    parts.push(part);
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts, length);
}

/**
 * The next part; undefined at the end. Throws "invalid" if the sender disconnects. (Iterating over the
 * body instead of its reader takes 50 microseconds of CPU per request instead of 30.)
 */
async function readPart(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
): Promise<Uint8Array | undefined> {
  try {
    return (await reader?.read())?.value;
  } catch (cause) {
    throw new HearthError("invalid", "request body: the sender disconnected before its end", { cause });
  }
}

function tooLarge(came: string, maxBytes: number): HearthError {
  return new HearthError(
    "too large",
    `request body: ${came}, the limit is ${maxBytes}; send fewer samples per request`,
  );
}
