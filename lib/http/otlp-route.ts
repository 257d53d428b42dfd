/** OTLP/HTTP metrics. https://opentelemetry.io/docs/specs/otlp/#otlphttp */
import { HearthError } from "../model/errors.ts";
import type { Limits } from "../model/limits.ts";
import { quoteInput } from "../model/shorten.ts";
import { withSizeErrors } from "../model/size-error.ts";
import { decodeOtlpJson } from "../otlp/decode-json.ts";
import { decodeOtlpProtobuf } from "../otlp/decode-protobuf.ts";
import {
  encodeExportResponse,
  encodeStatus,
  OTLP_CONTENT_TYPES,
  type OtlpEncoding,
} from "../otlp/response.ts";
import { DEFAULT_OTLP_SETTINGS } from "../otlp/settings.ts";
import { type OtlpBatch, translateMetrics } from "../otlp/translate.ts";
import { bodyDeadline, readGzipBody } from "./body.ts";
import { authenticate, type Gateway, type GatewayContext, servePost, type WriteServices } from "./gateway.ts";
import { expectRoom } from "./limits/quota.ts";
import type { ErrorStatus } from "./status.ts";
import { printReasons, type Stored, storeBatch } from "./store.ts";

/** Prometheus' own path. Exporters are configured with the part before `/v1/metrics`. */
export const OTLP_PATHS = ["/api/v1/otlp/v1/metrics"];

export function addOtlpRoutes(app: Gateway, services: WriteServices): void {
  servePost(app, OTLP_PATHS, "write", (c) => exportMetrics(c, services), printStatus);
}

async function exportMetrics(c: GatewayContext, services: WriteServices): Promise<Response> {
  const tenant = await authenticate(c, services, "write");
  await expectRoom(c, services, tenant);
  const encoding = encodingOf(c);
  if (encoding === undefined) throw wrongType(c.req.header("Content-Type"));
  const body = await readGzipBody(c, services.limits);
  const settings = services.otlp ?? DEFAULT_OTLP_SETTINGS;
  const deadline = bodyDeadline(c, services);
  const translated = withSizeErrors("OTLP request", () => {
    const decode = encoding === "json" ? decodeOtlpJson : decodeOtlpProtobuf;
    return translateMetrics(decode(body, deadline), settings, otlpLimits(services.limits), deadline);
  });
  const stored = await storeBatch(c, services, tenant, { ...translated.batch, deadline });
  return answer(c, encoding, translated, stored);
}

/** One histogram point becomes about 20 series, so OTLP requests may have more of them. */
function otlpLimits(limits: Limits): Limits {
  return { ...limits, maxRequestSeries: limits.maxRequestOtlpSeries };
}

/**
 * The status is 200 even if points were rejected: with another one the sender would drop or resend
 * stored points. A data point counts as rejected if one of its series is, so the count is that of
 * rejected series, at most the number of points.
 */
function answer(
  c: GatewayContext,
  encoding: OtlpEncoding,
  translated: OtlpBatch,
  { rejections }: Stored,
): Response {
  const rejected = Math.min(translated.rejectedPoints + rejections.count, translated.pointCount);
  const reasons = [...translated.reasons, ...(rejections.count > 0 ? [printReasons(rejections)] : [])];
  if (reasons.length > 0) Object.assign(c.get("requestLog").fields, { rejectedPoints: rejected, reasons });
  return respond(c, encoding, encodeExportResponse(encoding, rejected, reasons.join("\n")), 200);
}

/** The encoding that the Content-Type names. */
function encodingOf(c: GatewayContext): OtlpEncoding | undefined {
  const type = c.req.header("Content-Type")?.split(";")[0].trim().toLowerCase();
  if (type === OTLP_CONTENT_TYPES.protobuf) return "protobuf";
  return type === OTLP_CONTENT_TYPES.json ? "json" : undefined;
}

function wrongType(header: string | undefined): HearthError {
  const came = header === undefined ? "none" : quoteInput(header);
  return new HearthError(
    "unsupported",
    `content type ${came}: expected application/x-protobuf or application/json`,
  );
}

/** Plain text if the sender's own encoding is unknown. */
function printStatus(c: GatewayContext, message: string, status: ErrorStatus): Response {
  const encoding = encodingOf(c);
  if (encoding === undefined) return c.text(`${message}\n`, status);
  return respond(c, encoding, encodeStatus(encoding, status, message), status);
}

function respond(
  c: GatewayContext,
  encoding: OtlpEncoding,
  body: Uint8Array<ArrayBuffer>,
  status: 200 | ErrorStatus,
) {
  return c.body(body, status, { "Content-Type": OTLP_CONTENT_TYPES[encoding] });
}
