/** A request's body: its type and encoding checked before it is touched, its length while it is read. */
import { HearthError } from "../model/errors.ts";
import type { Limits } from "../model/limits.ts";
import { uncompress } from "../wire/snappy.ts";
import type { GatewayContext } from "./gateway.ts";

/**
 * Reads a snappy-compressed protobuf body. `message` is the only `proto` parameter taken; a client may leave it, the
 * Content-Type or the Content-Encoding away. The result is a view of `reuse` when that is long
 * enough. Throws "unsupported", "too large" or "invalid".
 */
export async function readSnappyProtobuf(
  c: GatewayContext,
  message: string,
  limits: Limits,
  reuse?: Uint8Array,
): Promise<Uint8Array> {
  checkContentType(c.req.header("Content-Type"), message);
  checkContentEncoding(c.req.header("Content-Encoding"));
  const body = await readBody(c.req.raw, limits.maxBodyBytes);
  c.get("requestLog").fields.bodyBytes = body.length;
  return uncompress(body, limits.maxDecompressedBytes, reuse);
}

function checkContentType(header: string | undefined, message: string): void {
  if (header === undefined) return;
  const [type, ...parameters] = header.split(";").map((part) => part.trim());
  const proto = parameters.find((parameter) => /^proto=/i.test(parameter))?.slice("proto=".length);
  const unquoted = proto?.replace(/^"(.*)"$/, "$1");
  if (type.toLowerCase() === "application/x-protobuf" && (unquoted === undefined || unquoted === message))
    return;
  throw new HearthError(
    "unsupported",
    `content type ${JSON.stringify(header)}: expected application/x-protobuf, with proto=${message} or without`,
  );
}

function checkContentEncoding(header: string | undefined): void {
  if (header === undefined || header.toLowerCase() === "snappy") return;
  throw new HearthError(
    "unsupported",
    `content encoding ${JSON.stringify(header)}: expected snappy (block format)`,
  );
}

/** Reads a body of at most `maxBytes`; a longer one throws "too large". */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get("Content-Length") ?? 0);
  if (declared > maxBytes) throw tooLarge(`${declared} bytes`, maxBytes);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of partsOf(request)) {
    length += part.length;
    // Read to its end but not kept: to leave the rest unread costs the connection, and the sender its answer.
    if (length <= maxBytes) parts.push(part);
    else parts.length = 0;
  }
  if (length > maxBytes) throw tooLarge(`${length} bytes`, maxBytes);
  return parts.length === 1 ? parts[0] : Buffer.concat(parts, length);
}

/** A sender that breaks off is not a bug of ours. */
async function* partsOf(request: Request): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* request.body ?? [];
  } catch (cause) {
    throw new HearthError("invalid", "request body: it ended before all of it had come", { cause });
  }
}

function tooLarge(came: string, maxBytes: number): HearthError {
  return new HearthError(
    "too large",
    `request body: ${came}, at most ${maxBytes} are taken; send fewer samples a request`,
  );
}
