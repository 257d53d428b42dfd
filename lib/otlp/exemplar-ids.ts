/** Sizes of the ids in exemplars. Longer ids are dropped. https://opentelemetry.io/docs/specs/otel/trace/api/#spancontext */

export const TRACE_ID_BYTES = 16;
export const SPAN_ID_BYTES = 8;
