/** The two threads that store: large bodies have one of their own, so that no small one waits while they are decoded. */
import type { Log } from "../../lib/model/log.ts";
import { KeptThread } from "./kept-thread.ts";
import type { ThreadOptions } from "./route-thread.ts";

/** A body of more bytes is large. Snappy makes 21 times as many of them at most. */
const LARGE_BODY_BYTES = 512 * 1024;
/** A gzip body that says it has more bytes is large: gzip makes up to a thousand of one. */
const LARGE_UNZIPPED_BYTES = 4 * 1024 * 1024;
/** A gzip member ends with its length, a little-endian uint32. https://www.rfc-editor.org/rfc/rfc1952#page-5 */
const GZIP_LENGTH_BYTES = 4;

export class WriteThreads {
  readonly #usual: KeptThread;
  readonly #large: KeptThread;
  /** From the first large body on: many servers never get one. */
  #hasLarge = false;

  constructor(options: (isLarge: boolean) => Omit<ThreadOptions, "onDeath">, log: Log) {
    this.#usual = new KeptThread(() => options(false), log);
    this.#large = new KeptThread(() => options(true), log);
  }

  /** Resolves when requests can be answered. */
  start(): Promise<void> {
    return this.#usual.start();
  }

  /** Throws "unavailable" while the request's thread is being started again. */
  async fetch(request: Request): Promise<Response> {
    if (!(await isLarge(request))) return this.#usual.thread.begin(request).response;
    // A request that comes before it has started waits in its port.
    if (!this.#hasLarge) void this.#large.start().catch(() => {});
    this.#hasLarge = true;
    return this.#large.thread.begin(request).response;
  }

  async close(): Promise<void> {
    await Promise.all([this.#usual.close(), this.#large.close()]);
  }
}

/** Whether a body has many bytes, or says that it does. */
async function isLarge(request: Request): Promise<boolean> {
  const length = request.headers.get("Content-Length");
  if (length === null || Number(length) > LARGE_BODY_BYTES) return request.body !== null;
  if (request.headers.get("Content-Encoding")?.toLowerCase() !== "gzip") return false;
  const body = await request.clone().arrayBuffer();
  if (body.byteLength < GZIP_LENGTH_BYTES) return false;
  const says = new DataView(body).getUint32(body.byteLength - GZIP_LENGTH_BYTES, true);
  return says > LARGE_UNZIPPED_BYTES;
}
