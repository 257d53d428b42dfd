/** Remote read. https://prometheus.io/docs/prometheus/latest/querying/remote_read_api/ */
import { Deadline } from "../model/deadline.ts";
import type { LogFields } from "../model/log.ts";
import { Patterns } from "../model/regexp/patterns.ts";
import type { Series } from "../model/samples.ts";
import { MINUTE_MS } from "../model/time.ts";
import type { ReaderMemory } from "../storage/cache/reader-memory.ts";
import {
  type ChunkedSeries,
  joinFrames,
  STREAMED_CHUNKS_CONTENT_TYPE,
  streamFrames,
  tellSamples,
} from "../wire/chunked-read.ts";
import { decodeReadRequest, negotiateResponseType } from "../wire/read-request.ts";
import { encodeReadResponse, SAMPLES_CONTENT_TYPE } from "../wire/read-response.ts";
import { compress } from "../wire/snappy.ts";
import { readSnappyProtobuf } from "./body.ts";
import {
  findAccesses,
  type Gateway,
  type GatewayContext,
  isGivenUp,
  type Services,
  servePost,
} from "./gateway.ts";
import { openReader } from "./open-reader.ts";
import { admitAll, openAll, tablesOf } from "./tenants.ts";

/** Prometheus' own path, and those of the vendor's service that Hearth replaces. */
export const READ_PATHS = ["/api/v1/read", "/api/prom_read", "/api/v3/read"];

const MESSAGE = "prometheus.ReadRequest";

/** Frames are joined into writes of about this size. */
const WRITE_BYTES = 64 * 1024;

/**
 * Ends a broken stream: the header of a frame longer than any reader accepts (2^35 bytes). Lambda's
 * transport hides that a stream was cut; this frame makes the reader fail instead of accepting a part.
 */
const POISON_FRAME = Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x01);

/** Of one request, for finding and matching its series. Senders give up after a minute by default. */
const TIMEOUT_MS = 5 * MINUTE_MS;

/** Written for an empty response: a stream without any write fails in Lambda's runtime. */
const NOTHING = new Uint8Array(0);

/** `memory` is the readers' cache between requests; default: none. */
export function addReadRoutes(app: Gateway, services: Services, memory?: ReaderMemory): void {
  servePost(app, READ_PATHS, "query", (c) => read(c, services, memory));
}

async function read(
  c: GatewayContext,
  services: Services,
  memory: ReaderMemory | undefined,
): Promise<Response> {
  const accesses = await findAccesses(c, services, "read");
  const body = await readSnappyProtobuf(c, MESSAGE, services.limits);
  const deadline = new Deadline(services.clock, TIMEOUT_MS, { isCanceled: services.isCanceled });
  const { queries, acceptedResponseTypes } = decodeReadRequest(body, services.limits, new Patterns(deadline));
  const type = negotiateResponseType(acceptedResponseTypes);
  const { fields } = c.get("requestLog");
  Object.assign(fields, { queries: queries.length, responseType: type, series: 0, samples: 0 });
  const tables = tablesOf(c, services.table.metered(c.get("meter")), accesses);
  const { signal, unitsOf, refusal } = await admitAll(c, services, tables, accesses);
  const reader = await openAll(accesses, (access, number) =>
    openReader(services, access, tables[number], {
      memory,
      deadline,
      onSelect: c.get("requestLog").noteSelected,
      maxReadUnits: unitsOf[number],
      sharers: accesses.length,
    }),
  );
  const held = "held" in reader ? reader : {};
  const over = refusal();
  if (over !== undefined) throw over;
  try {
    if (type === "samples") {
      const results = queries.map((query) => countSamples(reader.select(query, signal), held, fields));
      return await answerSamples(c, results, services);
    }
    const results = queries.map((query) => countChunks(reader.selectChunks(query, signal), held, fields));
    return await answerStream(c, results);
  } catch (error) {
    throw refusal(error) ?? error;
  }
}

/** A reader that counts what it holds; one of several tenants does not. */
interface Held {
  readonly held?: { readonly peak: number };
}

/** Passes all series on and counts them in the request's log line. */
async function* countSamples(
  result: AsyncIterable<Series>,
  { held }: Held,
  fields: LogFields,
): AsyncGenerator<Series> {
  for await (const series of result) {
    fields.series = Number(fields.series) + 1;
    const histograms = series.histograms?.timestamps.length ?? 0;
    fields.samples = Number(fields.samples) + series.timestamps.length + histograms;
    if (held !== undefined) fields.heldBytes = held.peak;
    yield series;
  }
}

async function* countChunks(
  result: AsyncIterable<ChunkedSeries>,
  { held }: Held,
  fields: LogFields,
): AsyncGenerator<ChunkedSeries> {
  for await (const series of result) {
    if (held !== undefined) fields.heldBytes = held.peak;
    let isFirst = true;
    yield tellSamples(series, (samples) => {
      if (isFirst) fields.series = Number(fields.series) + 1;
      isFirst = false;
      fields.samples = Number(fields.samples) + samples;
    });
  }
}

async function answerSamples(
  c: GatewayContext,
  results: readonly AsyncIterable<Series>[],
  services: Services,
): Promise<Response> {
  const response = compress(await encodeReadResponse(results, services.limits.maxSamplesResponseBytes));
  return c.body(response as Uint8Array<ArrayBuffer>, 200, {
    "Content-Type": SAMPLES_CONTENT_TYPE,
    "Content-Encoding": "snappy",
  });
}

/**
 * The first write is made before the status is sent, so an error until then gets an error status.
 */
async function answerStream(
  c: GatewayContext,
  results: readonly AsyncIterable<ChunkedSeries>[],
): Promise<Response> {
  const frames = joinFrames(streamFrames(results), WRITE_BYTES);
  const first = await frames.next();
  c.set("logsItself", true);
  const writes = logged(c, first, frames);
  await writes.next();
  return c.body(ReadableStream.from(writes), 200, { "Content-Type": STREAMED_CHUNKS_CONTENT_TYPE });
}

/**
 * The stream's writes. Writes the log line when the stream ends, fails, or its client disconnects. The
 * first value is empty and starts the generator: one that never started would log nothing if the
 * client disconnects at once.
 */
async function* logged(
  c: GatewayContext,
  first: IteratorResult<Uint8Array, void>,
  rest: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array> {
  const requestLog = c.get("requestLog");
  requestLog.fields.outcome = "client went away";
  try {
    yield NOTHING;
    yield first.done ? NOTHING : first.value;
    yield* rest;
    requestLog.fields.outcome = "complete";
  } catch (error) {
    if (!isGivenUp(c, error, "query")) {
      requestLog.fields.outcome = "broken";
      requestLog.noteError(error);
    }
    yield POISON_FRAME;
    throw error;
  } finally {
    c.get("writeLog")(200);
  }
}
