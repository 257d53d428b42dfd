/** Samples of another server by remote read, day by day. */
import { setTimeout as sleep } from "node:timers/promises";
import { SampleColumns } from "../../lib/chunk/sample-columns.ts";
import { errorMessage, HearthError } from "../../lib/model/errors.ts";
import { checkLabels } from "../../lib/model/label-rules.ts";
import { type Label, METRIC_NAME, printLabels } from "../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { type Matcher, newMatcher } from "../../lib/model/matcher.ts";
import { HOUR_MS, MINUTE_MS, type TimeRange } from "../../lib/model/time.ts";
import type { SampleSpool } from "../../lib/transfer/sample-spool.ts";
import { decodeTo } from "../../lib/tsdb/decode-chunk.ts";
import {
  decodeFrames,
  decodeReadResponse,
  encodeReadRequest,
  type ReadChunks,
} from "../../lib/wire/read-client.ts";
import { compress, uncompress } from "../../lib/wire/snappy.ts";
import { parseServerAddress, type ServerAddress, type ServerOptions } from "../server-address.ts";

/** Time that one request asks for: the longest, and the shortest, to which a server that refuses makes it. */
const LONGEST_WINDOW_MS = 6 * HOUR_MS;
const SHORTEST_WINDOW_MS = 5 * MINUTE_MS;
const TIMEOUT_MS = 10 * MINUTE_MS;
/** Of a response of samples, uncompressed. */
const MAX_BODY_BYTES = 1024 * 1024 * 1024;
const ATTEMPTS = 4;
const FIRST_WAIT_MS = 1000;

export type RemoteReadOptions = ServerOptions;

/** The server took the request and said that it asks for too much. */
class TooMuch extends Error {}

export class RemoteReader {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #matcherSets: readonly (readonly Matcher[])[];
  #windowMs = LONGEST_WINDOW_MS;

  /** Throws "invalid" for an address or credentials that cannot be. */
  constructor(url: string, options: RemoteReadOptions, matcherSets: readonly (readonly Matcher[])[]) {
    const { address, headers } = requestOf(url, options);
    this.#url = address;
    this.#headers = headers;
    this.#matcherSets = matcherSets.length > 0 ? matcherSets : [[newMatcher("!=", METRIC_NAME, "")]];
  }

  /** Without credentials. */
  get url(): string {
    return this.#url;
  }

  /** Gathers the samples of a range (ms, both included). `onSamples` takes their number as they come. */
  async read(
    range: TimeRange,
    spool: SampleSpool,
    onSamples: (count: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    for (let from = range.minTime; from <= range.maxTime; ) {
      signal.throwIfAborted();
      const window = { minTime: from, maxTime: Math.min(from + this.#windowMs - 1, range.maxTime) };
      try {
        for (const matchers of this.#matcherSets)
          await this.#readWindow(matchers, window, spool, onSamples, signal);
        from = window.maxTime + 1;
      } catch (error) {
        if (!(error instanceof TooMuch) || this.#windowMs <= SHORTEST_WINDOW_MS)
          throw toHearthError(this.#url, error);
        this.#windowMs = Math.max(SHORTEST_WINDOW_MS, Math.floor(this.#windowMs / 2));
      }
    }
  }

  async #readWindow(
    matchers: readonly Matcher[],
    window: TimeRange,
    spool: SampleSpool,
    onSamples: (count: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const response = await this.#ask(compress(encodeReadRequest(matchers, window)), signal);
    if ((response.headers.get("content-type") ?? "").startsWith("application/x-streamed-protobuf")) {
      for await (const series of decodeFrames(response.body!)) {
        const added = appendChunks(series, window, spool);
        onSamples(added);
        await spool.settle(added);
      }
      return;
    }
    const body = uncompress(new Uint8Array(await response.arrayBuffer()), MAX_BODY_BYTES);
    let added = 0;
    decodeReadResponse(body, (labels) => {
      const columns = spool.columnsOf(labelSetOf(labels));
      return {
        appendSample: (time, high, low) => {
          columns.appendSample(time, high, low);
          added++;
        },
        appendHistogram: (time, histogram) => {
          columns.appendHistogram(time, histogram);
          added++;
        },
      };
    });
    onSamples(added);
    await spool.settle(added);
  }

  /** Repeats what a server that is busy refuses. */
  async #ask(body: Uint8Array, signal: AbortSignal): Promise<Response> {
    for (let attempt = 1, waitMs = FIRST_WAIT_MS; ; attempt++, waitMs *= 3) {
      let response: Response;
      try {
        response = await fetch(this.#url, {
          method: "POST",
          body: body as Uint8Array<ArrayBuffer>,
          headers: this.#headers,
          signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        });
      } catch (cause) {
        signal.throwIfAborted();
        if (attempt < ATTEMPTS) {
          await sleep(waitMs);
          continue;
        }
        const why =
          cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : errorMessage(cause);
        throw new HearthError("unavailable", `remote read of ${this.#url}: ${why}`, { cause });
      }
      if (response.ok && response.body !== null) return response;
      const text = (await response.text()).trim().slice(0, 300);
      const isBusy = response.status === 429 || response.status === 502 || response.status === 503;
      if (isBusy && attempt < ATTEMPTS) {
        await sleep(waitMs);
        continue;
      }
      const message = `status ${response.status}: ${text || response.statusText}`;
      if (/limit|exceed|too (many|large|much)/i.test(text)) throw new TooMuch(message);
      throw new HearthError(
        response.status >= 500 ? "unavailable" : "invalid",
        `remote read of ${this.#url}: ${message}`,
      );
    }
  }
}

/** Samples of a window; chunks come whole and may pass it. */
function appendChunks(
  { labels, chunks }: ReadChunks,
  { minTime, maxTime }: TimeRange,
  spool: SampleSpool,
): number {
  const columns = spool.columnsOf(labelSetOf(labels));
  const decoded = new SampleColumns();
  let added = 0;
  for (const chunk of chunks) {
    decoded.clear();
    decodeTo({ ...chunk, reference: 0 }, decoded);
    for (let i = 0; i < decoded.count; i++) {
      const time = decoded.timestamps[i];
      if (time < minTime || time > maxTime) continue;
      const histogram = decoded.histograms?.get(i);
      if (histogram === undefined) columns.appendSample(time, decoded.words[2 * i + 1], decoded.words[2 * i]);
      else columns.appendHistogram(time, histogram);
      columns.setStart(decoded.startTimestamps?.[i] ?? 0);
      added++;
    }
  }
  return added;
}

function labelSetOf(labels: readonly Label[]) {
  const check = checkLabels(labels, DEFAULT_LIMITS);
  if (check.ok) return check.labels;
  throw new HearthError(
    "invalid",
    `remote read: series ${printLabels(labels)} cannot be stored: ${check.reason}; leave it out with --match`,
  );
}

function toHearthError(url: string, error: unknown): unknown {
  if (!(error instanceof TooMuch)) return error;
  return new HearthError(
    "too large",
    `remote read of ${url}: ${error.message}, for ${SHORTEST_WINDOW_MS / MINUTE_MS} minutes; choose fewer series with --match`,
  );
}

function requestOf(text: string, options: ServerOptions): ServerAddress {
  const example = "http://127.0.0.1:9090/api/v1/read";
  const { address, headers } = parseServerAddress(text, options, "--from-remote-read", example);
  return {
    address,
    headers: {
      "Content-Type": "application/x-protobuf",
      "Content-Encoding": "snappy",
      "X-Prometheus-Remote-Read-Version": "0.1.0",
      ...headers,
    },
  };
}
