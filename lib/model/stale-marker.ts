/**
 * The NaN that marks the end of a series in Prometheus.
 * https://github.com/prometheus/prometheus/blob/main/model/value/value.go
 */

/** The high and low 32-bit words of the staleness marker, 0x7ff0000000000002. */
export const STALE_MARKER_HIGH = 0x7ff00000;
export const STALE_MARKER_LOW = 0x00000002;

/** Whether the value at an index is the staleness marker, bit for bit. */
export function isStaleMarker(values: Float64Array, index: number): boolean {
  const words = new DataView(values.buffer, values.byteOffset + index * 8, 8);
  return words.getUint32(0, true) === STALE_MARKER_LOW && words.getUint32(4, true) === STALE_MARKER_HIGH;
}
