/**
 * The two threads that store. The second one, of a lower priority, has large bodies, the tenants that send the most, deletions
 * and changes of rules, so that no other write waits while theirs are decoded. Within each thread tenants take turns.
 */
import { HearthError } from "../../lib/model/errors.ts";
import type { Log } from "../../lib/model/log.ts";
import { uncompressedLength } from "../../lib/wire/snappy.ts";
import type { Exchange } from "./exchange.ts";
import { FairQueue } from "./fair-queue.ts";
import { KeptThread } from "./kept-thread.ts";
import type { RouteThread, ThreadOptions } from "./route-thread.ts";
import { TenantLoads } from "./tenant-loads.ts";

/** A body of more bytes, or one that says it unpacks to more, is large: gzip makes up to a thousand of one. */
const LARGE = { sentBytes: 512 * 1024, unpackedBytes: 1024 * 1024 } as const;
/**
 * The same while several tenants send. A usual body takes its thread 10 ms. Series that are new cost more: 10,000 of them
 * fit into 60 KB that unpack to 600, and take it 0.2 s.
 */
const LARGE_AMONG_SEVERAL = { sentBytes: 64 * 1024, unpackedBytes: 256 * 1024 } as const;
/** The most bytes that snappy makes of one, rounded up. */
const DENSEST_SNAPPY = 22;
/** A gzip member ends with its length, a little-endian uint32. https://www.rfc-editor.org/rfc/rfc1952#page-5 */
const GZIP_LENGTH_BYTES = 4;
/** Requests in a thread at once. Those of the second thread take longer, so fewer are ahead of the next one. */
const AT_ONCE = { usual: 16, large: 4 } as const;

/** The tenant whose key a request has; "" for one without a valid key. Never rejects. */
export type TenantOf = (request: Request) => Promise<string>;

export class WriteThreads {
  readonly #usual: KeptThread;
  readonly #large: KeptThread;
  readonly #queues = { usual: new FairQueue(AT_ONCE.usual), large: new FairQueue(AT_ONCE.large) };
  readonly #tenantOf: TenantOf;
  readonly #loads = new TenantLoads();
  /** From the first large body on: many servers never get one. */
  #hasLarge = false;

  constructor(
    options: (isLarge: boolean) => Omit<ThreadOptions, "onDeath">,
    { log, tenantOf }: { readonly log: Log; readonly tenantOf: TenantOf },
  ) {
    this.#usual = new KeptThread(() => options(false), log);
    this.#large = new KeptThread(() => options(true), log);
    this.#tenantOf = tenantOf;
  }

  /** Resolves when requests can be answered. */
  start(): Promise<void> {
    return this.#usual.start();
  }

  /** `isSlow`: whatever its body. Throws "unavailable" while the request's thread is being started again, and when too many wait for it. */
  async fetch(request: Request, isSlow = false): Promise<Response> {
    const tenant = await this.#tenantOf(request);
    const lane = isSlow || (await this.#isForSecond(request, tenant)) ? "large" : "usual";
    const queue = this.#queues[lane];
    await queue.enter(tenant);
    let exchange: Exchange;
    try {
      if (request.signal.aborted) throw new HearthError("canceled", "write: the client went away");
      exchange = this.#threadOf(lane).begin(request);
    } catch (error) {
      queue.leave();
      throw error;
    }
    exchange.done.then(() => queue.leave());
    return exchange.response;
  }

  async close(): Promise<void> {
    await Promise.all([this.#usual.close(), this.#large.close()]);
  }

  #threadOf(lane: keyof typeof AT_ONCE): RouteThread {
    if (lane === "usual") return this.#usual.thread;
    // A request that comes before it has started waits in its port.
    if (!this.#hasLarge) void this.#large.start().catch(() => {});
    this.#hasLarge = true;
    return this.#large.thread;
  }

  async #isForSecond(request: Request, tenant: string): Promise<boolean> {
    const length = Number(request.headers.get("Content-Length") ?? Number.POSITIVE_INFINITY);
    const nowMs = performance.now();
    // Strangers are refused before their bodies are read.
    if (tenant !== "" && Number.isFinite(length)) this.#loads.note(tenant, length, nowMs);
    if (this.#loads.isBusy(tenant, nowMs)) return true;
    const large = this.#loads.areSeveral ? LARGE_AMONG_SEVERAL : LARGE;
    if (length > large.sentBytes) return request.body !== null;
    return (await unpackedBytes(request, length, large.unpackedBytes)) > large.unpackedBytes;
  }
}

/** What a body says that it unpacks to; 0 if that cannot be more than `most`, or nobody can tell. */
async function unpackedBytes(request: Request, length: number, most: number): Promise<number> {
  const encoding = request.headers.get("Content-Encoding")?.toLowerCase();
  if (encoding === "gzip") {
    const body = await request.clone().arrayBuffer();
    if (body.byteLength < GZIP_LENGTH_BYTES) return 0;
    return new DataView(body).getUint32(body.byteLength - GZIP_LENGTH_BYTES, true);
  }
  if (encoding !== "snappy" || length * DENSEST_SNAPPY <= most) return 0;
  const reader = request.clone().body!.getReader();
  const { value } = await reader.read();
  // The rest is for the route: the clone wants no more of it.
  void reader.cancel().catch(() => {});
  return value === undefined ? 0 : uncompressedLength(value);
}
