/** Requests of queries as threads take them: more than once if need be, and known again when the same is asked. */

/** A longer body is streamed to its thread, once. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Of the parameters that say what is asked; the others say when. */
const ASKED = ["query", "match[]"];
const MAX_KEY_CHARACTERS = 4096;
const FORM = "application/x-www-form-urlencoded";

export interface RepeatableRequest {
  /** The same for a panel that is asked again for another time. */
  readonly key: string;
  /** The request, each time it is called. */
  readonly make: () => Request;
}

/** Reads the body. Undefined: it is too long, or of unknown length; then the body is not read. */
export async function readRepeatable(request: Request): Promise<RepeatableRequest | undefined> {
  const { method, url, headers, signal } = request;
  const { pathname, searchParams } = new URL(url);
  if (request.body === null) return { key: keyOf(pathname, searchParams), make: () => request };
  const length = headers.get("Content-Length");
  if (length === null || Number(length) > MAX_BODY_BYTES) return undefined;
  const body = await request.arrayBuffer();
  const isForm = headers.get("Content-Type")?.startsWith(FORM) ?? false;
  const form = isForm ? new URLSearchParams(new TextDecoder().decode(body)) : undefined;
  return {
    key: keyOf(pathname, searchParams, form),
    make: () => new Request(url, { method, headers, signal, body }),
  };
}

function keyOf(path: string, ...parameters: (URLSearchParams | undefined)[]): string {
  const asked = parameters.flatMap((one) => ASKED.flatMap((name) => one?.getAll(name) ?? []));
  return [path, ...asked].join("\n").slice(0, MAX_KEY_CHARACTERS);
}
