/** Sizes of the ids that exemplars carry; a longer one is none. https://opentelemetry.io/docs/specs/otel/trace/api/#spancontext */

export const TRACE_ID_BYTES = 16;
export const SPAN_ID_BYTES = 8;
