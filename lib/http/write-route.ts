/** Remote write. https://prometheus.io/docs/specs/prw/remote_write_spec/ */
import { HearthError } from "../model/errors.ts";
import type { Rejections } from "../model/rejections.ts";
import { decodeWriteRequest, type WriteRequest } from "../wire/write-v1.ts";
import { readSnappyProtobuf } from "./body.ts";
import { authenticate, type Gateway, type GatewayContext, type Services, servePost } from "./gateway.ts";

/** Prometheus' own path, and those of the vendor's service that Hearth takes the place of. */
export const WRITE_PATHS = ["/api/v1/write", "/api/prom_write", "/api/v3/write"];

const MESSAGE = "prometheus.WriteRequest";

export function addWriteRoutes(app: Gateway, services: Services): void {
  servePost(app, WRITE_PATHS, "write", (c) => write(c, services));
}

/** 200 when all is stored: the OpenTelemetry exporter of the vendor's documentation takes nothing else for success. */
async function write(c: GatewayContext, services: Services): Promise<Response> {
  const tenant = await authenticate(c, services, "write");
  const body = await readSnappyProtobuf(c, MESSAGE, services.limits);
  const request = decodeWriteRequest(body, services.limits);
  noteRequest(c, request);
  const appender = services.writers.appender(tenant, services.table.metered(c.get("meter")));
  const { storedSamples, rejections } = await appender.append(request);
  c.get("requestLog").fields.storedSamples = storedSamples;
  if (rejections.count > 0) throw refusal(rejections, storedSamples);
  return c.body(null, 200);
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
