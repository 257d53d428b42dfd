/** Requests of queries as threads take them: more than once if need be, and recognized when the same is asked again. */
import { hash } from "node:crypto";
import { hasMoreParameters } from "../../lib/http/parameter-count.ts";
import { tidyPath } from "../../lib/http/request-path.ts";
import { cutBytes } from "../refused-parameters.ts";
import { isBulk, looksLong } from "./long-request.ts";

/** A longer body is streamed to its thread, once. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Parameters of a request that are looked at: this is the thread that passes all others on. */
const MAX_LOOKED_AT = 1000;
/** Parameters that say when, or for how long. The others say what is asked. */
const WHEN = new Set(["time", "start", "end", "step", "timeout"]);
const FORM = "application/x-www-form-urlencoded";

export interface RepeatableRequest {
  /** The same for a panel that is refreshed: its times do not count. */
  readonly key: string;
  /** Whether it looks long to someone who has never seen it run. */
  readonly looksLong: boolean;
  /** Whether its route may read everything. */
  readonly isBulk: boolean;
  /** The request, each time it is called. */
  readonly make: () => Request;
}

/** Reads the body. Undefined: the body is too long, or of unknown length; then it is not read. */
export async function readRepeatable(request: Request): Promise<RepeatableRequest | undefined> {
  const { method, url, headers, signal } = request;
  const { pathname, search } = partsOf(url);
  if (request.body === null) return repeatable(pathname, search, "", () => request);
  const length = headers.get("Content-Length");
  if (length === null || Number(length) > MAX_BODY_BYTES) return undefined;
  const whole = new Uint8Array(await request.arrayBuffer());
  const isForm = headers.get("Content-Type")?.startsWith(FORM) === true;
  const body = isForm ? cutBytes(whole) : whole;
  const sent = new Headers(headers);
  if (body.length < whole.length) sent.set("Content-Length", String(body.length));
  const make = () => new Request(url, { method, headers: sent, signal, body });
  if (!isForm) return repeatable(pathname, search, hash("sha1", body), make);
  return repeatable(pathname, `${new TextDecoder().decode(body)}&${search.slice(1)}`, "", make);
}

/** Without parsing a URL that may have a megabyte of parameters. It has no fragment: no client sends one. */
function partsOf(url: string): { readonly pathname: string; readonly search: string } {
  const begin = url.indexOf("/", url.indexOf("://") + "://".length);
  const end = url.indexOf("?", begin);
  return end < 0
    ? { pathname: url.slice(begin), search: "" }
    : { pathname: url.slice(begin, end), search: url.slice(end) };
}

/** `text` is the parameters, `rest` what the body says beside them. */
function repeatable(path: string, text: string, rest: string, make: () => Request): RepeatableRequest {
  const parts = { isBulk: isBulk(tidyPath(path)), make };
  if (hasMoreParameters(text, MAX_LOOKED_AT))
    return { ...parts, key: hash("sha1", [path, rest, text].join("\n")), looksLong: true };
  const parameters = new URLSearchParams(text);
  const asked = [...parameters].filter(([name]) => !WHEN.has(name)).join("\n");
  return { ...parts, key: hash("sha1", [path, rest, asked].join("\n")), looksLong: looksLong(parameters) };
}
