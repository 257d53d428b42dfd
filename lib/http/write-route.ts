/** Remote write. https://prometheus.io/docs/specs/prw/remote_write_spec/ */
import { HearthError } from "../model/errors.ts";
import type { Rejections } from "../model/rejections.ts";
import { type WriteRequest, WriteRequestDecoder } from "../wire/write-v1.ts";
import { readSnappyProtobuf } from "./body.ts";
import { authenticate, type Gateway, type GatewayContext, type Services, servePost } from "./gateway.ts";

/** Prometheus' own path, and those of the vendor's service that Hearth takes the place of. */
export const WRITE_PATHS = ["/api/v1/write", "/api/prom_write", "/api/v3/write"];

const MESSAGE = "prometheus.WriteRequest";

/**
 * What decoding a request takes; the next request uses it again. Made anew each time it took 0.07 CPU seconds per million
 * samples more, and after large requests 100 MB of memory more, until it was collected.
 */
interface Workspace {
  readonly decoder: WriteRequestDecoder;
  body: Uint8Array;
}

export function addWriteRoutes(app: Gateway, services: Services): void {
  /** One at most: a function serves one request at a time. */
  const idle: Workspace[] = [];
  servePost(app, WRITE_PATHS, "write", async (c) => {
    const tenant = await authenticate(c, services, "write");
    const workspace = idle.pop() ?? { decoder: new WriteRequestDecoder(), body: new Uint8Array(0) };
    try {
      return await write(c, services, tenant, workspace);
    } finally {
      if (idle.length === 0) idle.push(workspace);
    }
  });
}

/** 200 when all is stored: the OpenTelemetry exporter of the vendor's documentation takes nothing else for success. */
async function write(
  c: GatewayContext,
  services: Services,
  tenant: string,
  workspace: Workspace,
): Promise<Response> {
  const body = await readSnappyProtobuf(c, MESSAGE, services.limits, workspace.body);
  if (body.length > workspace.body.length) workspace.body = body;
  const request = workspace.decoder.decode(body, services.limits);
  noteRequest(c, request);
  const appender = services.writers.appender(tenant, services.table.metered(c.get("meter")));
  const { storedSamples, rejections } = await appender.append(request);
  c.get("requestLog").fields.storedSamples = storedSamples;
  if (rejections.count === 0) return c.body(null, 200);
  c.get("requestLog").fields.rejected = rejections.count;
  throw refusal(rejections, storedSamples);
}

/** What is accepted and not stored yet is at least counted. */
function noteRequest(c: GatewayContext, request: WriteRequest): void {
  const { fields } = c.get("requestLog");
  fields.series = request.seriesCount;
  fields.samples = request.sampleCount;
  const { exemplarCount: exemplars, histogramCount: histograms, metadataCount: metadata } = request;
  if (exemplars + histograms + metadata > 0) fields.notStored = { exemplars, histograms, metadata };
}

function refusal(rejections: Rejections, storedSamples: number): HearthError {
  const reasons = rejections.reasons.map(({ reason }) => reason);
  const more = rejections.count - reasons.length;
  if (more > 0) reasons.push(`and ${more} more`);
  const summary = `write request: ${rejections.count} refused, the other ${storedSamples} samples are stored`;
  return new HearthError(rejections.kind, `${summary}:\n${reasons.join("\n")}`);
}
