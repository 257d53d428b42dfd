/**
 * Responses to an OTLP sender, in the encoding of its request.
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
 *
 *     message ExportMetricsServiceResponse { ExportMetricsPartialSuccess partial_success = 1; }
 *     message ExportMetricsPartialSuccess  { int64 rejected_data_points = 1; string error_message = 2; }
 *     message Status                       { int32 code = 1; string message = 2; }    google.rpc.Status
 */
import { ProtobufWriter } from "../wire/protobuf-writer.ts";

export type OtlpEncoding = "protobuf" | "json";

export const OTLP_CONTENT_TYPES: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: "application/x-protobuf",
  json: "application/json",
};

/** The longest message, in characters. */
const MAX_MESSAGE_CHARACTERS = 4096;

/** The response if all of a request was stored (no rejected points), or some of it. */
export function encodeExportResponse(
  encoding: OtlpEncoding,
  rejectedDataPoints: number,
  errorMessage: string,
): Uint8Array<ArrayBuffer> {
  const message = errorMessage.slice(0, MAX_MESSAGE_CHARACTERS);
  // Senders report a `partial_success` as a failure.
  const isWhole = rejectedDataPoints === 0;
  if (encoding === "json") {
    const partialSuccess = { rejectedDataPoints: String(rejectedDataPoints), errorMessage: message };
    return encodeJson(isWhole ? {} : { partialSuccess });
  }
  const writer = new ProtobufWriter();
  if (isWhole) return writer.copy();
  const mark = writer.begin(1);
  writer.writeInt64Field(1, rejectedDataPoints);
  writer.writeStringField(2, message);
  writer.end(mark);
  return writer.copy();
}

/** gRPC codes (https://grpc.io/docs/guides/status-codes/) by HTTP status. */
const CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  413: 8,
  415: 3,
  422: 3,
  429: 8,
  500: 13,
  503: 14,
};
const UNKNOWN_CODE = 2;

/** An error, as `google.rpc.Status`. */
export function encodeStatus(
  encoding: OtlpEncoding,
  httpStatus: number,
  message: string,
): Uint8Array<ArrayBuffer> {
  const code = CODES[httpStatus] ?? UNKNOWN_CODE;
  const shortened = message.slice(0, MAX_MESSAGE_CHARACTERS).toWellFormed();
  if (encoding === "json") return encodeJson({ code, message: shortened });
  const writer = new ProtobufWriter();
  writer.writeInt64Field(1, code);
  writer.writeStringField(2, shortened);
  return writer.copy();
}

function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value)) as Uint8Array<ArrayBuffer>;
}
